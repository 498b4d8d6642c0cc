"""What analysis and rules may ask of a piece of code, and of the values in it. Nothing here knows the parser."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from monei_guard.lints.analysis.expression import Expr
    from monei_guard.lints.analysis.project import Project
    from monei_guard.lints.analysis.runtime import RuntimeGuess
    from monei_guard.lints.analysis.syntax import Binding, Function, Syntax
    from monei_guard.lints.analysis.trace import Step, Trace
    from monei_guard.lints.languages.language import Language
    from monei_guard.model.blob import View


class ValueFlow(Protocol):
    """The values of one file (`data_flow.Flow`): what names stand for, and where a credential comes from."""

    responses: set[tuple[int, int]]  # spans of the file's Monei calls: their answers may carry tokens

    @property
    def syntax(self) -> "Syntax":
        """What the visitor collected of the file."""

    @property
    def exhausted(self) -> bool:
        """Whether following was given up somewhere."""

    def trace(self, expr: "Expr | None") -> "Trace | None":
        """Return the way of the Monei credential that `expr` carries, or None."""

    def trace_export(self, name: str) -> "Trace | None":
        """Return the credential the file exports under `name`, or None."""

    def mark(self, expr: "Expr | None", step: "Step") -> None:
        """Remember that the value of `expr` serves as a Monei credential."""

    def lookup(self, expr: "Expr") -> "list[Binding]":
        """Return the bindings of a name that can reach it, the latest first."""

    def values(self, expr: "Expr | None", depth: int = 0) -> "Iterator[tuple[ValueFlow, Expr]]":
        """Yield what `expr` may be, names resolved, each with the flow of the file it stands in."""

    def constructed(self, expr: "Expr | None") -> "Iterator[tuple[ValueFlow, Expr]]":
        """Yield the calls and constructor calls that `expr` is the result of."""

    def text(self, expr: "Expr | None", depth: int = 0) -> str:
        """Return the constant text of `expr`, unknown parts as NUL."""

    def env_name(self, expr: "Expr") -> str | None:
        """Return the environment variable that `expr` reads, or None."""

    def functions(self, call: "Expr") -> "list[Function]":
        """Return the file's own functions that a call may run."""

    def returned(self, call: "Expr") -> "Iterator[Expr]":
        """Yield what the file's own functions called here return."""

    def export(self, name: str, depth: int = 0) -> "Iterator[tuple[ValueFlow, Expr]]":
        """Yield what the file exports under `name`."""


class CodeUnit(Protocol):
    """A file of code, or the scripts inside a page (`documents.code_file.CodeFile`)."""

    @property
    def path(self) -> str:
        """Path relative to the scanned root."""

    @property
    def view(self) -> "View":
        """The bytes that offsets refer to, and where they came from."""

    @property
    def data(self) -> bytes:
        """The bytes themselves."""

    @property
    def language(self) -> "Language":
        """The language it is written in."""

    @property
    def project(self) -> "Project":
        """The project around it."""

    @property
    def runtime(self) -> "RuntimeGuess":
        """Where it runs."""

    @property
    def syntax(self) -> "Syntax":
        """What the visitor collected."""

    @property
    def flow(self) -> ValueFlow:
        """Its values."""

    def runtime_at(self, offset: int) -> "RuntimeGuess":
        """Return where the code at `offset` runs."""

    def imported(self, module: str) -> "CodeUnit | None":
        """Return the project's file behind an import, or None for packages and what cannot be found."""

    def source(self, start: int, end: int) -> str:
        """Return the source between two offsets."""
