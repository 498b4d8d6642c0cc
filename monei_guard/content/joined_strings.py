"""Strings written in parts: concatenation, interpolation of constants, joined lists, wrapped lines.

Textual, for every language at once: a part of a program that does not parse leaks as well, and the shapes are few. Only
neighbouring literals, and names that the same text assigns exactly one literal, are folded; anything that would have to be
computed is left alone.
"""

import re
from collections.abc import Iterator

from monei_guard.content.replacement import Decoder, Replacement, Run

_LITERAL = (
    rb"""(?:[bBrRuUfF@$]{0,2}(?:"(?:[^"\\\n]|\\.){0,4096}+"|'(?:[^'\\\n]|\\.){0,4096}+'|`(?:[^`\\\n]|\\.){0,4096}+`))"""
)
_NAME = rb"(?:[A-Za-z_$][\w$]{0,60}(?:(?:\.|->|::)[A-Za-z_$][\w$]{0,60}){0,5}+)"
# Between two parts: space, line continuations, comments.
_SPACE = rb"(?:[ \t\r\n]|\\\r?\n|_\r?\n|//[^\n]{0,400}\n|\#[^\n]{0,400}\n|/\*[^*]{0,400}\*/){0,60}+"
_OPERATOR = rb"(?:\+\+?|\.\.?|&|<>|~|\|\|)"
_TERM = rb"(?:" + _LITERAL + rb"|" + _NAME + rb")"
_CHAIN = re.compile(
    _TERM + rb"(?:" + _SPACE + rb"(?:" + _OPERATOR + _SPACE + _TERM + rb"|" + _LITERAL + rb"))++", re.DOTALL
)
_LINK = re.compile(
    rb"(?P<space>" + _SPACE + rb"(?P<operator>" + _OPERATOR + rb")?" + _SPACE + rb")"
    rb"(?P<term>" + _TERM + rb")", re.DOTALL
)  # fmt: skip

_CONSTANT = re.compile(
    rb"""(?P<name>[A-Za-z_$][\w$]{0,60})["']?\s{0,8}(?::\s{0,8}&?[\w'<>\[\]]{1,30}\s{0,8})?(?::=|=>|=|:)\s{0,8}"""
    rb"""[bBrRuU@$]{0,2}(?P<quote>["'`])(?P<value>[^"'`\\\n]{1,200})(?P=quote)"""
)
_SHELL_CONSTANT = re.compile(
    rb"""^[ \t]{0,20}(?:export[ \t]+|local[ \t]+|readonly[ \t]+)?(?P<name>[A-Za-z_]\w{0,60})=(?P<value>[^\s"'$;`\\]{1,200})[ \t\r]*$""",
    re.MULTILINE,
)
_MOST_CONSTANTS = 4096

_HOLE = re.compile(
    rb"""[$\#%]?\{{1,2}\s{0,4}(?:(?P<literal>["'](?P<text>[^"'{}\\\n]{1,200})["'])|(?P<name>[A-Za-z_$][\w$.]{0,60}))\s{0,4}\}{1,2}"""
    rb"""|\$(?P<bare>[A-Za-z_]\w{0,60})"""
)

_LIST = rb"\s{0,40}" + _LITERAL + rb"(?:\s{0,40},\s{0,40}" + _LITERAL + rb"){1,200}+\s{0,40},?\s{0,40}"
_LIST_JOIN = re.compile(
    rb"""\[(?P<array>%(l)b)\]\s{0,40}\.\s{0,40}join(?:\(\s{0,20}(?:""|''|``)\s{0,20}\)|(?![\w(]))"""
    rb"""|(?:""|'')\.join\(\s{0,20}[\[(](?P<python>%(l)b)[\])]\s{0,20}\)"""
    rb"""|implode\(\s{0,20}(?:""|'')\s{0,20},\s{0,20}(?:\[|array\()(?P<php>%(l)b)[\])]\s{0,20}\)"""
    rb"""|(?<=[^\w.])(?P<head>%(s)b)\s{0,40}\.\s{0,20}concat\((?P<concat>%(a)b)\)"""
    % {b"l": _LIST, b"s": _LITERAL, b"a": rb"\s{0,40}" + _LITERAL + rb"(?:\s{0,40},\s{0,40}" + _LITERAL + rb"){0,200}+\s{0,40}"},
    re.DOTALL,
)  # fmt: skip
_EACH_LITERAL = re.compile(_LITERAL, re.DOTALL)

_WORD = rb"[A-Za-z0-9_+/=.\-]"
_CONTINUED = re.compile(rb"(?<=%b)\\\r?\n[ \t]{0,200}(?=%b)" % (_WORD, _WORD))
_BLOCK = re.compile(
    rb"""(?<=[:=>"'])(?P<head>[ \t]{0,200}(?:[|>][-+0-9]{0,2}[ \t]{0,20}(?:\#[^\n]{0,200})?)?(?:\r?\n[ \t]{0,200})?)"""
    rb"""(?P<words>%(w)b{4,200}(?:[ \t]{0,20}\r?\n[ \t]{1,200}%(w)b{1,200}(?=[ \t]{0,20}(?:\r?\n|["'<]|\Z))){1,40}+)"""
    % {b"w": _WORD}
)
_EACH_WORD = re.compile(_WORD + rb"+")


def concatenations(data: bytes, start: int, end: int) -> Iterator[Replacement]:
    """Yield chains of literals and constants: `'a' + 'b'`, `"a" "b"`, `'a' . B`, `"a""b"`."""
    constants = _constants(data)
    for match in _CHAIN.finditer(data, start, end):
        yield from _folded(data, match.start(), match.end(), constants)


def interpolations(data: bytes, start: int, end: int) -> Iterator[Replacement]:
    """Yield holes in template strings that hold a literal or a constant: `${'b'}`, `{P}`, `#{P}`, `$P`."""
    constants = _constants(data)
    for match in _HOLE.finditer(data, start, end):
        if match["literal"]:
            run = Run(match["text"], *match.span("text"), (1, 1))
        else:
            value = constants.get((match["name"] or match["bare"]).rpartition(b".")[2])
            if value is None:
                continue
            run = Run(value, match.start(), match.end())
        yield Replacement(match.start(), match.end(), (run,))


def joined_lists(data: bytes, start: int, end: int) -> Iterator[Replacement]:
    """Yield `['a', 'b'].join('')`, `''.join(('a', 'b'))`, `implode('', ['a', 'b'])` and `'a'.concat('b')`."""
    for match in _LIST_JOIN.finditer(data, start, end):
        kind = "head" if match["head"] else match.lastgroup or ""
        literals = _EACH_LITERAL.finditer(data, match.start(kind), match.end())
        contents = [_content(data, *literal.span()) for literal in literals]
        contents = [span for span in contents if span[0] < span[1]]
        if contents:
            runs = tuple(Run(data[first:last], first, last, (1, 1)) for first, last in contents)
            yield Replacement(match.start(), match.end(), _quoted(data, contents, runs))


def continued_lines(data: bytes, start: int, end: int) -> Iterator[Replacement]:
    r"""Yield line continuations inside a word: `mni_\` and a line break (shell, C, `.properties`, Dockerfile, Make)."""
    for match in _CONTINUED.finditer(data, start, end):
        yield Replacement(match.start(), match.end(), ())


def wrapped_values(data: bytes, start: int, end: int) -> Iterator[Replacement]:
    """Yield values of one word that go on over indented lines: YAML scalars, XML string resources, quoted strings."""
    for match in _BLOCK.finditer(data, start, end):
        words = [word.span() for word in _EACH_WORD.finditer(data, *match.span("words"))]
        blank = Run(b" ", match.start(), words[0][0])
        runs = tuple(Run(data[first:last], first, last, (1, 1)) for first, last in words)
        yield Replacement(match.start(), match.end("words"), (blank, *runs) if match["head"] else runs)


def _folded(data: bytes, start: int, end: int, constants: dict[bytes, bytes]) -> Iterator[Replacement]:
    """Yield the foldable parts of one chain; a term that cannot be folded divides it."""
    first = re.compile(_TERM, re.DOTALL).match(data, start, end)
    if first is None:
        return
    parts: list[Run] = []
    terms = [(first.span(), b"", False)]
    position = first.end()
    while link := _LINK.match(data, position, end):
        terms.append((link.span("term"), link["operator"] or b"", True))
        position = link.end()
    bounds = (0, 0)
    for (low, high), operator, linked in terms:
        run = _value(data, low, high, constants)
        both_literal = linked and operator in {b"", b"||", b"."} and data[low] not in b"\"'`"
        if run is None or both_literal or not linked:
            yield from _one_fold(data, bounds, parts)
            parts = []
            bounds = (low, high)
        if run is not None:
            parts.append(run)
            bounds = (bounds[0], high)
    yield from _one_fold(data, bounds, parts)


def _one_fold(data: bytes, bounds: tuple[int, int], parts: list[Run]) -> Iterator[Replacement]:
    filled = tuple(part for part in parts if part.data)
    if len(parts) > 1 and filled:
        yield Replacement(*bounds, _quoted(data, [(part.start, part.end) for part in filled], filled))


def _quoted(data: bytes, spans: list[tuple[int, int]], runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Return the runs between quotation marks, so that the value still ends where the expression did."""
    first, last = spans[0][0], spans[-1][1]
    opening = max(0, first - 1)
    closing = min(len(data), last + 1)
    return (Run(b'"', opening, first), *runs, Run(b'"', last, closing))


def _value(data: bytes, start: int, end: int, constants: dict[bytes, bytes]) -> Run | None:
    """Return what a term is worth: a literal's content, a constant's value, None for anything else."""
    if data[end - 1] in b"\"'`":
        first, last = _content(data, start, end)
        return Run(data[first:last], first, last, (1, 1))
    value = constants.get(re.split(rb"\.|->|::", data[start:end])[-1])
    return None if value is None else Run(value, start, end)


def _content(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the range between a literal's quotation marks."""
    opening = start
    while data[opening] not in b"\"'`":
        opening += 1
    return opening + 1, end - 1


def _constants(data: bytes) -> dict[bytes, bytes]:
    """Return the names that are given one literal and no other."""
    values: dict[bytes, bytes | None] = {}
    for pattern in (_CONSTANT, _SHELL_CONSTANT):
        for match in pattern.finditer(data):
            name, value = match["name"], match["value"]
            values[name] = value if values.get(name, value) == value else None
            if len(values) > _MOST_CONSTANTS:
                return {}
    return {name: value for name, value in values.items() if value is not None}


_QUOTES = (b'"', b"'", b"`")
CONCATENATIONS = Decoder("joined-strings", concatenations, _QUOTES)
INTERPOLATIONS = Decoder("joined-strings", interpolations, (b"{", b"$"))
JOINED_LISTS = Decoder("joined-strings", joined_lists, (b"join", b"concat", b"implode"))
CONTINUED_LINES = Decoder("joined-strings", continued_lines, (b"\\\n", b"\\\r\n"))
WRAPPED_VALUES = Decoder("joined-strings", wrapped_values, (b"\n ", b"\n\t"))
