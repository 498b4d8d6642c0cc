"""What the lints ask about a language, apart from what its code says."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from monei_guard.lints.languages.parser import Grammar, parse, parse_until

if TYPE_CHECKING:
    from tree_sitter import Tree

    from monei_guard.lints.analysis.expression import NodeNames
    from monei_guard.lints.analysis.project import Project
    from monei_guard.lints.analysis.runtime import RuntimeGuess
    from monei_guard.lints.analysis.syntax import Syntax
    from monei_guard.lints.languages.visitor import Visitor
    from monei_guard.lints.pattern import Pattern


class Corrections(NamedTuple):
    """How corrected code is written, for the fixes that findings suggest."""

    read_variable: Callable[[str], str]  # name of an environment variable
    required_variable: Callable[[str, str], str]  # the same without a fallback; what reads it now, name
    key_name: str  # a variable that holds the key, where none is known
    interpolated: Callable[[str, str], str]  # text, and a name whose value follows it
    header: Callable[[str, str], str]  # the option of a request that sends a header; name, value
    option: Callable[[str, str], str]  # name, value
    true: str
    tls_version: str  # a lowest version that is safe, "" where it has no short name
    cookie_options: str  # that keep scripts from reading a cookie
    equal_in_constant_time: Callable[[str, str], str]
    raw_body: str  # of a request, as bytes


class Language(NamedTuple):
    """One language. A new one is a module with one of these, and a line in `registry.LANGUAGES`."""

    name: str
    grammar: Grammar
    nodes: "NodeNames"
    visitor: "Callable[[Syntax], Visitor]"  # collects what a tree says
    resolve_import: "Callable[[Project, str, str], str | None]"  # file, module; None for packages
    runtime: "Callable[[str, bytes, Project], RuntimeGuess]"  # where a file of this path and content runs
    ecosystem: str  # where its packages come from: "npm" | "PyPI"
    comments: "Pattern[bytes]"
    builds_with_new: bool  # objects are built by `new Name(...)` and not otherwise
    names_arguments: bool  # options are arguments given by name, not an object that holds them
    sdk_classes: frozenset[str]  # names that are the Monei SDK's, whatever they were imported from
    printers: frozenset[str]  # functions that write their arguments out
    answers_by_function: bool  # a request is answered by a function (`jsonify(...)`), not a method only
    corrections: Corrections
    dialect_grammar: Grammar | None = None  # reads what people write beyond `grammar`, at more cost

    def parse(self, data: bytes, ranges: tuple[tuple[int, int], ...] = ()) -> "Tree":
        """Return the tree of `data`, or of its byte `ranges`. Raises ParseError."""
        return parse(data, self.grammar, ranges)

    def parse_until(self, data: bytes, is_late: Callable[[], bool]) -> "Tree | None":
        """Return the tree of `data`, dialects included, None if `is_late` says so before it is made."""
        return parse_until(data, self.dialect_grammar or self.grammar, is_late)
