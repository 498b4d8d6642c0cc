"""The parsers: tree-sitter and its grammars, with a stop watch."""

from functools import cache
from importlib import import_module
from time import monotonic
from types import MappingProxyType, ModuleType

from tree_sitter import Language, Parser, Point, Range, Tree

from monei_guard.deferred import load_alone

# Language -> package and function of its grammar.
_GRAMMARS = MappingProxyType({
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "python": ("tree_sitter_python", "language"),
    "html": ("tree_sitter_html", "language"),
})  # fmt: skip
_PARSE_SECONDS = 3.0  # 1 MiB of code takes some 0.2 s; recovery from what is no code takes minutes
_SLICE = 1 << 16
_SMALL = 1 << 16  # bytes; less cannot take long, whatever it is


class ParseError(Exception):
    """The parser was stopped: the text is none of the language."""


@cache  # a grammar does not change
def _language(name: str) -> Language:
    package, function = _GRAMMARS[name]
    return Language(getattr(_grammar(package), function)())


def _grammar(package: str) -> ModuleType:
    """Return the compiled module of a grammar's package, or the package where it has none of that name.

    The package itself imports importlib.resources, and with it half the standard library, for queries nobody asks for
    here: 7 ms of a hook's time.
    """
    try:
        return load_alone(f"{package}._binding")
    except ModuleNotFoundError:
        return import_module(package)


def parse(data: bytes, language: str, ranges: tuple[tuple[int, int], ...] = ()) -> Tree:
    """Return the tree of `data`, or of its byte `ranges` (scripts inside a page); offsets are those of `data`.

    Raises ParseError.
    """
    parser = Parser(_language(language))
    if ranges:
        parser.included_ranges = [Range(_point(data, a), _point(data, b), a, b) for a, b in ranges]
    if len(data) > _SMALL:
        _try(parser, data)
        parser.reset()
    return parser.parse(data)


def _try(parser: Parser, data: bytes) -> None:
    """Parse large data with a stop watch. Raises ParseError.

    Only parsing from a callback can be stopped, but the nodes of such a tree take long to give their text: hence twice.
    """
    deadline = monotonic() + _PARSE_SECONDS
    try:
        parser.parse(
            lambda offset, _point: data[offset : offset + _SLICE],
            progress_callback=lambda _at, _error: monotonic() > deadline,
        )
    except ValueError as error:  # what py-tree-sitter raises when the callback stops it
        raise ParseError(f"not parsed within {_PARSE_SECONDS:g} seconds: no code of any known kind") from error


def _point(data: bytes, offset: int) -> Point:
    return Point(data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1)
