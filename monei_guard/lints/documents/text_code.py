"""Code in languages without a grammar here (Dart, Kotlin, Java, Swift, Go, PHP, Ruby, C#, Rust, shell ...).

Comments are blanked, strings and their interpolations told apart from code, calls found by matching parentheses, and
names followed through assignments. Offsets are those of the file: the text is its bytes read as Latin-1.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from monei_guard.lints.analysis.app_runtime import runtime_of_text
from monei_guard.lints.analysis.names import is_credential_name, is_key_literal, what_is
from monei_guard.lints.analysis.runtime import RuntimeGuess
from monei_guard.lints.languages.registry import suffix_of
from monei_guard.lints.pattern import Pattern
from monei_guard.model.rule import Confidence

if TYPE_CHECKING:
    from monei_guard.lints.analysis.project import Project
    from monei_guard.model.blob import View

_SHELLS = frozenset({"sh", "bash", "zsh"})
_HASH_COMMENTS = frozenset({"rb", "ex", "exs", "sh", "bash", "zsh", "ps1", "makefile", "dockerfile", "justfile"})

_STRINGS = r"\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`]*`"
_SLASH = Pattern(r"(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<string>" + _STRINGS + ")", re.DOTALL)
_PHP = Pattern(r"(?P<comment>//[^\n]*|\#(?!\[)[^\n]*|/\*.*?\*/)|(?P<string>" + _STRINGS + ")", re.DOTALL)
_HASH = Pattern(r"(?P<comment>(?<![\w$&{\[\"'\\])\#(?!\{)[^\n]*)|(?P<string>" + _STRINGS + ")", re.DOTALL)
_ASSIGN = Pattern(
    r"(?<![\w.=!<>])(?P<name>[$@]{0,2}[A-Za-z_]\w*)(?:\s*:\s*[A-Za-z][\w?<>\[\], .]{0,40})?\s*"
    r"(?::=|(?<![=!<>+\-*/])=(?![=~>]))[ \t]*"
    r"(?P<value>[^;\n]+)"
)
_CALL = Pattern(r"(?P<name>[A-Za-z_$@][\w$]*(?:(?:\.|\?\.|!\.|->|::|!!\.)[A-Za-z_]\w*)*!?)\(")
_STATEMENT = Pattern(
    r"(?m)(?:^|[;{&|]|\bthen\b|\bdo\b)[ \t]*(?P<name>puts|p|pp|print|echo|printf|warn|raise|Write-Host|Write-Output|"
    r"(?:Rails\.)?logger\.\w+|log\.\w+|fail)[ \t]+(?P<value>[^\n;]+)"
)
_CHAIN = Pattern(r"[$@]{0,2}[A-Za-z_]\w*(?:(?:\.|\?\.|!\.|->|::|!!\.)[A-Za-z_]\w*)*")
_INTERPOLATION = {
    "dart": Pattern(r"\$\{([^{}]*)\}|\$([A-Za-z_]\w*)"), "kt": Pattern(r"\$\{([^{}]*)\}|\$([A-Za-z_]\w*)"),
    "kts": Pattern(r"\$\{([^{}]*)\}|\$([A-Za-z_]\w*)"), "gradle": Pattern(r"\$\{([^{}]*)\}|\$([A-Za-z_]\w*)"),
    "swift": Pattern(r"\\\(([^()]*)\)"), "rb": Pattern(r"#\{([^{}]*)\}"), "ex": Pattern(r"#\{([^{}]*)\}"),
    "exs": Pattern(r"#\{([^{}]*)\}"), "php": Pattern(r"\{(\$[^{}]*)\}|(\$[A-Za-z_]\w*(?:->\w+)?)"),
    "cs": Pattern(r"(?<!\{)\{([A-Za-z_][^{}:]*)"), "rs": Pattern(r"(?<!\{)\{([a-z_]\w*)(?::[^{}]*)?\}"),
    "scala": Pattern(r"\$\{([^{}]*)\}|\$([A-Za-z_]\w*)"), "sh": Pattern(r"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)"),
    "bash": Pattern(r"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)"),
    "zsh": Pattern(r"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)"),
    "ps1": Pattern(r"\$\(((?:[^()]|\([^()]*\))*)\)|\$(?:env:)?([A-Za-z_]\w*)"),
}  # fmt: skip
_ENV_BEFORE = Pattern(
    r"(?:getenv|Getenv|LookupEnv|env|ENV|_ENV|_SERVER|environ\w*|GetEnvironmentVariable|fromEnvironment|fetch|config|get|optString|"
    r"forInfoDictionaryKey:|infoDictionary\??|getString|fetch_env!|get_env|var|var_os|object|getProperty|secrets?|credentials)"
    r"[!?]*\s*[\[(]\s*$"
)
_HARMLESS_AFTER = Pattern(
    r"^\s*(?:(?:\.|\?\.|!\.|&\.)(?:length|size|count|isEmpty|isNotEmpty|isNullOrEmpty|isNullOrBlank|isBlank|isNotBlank|prefix|suffix|substring|take|"
    r"takeLast|hashCode|hash|Length|empty\?|nil\?|present\?|blank\?|startsWith|hasPrefix|contains|first|last|slice|len|is_empty|"
    r"masked|redacted|replaceRange|replace|indices)\b|&\.\0|\s*(?:!=|==|===|!==|<=>)|\s*\?\s*[\"']"
    r"|\s+!?(?:is|instanceof|-(?:ne|eq|is|like|match))\s)"
)
# Whether it is set, or is some other value: `!key`, `(bool) $key`, `null != key`.
_HARMLESS_BEFORE = Pattern(
    r"!$|(?:\(bool(?:ean)?\)|\[bool\]|[!=]==?|\s-(?:ne|eq)|(?<!\w)(?:not|is_null|typeof|gettype|defined\?))\s*$"
)
# A few characters from one end: `key[-4..]`, `key[:4]`, `key[len(key)-4:]` (a call's letters are NUL here).
_FEW = r"(?:\d|1[0-2])(?!\d)"
_PIECE = Pattern(
    rf"^\??\[\s*(?:(?:[-^]|[\w.\0()]{{1,80}}\s*-\s*){_FEW}\s*(?:\.\.|:|,)|0?\s*(?:\.\.[.<=]?|:|,)\s*{_FEW}\s*\])"
)
_ONE_CHARACTER = Pattern(r"^\??\[\s*[-^]?\d{1,2}\s*\]")
_CARRIES = frozenset({
    "String", "toString", "trim", "format", "Text", "encode", "Sprintf", "Sprint", "sprintf", "str", "to_s", "strip",
    "inspect", "of", "listOf", "mapOf", "to", "toJson", "jsonEncode", "json_encode", "encodeComponent", "urlencode",
    "rawurlencode", "QueryEscape", "escape", "Errorf", "concat", "join", "Format", "utf8", "data", "Data",
    "base64_encode",
    "wrap", "as_str", "print_r", "var_export", "stringify", "clone", "to_string",
})  # fmt: skip
_PARENTHESIS = Pattern(r"[()]")
_MAX_CALL = 4000  # characters of one call's arguments


class Text(NamedTuple):
    """A string literal: offsets of its content, and of the whole literal."""

    start: int
    end: int
    inner_start: int
    inner_end: int


class Invocation(NamedTuple):
    """A call: dotted name, offsets of the whole and of its arguments."""

    name: str
    start: int
    end: int
    arguments_start: int
    arguments_end: int


class Carried(NamedTuple):
    """A credential in a stretch of code: what, its name, and where it got its value (-1: by its name alone)."""

    noun: str
    name: str
    origin: int

    @property
    def confidence(self) -> Confidence:
        """How sure it is: without a grammar, names are followed line by line."""
        return Confidence.MEDIUM


@dataclass(eq=False)
class TextCode:
    """A file of code in a language without a grammar."""

    path: str
    data: bytes
    runtime: RuntimeGuess
    _tainted: dict[str, int] = field(default_factory=dict)

    @cached_property
    def suffix(self) -> str:
        """The file's extension, lower-case."""
        return suffix_of(self.path)

    @property
    def is_shell(self) -> bool:
        """Whether this is a POSIX shell's script."""
        return self.suffix in _SHELLS

    @cached_property
    def text(self) -> str:
        """The bytes as Latin-1: one character a byte."""
        return self.data.decode("latin-1")

    @cached_property
    def _lexed(self) -> tuple[str, str, tuple[Text, ...]]:
        pattern = _PHP if self.suffix == "php" else _HASH if self.suffix in _HASH_COMMENTS else _SLASH
        code: list[str] = []
        bare: list[str] = []
        strings: list[Text] = []
        at = 0
        for match in pattern.finditer(self.text):
            between = self.text[at : match.start()]
            whole = match.group()
            at = match.end()
            code.append(between)
            bare.append(between)
            if match.group("comment") is not None:
                blank = re.sub(r"[^\n]", " ", whole)
                code.append(blank)
                bare.append(blank)
                continue
            quotes = 3 if whole[:3] in ('"""', "'''") and len(whole) >= 6 else 1  # noqa: PLR2004 - two fences
            strings.append(Text(match.start(), match.end(), match.start() + quotes, match.end() - quotes))
            code.append(whole)
            bare.append(whole[:quotes] + re.sub(r"[^\n]", " ", whole[quotes : len(whole) - quotes]) + whole[-quotes:])
        code.append(self.text[at:])
        bare.append(self.text[at:])
        return "".join(code), "".join(bare), tuple(strings)

    @property
    def code(self) -> str:
        """The text with comments blanked."""
        return self._lexed[0]

    @property
    def bare(self) -> str:
        """The text with comments and the content of strings blanked."""
        return self._lexed[1]

    @property
    def strings(self) -> tuple[Text, ...]:
        """The string literals in file order."""
        return self._lexed[2]

    @cached_property
    def calls(self) -> tuple[Invocation, ...]:
        """Every call, in file order."""
        found: list[Invocation] = []
        closings = _closings(self.bare)
        for match in _CALL.finditer(self.bare):
            end = min(closings.get(match.end() - 1, len(self.bare)), match.end() + _MAX_CALL)
            found.append(Invocation(match.group("name"), match.start(), min(end + 1, len(self.bare)), match.end(), end))
        if self.suffix in ("rb", "php", "sh", "bash", "zsh", "ps1"):
            for match in _STATEMENT.finditer(self.bare):
                if not match.group("value").startswith(("=", "(", ".")):
                    start, end = match.span("value")
                    found.append(Invocation(match.group("name"), match.start("name"), end, start, end))
        return tuple(sorted(found, key=lambda call: call.start))

    @cached_property
    def tainted(self) -> dict[str, int]:
        """Names that hold a credential, and where they got it; -1 for names known to hold something else."""
        self._tainted = dict(self._marked())
        for _ in range(2):
            for match in _ASSIGN.finditer(self.code):
                name = match.group("name").lstrip("$@")
                start, end = match.span("value")
                if name in self._tainted and self._tainted[name] >= 0:
                    continue
                carried = self.carried(start, end)
                if carried is not None:
                    self._tainted[name] = match.start("name")
                elif re.fullmatch(r"\s*[\"'][^\"']*[\"'][,)]?\s*", match.group("value")):
                    self._tainted.setdefault(name, -1)
        return self._tainted

    def line_start(self, offset: int) -> int:
        """Return where the line of `offset` begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Return where the line of `offset` ends."""
        end = self.text.find("\n", offset)
        return end if end >= 0 else len(self.text)

    def _marked(self) -> Iterator[tuple[str, int]]:
        """Yield names that are sent as X-API-KEY in a file that talks to monei.cc."""
        if not re.search(r"monei\.cc", self.code):
            return
        for match in _KEY_HEADER.finditer(self.code):
            name = next(group for group in match.groups() if group)
            if not is_key_literal(name):
                yield name.lstrip("$@"), match.start()

    def carried(self, start: int, end: int) -> Carried | None:
        """Return the credential that the code between two offsets carries on, or None."""
        end = min(end, start + _MAX_CALL)
        bare = _without_calls(self.bare[start:end])
        for match in _CHAIN.finditer(bare):
            found = self._name(match, bare, start + match.start())
            if found is not None:
                return found
        for string in self.strings_between(start, end):
            if bare[string.start - start : string.start - start + 1] == "\0":
                continue  # inside a call that does not hand it on
            found = self._string(string)
            if found is not None:
                return found
        return None

    def strings_between(self, start: int, end: int) -> Iterator[Text]:
        """Yield the string literals that begin between two offsets."""
        index = bisect_right(self.strings, start - 1, key=lambda string: string.start)
        while index < len(self.strings) and self.strings[index].start < end:
            yield self.strings[index]
            index += 1

    def _name(self, found: re.Match[str], code: str, offset: int) -> Carried | None:
        """Return what a dotted name found in some code carries on, or None; `offset` is the name's in the file."""
        chain, after = found.group(), code[found.end() :]
        if _HARMLESS_AFTER.match(after) or _HARMLESS_BEFORE.search(code[max(found.start() - 20, 0) : found.start()]):
            return None
        if _PIECE.match(after) or (_ONE_CHARACTER.match(after) and not chain.endswith("s")):
            return None
        if after.lstrip().startswith(("=", ":")) and not after.lstrip().startswith("::"):
            return None
        parts = [part for part in re.split(r"\.|\?\.|!\.|->|::|!!\.", chain.lstrip("$@")) if part]
        if not parts or parts[-1] in ("length", "isEmpty", "isNotEmpty", "count", "size", "hashCode", "Length"):
            return None
        for name in (parts[-1], parts[0]) if len(parts) > 1 and parts[0] in ("this", "self") else (parts[0],):
            origin = self._tainted.get(name)
            if origin is not None and (len(parts) == 1 or name == parts[-1] or parts[-1] in _CARRIES):
                return Carried(what_is(name), f"`{name}`", origin) if origin >= 0 else None
        if is_credential_name(parts[-1]) or is_credential_name("_".join(parts[-3:])):
            return Carried(what_is(parts[-1]), f"`{chain}`", offset)
        return None

    def _string(self, string: Text) -> Carried | None:
        content = self.text[string.inner_start : string.inner_end]
        if is_key_literal(content):
            return Carried("key", "a key written in the code", string.start)
        before = self.bare[max(string.start - 60, 0) : string.start]
        if is_credential_name(content) and _ENV_BEFORE.search(before):
            return Carried(what_is(content), f"`{content}`", string.start)
        for _, name in self.interpolations(string):
            found = self.interpolated(name, string.start)
            if found is not None:
                return found
        return None

    def interpolations(self, string: Text) -> Iterator[tuple[int, str]]:
        """Yield offset and source of each expression put into a string."""
        pattern = _INTERPOLATION.get(self.suffix)
        if pattern is None or (
            self.text[string.start] == "'" and self.suffix in ("php", "rb", "sh", "bash", "zsh", "kt")
        ):
            return
        if self.suffix == "cs" and "$" not in self.text[max(string.start - 2, 0) : string.start]:
            return
        for match in pattern.finditer(self.text, string.inner_start, string.inner_end):
            yield match.start(), next((group for group in match.groups() if group), "")

    def interpolated(self, source: str, offset: int) -> Carried | None:
        """Return the credential that an interpolated expression puts into a string, or None."""
        source = source.removeprefix("env:")
        cleaned = _without_calls(source)
        for match in _CHAIN.finditer(cleaned):
            found = self._name(match, cleaned, offset)
            if found is not None:
                return found
        return None


_KEY_HEADER = Pattern(
    r"(?i)[\"']x-api-key[\"']?\s*[\])]?\s*(?:[:,=]>?|=>)\s*[\"']?[#\\]?[{(]?\s*([$@]?[a-z_]\w*)\b(?![(.\w])"
    r"|x-api-key:\s*\{?([$][a-z_]\w*)\b|setValue\(\s*([a-z_]\w*)\s*,\s*forHTTPHeaderField:\s*\"x-api-key\""
)


def text_code(view: "View", path: str, project: "Project") -> TextCode:
    """Return a file read as code in a language without a grammar."""
    code = TextCode(path, view.data, runtime_of_text(path, view.data, project))
    _ = code.tainted  # names are followed before the first question is asked
    return code


def _closings(bare: str) -> dict[int, int]:
    """Return the offset of the closing parenthesis for the offset of each opening one."""
    found: dict[int, int] = {}
    stack: list[int] = []
    for match in _PARENTHESIS.finditer(bare):
        if match.group() == "(":
            stack.append(match.start())
        elif stack:
            found[stack.pop()] = match.start()
    return found


def _closing(bare: str, start: int) -> int:
    """Return the offset of the parenthesis that closes the one before `start`."""
    depth = 1
    for match in _PARENTHESIS.finditer(bare, start, start + _MAX_CALL):
        depth += 1 if match.group() == "(" else -1
        if depth == 0:
            return match.start()
    return min(start + _MAX_CALL, len(bare))


def _without_calls(bare: str) -> str:
    """Return code with the arguments of calls that do not hand them on blanked (as NUL)."""
    pieces = list(bare)
    for match in _CALL.finditer(bare):
        last = re.split(r"\.|->|::", match.group("name"))[-1].rstrip("!")
        if last in _CARRIES or _ENV_BEFORE.search(match.group()):
            for index in range(match.start("name"), match.end("name")):
                pieces[index] = pieces[index] if "." in match.group("name") or "->" in match.group("name") else " "
            continue
        end = min(_closing(bare, match.end()), len(bare))
        for index in range(match.start(), min(end + 1, len(bare))):
            pieces[index] = "\0"
    return "".join(pieces)
