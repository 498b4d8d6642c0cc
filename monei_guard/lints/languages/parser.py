"""The parsers: tree-sitter and its grammars, with a stop watch."""

from collections.abc import Callable
from functools import cache
from time import monotonic
from typing import TypeAlias

from tree_sitter import Language, Parser, Point, Range, Tree

from monei_guard.lints.languages.registry import ParseError
from monei_guard.lone_module import load_alone

Grammar: TypeAlias = tuple[str, str]  # package and function of a grammar

_PARSE_SECONDS = 3.0  # 1 MiB of code takes some 0.2 s; recovery from what is no code takes minutes
_SLICE = 1 << 16
_SMALL = 1 << 16  # bytes; less cannot take long, whatever it is


@cache  # a grammar does not change
def _language(grammar: Grammar) -> Language:
    package, function = grammar
    # The package itself imports importlib.resources, and with it half the standard library, for queries nobody asks for
    # here: 7 ms of a hook's time.
    return Language(getattr(load_alone(f"{package}._binding"), function)())


def parse(data: bytes, grammar: Grammar, ranges: tuple[tuple[int, int], ...] = ()) -> Tree:
    """Return the tree of `data`, or of its byte `ranges` (scripts inside a page); offsets are those of `data`.

    Raises ParseError.
    """
    parser = Parser(_language(grammar))
    if ranges:
        parser.included_ranges = [Range(_point(data, a), _point(data, b), a, b) for a, b in ranges]
    if len(data) > _SMALL:
        _try(parser, data)
        parser.reset()
    return parser.parse(data)


def parse_until(data: bytes, grammar: Grammar, is_late: Callable[[], bool]) -> Tree | None:
    """Return the tree of `data`, None if `is_late` says so before it is made."""
    return _parsed_in_pieces(Parser(_language(grammar)), data, is_late)


def _try(parser: Parser, data: bytes) -> None:
    """Parse large data with a stop watch. Raises ParseError.

    The nodes of a tree that was parsed in pieces take long to give their text: hence twice.
    """
    deadline = monotonic() + _PARSE_SECONDS
    if _parsed_in_pieces(parser, data, lambda: monotonic() > deadline) is None:
        raise ParseError(f"not parsed within {_PARSE_SECONDS:g} seconds: no code of any known kind")


def _parsed_in_pieces(parser: Parser, data: bytes, is_late: Callable[[], bool]) -> Tree | None:
    """Return the tree of `data`, None where `is_late` stopped the parser: what is read in pieces can be stopped."""
    try:
        return parser.parse(
            lambda offset, _point: data[offset : offset + _SLICE],
            progress_callback=lambda _at, _error: is_late(),
        )
    except ValueError:  # what py-tree-sitter raises when the callback stops it
        return None


def _point(data: bytes, offset: int) -> Point:
    return Point(data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1)
