"""Strings written in parts: concatenation, interpolation of constants, joined lists, wrapped lines.

Textual, for every language at once: a program that does not parse leaks as well, and the shapes are few. What is
looked for is the seam between two parts, so that nothing depends on where the parts begin. A name is folded where the
same text gives it one literal and no other, if that literal could be a part of a key.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter

from monei_guard.decoding.decoder import AcrossLines, Decoder, Fragment, Replacement, matches
from monei_guard.decoding.signatures.keywords import compiled
from monei_guard.decoding.signatures.split_strings import SPLIT_STRINGS
from monei_guard.model.location import Span

_WORD = rb"[A-Za-z0-9_+/=.\-]"
_QUOTE = rb"""["'`]"""
# Between two parts: space, line continuations, comments.
_SPACE = rb"(?:[ \t\r\n]|\\\r?\n|_\r?\n|//[^\n]{0,200}\n|\#[^\n]{0,200}\n|/\*[^*]{0,200}\*/){0,40}+"
_OPERATOR = rb"(?:\+\+?|\.\.?|&|<>|~|\|\|)"
_PREFIX = rb"(?:[bBrRuUfF@$]{1,2}(?=[\"'`]))?"
_METHOD = rb"\)?\s{0,20}\.\s{0,20}(?:concat|append|push_str|write_str)\(\s{0,20}"
# 'mni_' + '4f'   "mni_" "4f"   "mni_""4f"   "mni_".concat("4f")   .append("mni_").append("4f")
_SEAM = rb"%(q)b(?<=%(w)b.)(?:%(s)b(?:%(o)b%(s)b)?%(p)b|%(m)b)%(q)b(?=%(w)b)" % {
    b"q": _QUOTE,
    b"w": _WORD,
    b"s": _SPACE,
    b"o": _OPERATOR,
    b"p": _PREFIX,
    b"m": _METHOD,
}

# A part of a key: a prefix, or characters with a digit among them.
_CONSTANT = re.compile(
    rb"""["'`=](?P<value>[A-Za-z]{2,8}_(?:[A-Za-z]{2,8}_)?|(?=[A-Za-z_\-+/=]{0,40}[0-9])[A-Za-z0-9_\-+/=]{6,200}+)"""
    rb"""(?=["'`]|[ \t]*(?:\r?\n|\Z))"""
)
_ASSIGNED = re.compile(
    rb"""(?<![\w$])(?P<name>[A-Za-z_$][\w$]{0,60})["']?\s{0,8}(?::\s{0,8}&?[\w'<>\[\]]{1,30}\s{0,8})?(?::=|=>|=|:)\s{0,8}[bBrRuU@$]{0,2}["'`]?$"""
)
_MOST_CONSTANTS = 256
_NAME_BEFORE = 96
_NEVER_BETWEEN = (b";", b",", b"(", b")", b"{", b"}")  # a name and its value
_MOST_ASSIGNMENTS = 5000
_MOST_FOLDS = 10_000  # names in one text; code written by people has a handful

_HOLE = (
    rb"""(?:[$\#%]\{|\{)\{?\s{0,4}(?:["'](?P<text>[^"'{}\\\n]{1,200})["']|(?P<name>[A-Za-z_$][\w$.]{0,60}))\s{0,4}\}{1,2}"""
    rb"""|\$(?P<bare>[A-Za-z_]\w{0,60})"""
)

_BESIDE_OPERATOR = rb"([A-Za-z_$][\w$]{0,60})\s{0,20}(?=[+.&<~|])|(?<=[+.&>~|:])\s{0,20}([A-Za-z_$][\w$]{0,60})"
_BRACE = ord("{")
_HOLE_SIGNS = (b"$", b"#")
_LITERAL_HOLE = rb"""\{\{?\s{0,4}["'](?P<text>[^"'{}\\\n]{1,200})["']\s{0,4}\}{1,2}"""

_LITERAL = rb"""(?:"[^"\\\n]{0,400}"|'[^'\\\n]{0,400}'|`[^`\\\n]{0,400}`)"""
_LIST = rb"\s{0,40}" + _LITERAL + rb"(?:\s{0,40},\s{0,40}" + _LITERAL + rb"){0,200}+\s{0,40},?\s{0,40}"
_LIST_JOIN = (
    rb"""\[(?P<array>%(l)b)\]\s{0,40}\.\s{0,40}join(?:\(\s{0,20}(?:""|''|``)\s{0,20}\)|``|(?![\w(`]))"""
    rb"""|(?:""|'')\.join\(\s{0,20}[\[(](?P<python>%(l)b)[\])]\s{0,20}\)"""
    rb"""|implode\(\s{0,20}(?:""|'')\s{0,20},\s{0,20}(?:\[|array\()(?P<php>%(l)b)[\])]\s{0,20}\)"""
    rb"""|%(q)b(?<=%(w)b.)\s{0,40}\.\s{0,20}concat\((?P<concat>%(l)b)\)""" % {b"l": _LIST, b"q": _QUOTE, b"w": _WORD}
)
_LIST_SIGNS = re.compile(rb"""\]\s{0,40}\.\s{0,40}join|["']\.join\(|implode\(|\.\s{0,20}concat\(""")
# The same signs, and what may be the second half of one.
_LIST_JOINING = (
    rb"""(?m)(?P<list_end>\]\s{0,40}\.\s{0,40}join)|["']\.join\(|implode\(|["'`]\s{0,40}\.\s{0,20}concat\("""
    rb"""|(?P<outside>^[ \t]*\.?[ \t]*(?:join|concat)\b)"""
)
_EACH_LITERAL = re.compile(_LITERAL)

_CONTINUED = rb"\\(?<=%b\\)\r?\n[ \t]{0,200}(?=%b)" % (_WORD, _WORD)
_BLOCK = (
    rb"""[:=>"'](?P<head>[ \t]{0,200}(?:[|>][-+0-9]{0,2}[ \t]{0,20}(?:\#[^\n]{0,200})?)?(?:\r?\n[ \t]{0,200})?)"""
    rb"""(?P<words>%(w)b{4,200}+"""
    rb"""(?:[ \t]{0,20}\r?\n[ \t]{1,200}%(w)b{1,200}+(?=[ \t]{0,20}(?:\r?\n|["'<]|\Z))){1,40}+)""" % {b"w": _WORD}
)
# Office documents break a text into runs wherever its formatting was ever touched (ECMA-376, w:t and a:t).
_OFFICE_RUNS = (
    rb"</(?P<space>[wa]):t>(?:<(?!/?(?P=space):(?:p|tc|tr|br|t)[ />])[^>]{0,400}>){1,40}<(?P=space):t(?: [^>]{0,100})?>"
)
# Lines that may go on in the next one. After a literal: an operator, a call, a comment.
_OPEN_SEAM = (
    _QUOTE
    + rb"""[ \t]*\)?[ \t]*"""
    + _OPERATOR
    + rb"""?_?[ \t]*[bBrRuUfF@$]{0,2}\\?[ \t]*(?:\.[ \t]*(?:concat|append|push_str|write_str)\([ \t]*)?"""
    + rb"""(?://[^\n]{0,200}|\#[^\n]{0,200}|/\*[^*\n]{0,200}\*/[ \t]*)?\r?$"""
)
_NEXT_LITERAL = (
    rb"""[ \t]*(?:[&\\%=]|\)?[ \t]*\.[ \t]*(?:concat|append|push_str|write_str)\(|"""
    + _OPERATOR
    + rb"""?[ \t]*(?:/\*[^*\n]{0,200}\*/)?[ \t]*[bBrRuUfF@$]{0,2}["'`])"""
)
# The head of a wrapped value (whose opening may be an escape's end), and each of its lines.
_OPEN_VALUE = (
    rb"""[:=>"'][ \t]{0,200}(?:[|>][-+0-9]{0,2}[ \t]{0,20}(?:\#[^\n]{0,200})?)?(?:%(w)b{4,200})?[ \t]{0,20}\r?$"""
    rb"""|[;\\%%]%(w)b{4,200}[ \t]{0,20}\r?$|^[ \t]{1,200}%(w)b{1,200}[ \t]{0,20}\r?$""" % {b"w": _WORD}
)
_NEXT_WORD = rb"[ \t]{0,200}" + _WORD + rb"""{1,200}[ \t]*(?:\r?$|["'<&\\%=])"""
_EACH_WORD = re.compile(_WORD + rb"+")


def seams(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield what stands between two literals that are joined: quotation marks, operator, space, comments."""
    for match in matches(_SEAM, data, ranges):
        yield match.start(), match.end(), (), ""


def constants_folded(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield names in expressions and templates: `P + '4f'`, `'mni_' . B`, `A + B`, `${P}`, `#{P}`, `$P`.

    Also template holes that hold a literal: `${'4f'}`.
    """
    constants = _constants(data)
    found = [
        *islice(_holes(data, ranges, constants), _MOST_FOLDS + 1),
        *islice(_joints(data, ranges, constants), _MOST_FOLDS + 1),
    ]
    found.sort(key=itemgetter(0))
    if len(found) > _MOST_FOLDS:
        start, end, fragments, _ = found[_MOST_FOLDS]
        found = [*found[:_MOST_FOLDS], (start, end, fragments, f"more than {_MOST_FOLDS} names in strings")]
    yield from found


def _joints(data: bytes, ranges: Sequence[Span], constants: dict[bytes, bytes]) -> Iterator[Replacement]:
    if not constants:
        return
    names = b"|".join(re.escape(name) for name in sorted(constants))
    named = rb"(?:[A-Za-z_$][\w$]{0,60}(?:\.|->|::)){0,4}+(?P<%b>" + names + rb")\b"
    pattern = re.compile(
        rb"(?P<before>%(q)b)(?<=%(w)b.)%(j)b%(third)b(?!\()"
        rb"|(?<![\w$.])%(first)b%(j)b(?:%(p)b(?P<after>%(q)b)(?=%(w)b)|%(second)b(?!\())"
        % {
            b"q": _QUOTE, b"w": _WORD, b"j": _SPACE + _OPERATOR + _SPACE, b"p": _PREFIX,
            b"first": named % b"first", b"second": named % b"second", b"third": named % b"third",
        }
    )  # fmt: skip
    for match in matches(pattern, data, ranges):
        start, end = match.span()
        values = [
            (constants[match[kind]], *match.span(kind), None) for kind in ("first", "second", "third") if match[kind]
        ]
        opening = () if match["before"] else ((match["after"] or b'"', start, start + 1, None),)
        closing = () if match["after"] else ((match["before"] or b'"', end - 1, end, None),)
        yield start, end, (*opening, *values, *closing), ""


def _holes(data: bytes, ranges: Sequence[Span], constants: dict[bytes, bytes]) -> Iterator[Replacement]:
    for match in matches(_HOLE if constants else _LITERAL_HOLE, data, ranges):
        start, end = match.span()
        if match["text"]:
            fragment: Fragment = (match["text"], *match.span("text"), (1, 1))
            if data[start] == _BRACE and data[start - 1 : start] in _HOLE_SIGNS:
                start -= 1  # not a part of the pattern: one that begins with a single certain byte is faster
        else:
            value = constants.get((match["name"] or match["bare"]).rpartition(b".")[2])
            if value is None:
                continue
            fragment = (value, start, end, None)
        yield start, end, (fragment,), ""


def joined_lists(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield `['a', 'b'].join('')`, `''.join(('a', 'b'))`, `implode('', ['a', 'b'])` and `'a'.concat('b', 'c')`."""
    for match in matches(_LIST_JOIN, data, ranges):
        literals = _EACH_LITERAL.finditer(data, *match.span(match.lastgroup or 0))
        contents = [(found.start() + 1, found.end() - 1) for found in literals]
        fragments = tuple((data[first:last], first, last, (1, 1)) for first, last in contents if first < last)
        if not fragments:
            continue
        opening = () if match["concat"] else ((b'"', match.start(), match.start() + 1, None),)
        closing = (match[0][:1] if match["concat"] else b'"', match.end() - 1, match.end(), None)
        yield match.start(), match.end(), (*opening, *fragments, closing), ""


def continued_lines(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    r"""Yield line continuations inside a word: `mni_\` and a line break (shell, C, `.properties`, Dockerfile, Make)."""
    for match in matches(_CONTINUED, data, ranges):
        yield match.start(), match.end(), (), ""


def wrapped_values(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield values of one word that go on over indented lines: YAML scalars, XML string resources, quoted strings."""
    for match in matches(_BLOCK, data, ranges):
        words = [word.span() for word in _EACH_WORD.finditer(data, *match.span("words"))]
        fragments = tuple((data[first:last], first, last, (1, 1)) for first, last in words)
        start = match.start() + 1
        blank = ((b" ", start, words[0][0], None),) if start < words[0][0] else ()
        yield start, match.end("words"), (*blank, *fragments), ""


def office_runs(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    """Yield the markup between two runs of one paragraph in a Word or PowerPoint document."""
    for match in matches(_OFFICE_RUNS, data, ranges):
        yield match.start(), match.end(), (), ""


def _constants(data: bytes) -> dict[bytes, bytes]:
    """Return the names that are given one literal and no other, where that could be a part of a key."""
    values: dict[bytes, bytes | None] = {}
    for name, value, _ in _assignments(data):
        values[name] = value if values.get(name, value) == value else None
        if len(values) >= _MOST_CONSTANTS:
            break
    return {name: value for name, value in values.items() if value is not None}


def _assignments(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the names that are given a literal which could be a part of a key, with that and where it begins."""
    for match in islice(_CONSTANT.finditer(data), _MOST_ASSIGNMENTS):
        start = match.start("value")
        before = _ASSIGNED.search(data, _statement_start(data, start), start)
        if before is not None:
            yield before["name"], match["value"], start


def _statement_start(data: bytes, value: int) -> int:
    """Return from where a name may stand that is given a value: the pattern is tried at every byte from there."""
    least = max(0, value - _NAME_BEFORE)
    return max(least, *(data.rfind(mark, least, value) for mark in _NEVER_BETWEEN))


def assigned_names(data: bytes) -> frozenset[bytes]:
    """Return the names that are given a literal which could be a part of a key."""
    return frozenset(name for name, _, _ in _assignments(data))


def may_fold(data: bytes) -> bool:
    """Return whether such a name is used in an expression or a template of the same text."""
    constants = {name: value for name, value, _ in _assignments(data)}
    whole = (Span(0, len(data)),)
    return bool(constants) and any(True for find in (_holes, _joints) for _ in find(data, whole, constants))


def used_names(data: bytes) -> frozenset[bytes]:
    """Return the names that stand beside an operator or in a template: what could be folded."""
    in_templates = (match["name"] or match["bare"] for match in compiled(_HOLE).finditer(data))
    names = {name.rpartition(b".")[2] for name in in_templates if name}
    return frozenset(names.union(*compiled(_BESIDE_OPERATOR).findall(data)) - {b""})


def _constant_places(data: bytes) -> Iterator[int]:
    return (start for _, _, start in _assignments(data))


def _divided_lists(data: bytes) -> Iterator[int]:
    """Yield where a list may be joined that does not begin and end on that line."""
    for sign in compiled(_LIST_JOINING).finditer(data):
        line_start, line_end = data.rfind(b"\n", 0, sign.start()) + 1, data.find(b"\n", sign.end())
        line_end = len(data) if line_end < 0 else line_end
        is_whole = b"[" in data[line_start : sign.start()] if sign["list_end"] else b")" in data[sign.end() : line_end]
        if sign["outside"] or not is_whole or b"\n" in sign[0]:
            yield sign.start()


def _run_ends(data: bytes) -> Iterator[int]:
    return (found.start() for found in compiled(rb"</[wa]:t>").finditer(data))


_REACH = 512  # bytes: a fold may make the neighbouring one possible
_QUOTES = (b'"', b"'", b"`")
SEAMS = Decoder(
    "joined-strings",
    seams,
    SPLIT_STRINGS,
    AcrossLines(_OPEN_SEAM, _NEXT_LITERAL, over_comments=True),
    _QUOTES,
    reach=_REACH,
)
CONSTANTS = Decoder(
    "joined-strings",
    constants_folded,
    SPLIT_STRINGS,
    AcrossLines(rb"[=:>][ \t]*\r?$", _NEXT_LITERAL, over_comments=True, elsewhere=_constant_places),
    (b"=", b":", b"{"),
    reach=_REACH,
)
JOINED_LISTS = Decoder(
    "joined-strings",
    joined_lists,
    SPLIT_STRINGS,
    AcrossLines(elsewhere=_divided_lists),
    (b".join", b".concat", b"implode("),
    _LIST_SIGNS.search,
    reach=_REACH,
)
CONTINUED_LINES = Decoder(
    "joined-strings",
    continued_lines,
    SPLIT_STRINGS,
    AcrossLines(_WORD + rb"\\\r?$", rb"[ \t]*" + _WORD),
    (b"\\\n", b"\\\r\n"),
    reach=_REACH,
)
WRAPPED_VALUES = Decoder(
    "joined-strings", wrapped_values, None, AcrossLines(_OPEN_VALUE, _NEXT_WORD), (b"\n ", b"\n\t"), reach=_REACH
)
OFFICE_RUNS = Decoder(
    "joined-strings", office_runs, None, AcrossLines(elsewhere=_run_ends), (b"</w:t>", b"</a:t>"), reach=_REACH
)
