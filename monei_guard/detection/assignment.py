"""What a value stands in: the name it is given, the call or header it is handed to, the sections around it.

No parser: the same few shapes (assignment, argument, element, name/value pair, enclosing section) cover every
language and file format in which keys are found, and a file that does not parse holds keys as well as one that does.
Everything is read backwards from the value in bounded windows, so the cost does not depend on the file.
"""

import re
from collections.abc import Iterator
from itertools import islice

from monei_guard.detection.assessment import MatchContext

_BEFORE = 600  # bytes looked at for a name that stands beside its value
_CLOSE = 240  # bytes looked at for a name that stands directly before its value
_AFTER = 300
_ENCLOSING = 4096  # bytes looked at for enclosing sections
# Bytes before and after a value that decide what surrounds it.
REACH_BEFORE = _ENCLOSING
_LEVELS = 4
_BRACKETS = (b"(", b")", b"[", b"]", b"{", b"}")
_MANY = 500
_DEEPEST = 50  # open brackets around a value that are asked for their labels; people nest fewer

# An opening quote of any language, escaped or not, with string prefixes, and an authentication scheme inside it.
_OPENER = re.compile(
    rb"""(?:(?<![\w$])[brfu@$]{1,2}(?=["'`]))?(?:\\{0,3}["'`]|&quot;|&\#34;|%22|\xe2\x80[\x98-\x9f]|\xc2\xab){0,3}"""
    rb"""(?:(?<![\w\-])(?:Bearer|Basic|Token|Key|Api-?Key)\s+)?$""",
    re.IGNORECASE,
)
_OPENER_LENGTH = 40
_NAME = rb"[A-Za-z_$][\w$./\-]{0,99}"
_QUOTE = rb"""(?:\\{0,3}["'`]|&quot;|%22)"""


_WORD = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


def _tail(pattern: bytes, last: bytes) -> tuple[re.Pattern[bytes], bytes]:
    """Return a pattern for what ends at the value, and the bytes of which one is the last before any white space."""
    return re.compile(pattern + rb"$", re.IGNORECASE), last


# Tried in this order; the first that ends exactly at the value names it. These two reach over other fields.
_PAIR_SHAPES = (
    # <add key="MoneiApiKey" value="   <meta-data android:name="…" android:value="
    _tail(rb"""\b(?:key|name|id)\s*=\s*["'](?P<name>[^"'<>\n]{1,99})["'][^<>]{0,200}?\bvalue\s*=\s*""", b"="),
    # "name": "MONEI_API_KEY", … "value": "      - name: X\n  value:      name = "X"\n value = "
    _tail(
        # Possessive, and no space begins a name: four ways to divide a long run of spaces would be tried in all orders.
        rb"""["']?\b(?:name|key|variable|title|header|id)\b["'\\]{0,2}\s*+[:=]\s*+(?:"""
        + _QUOTE
        + rb"""\s*+)?(?P<name>[^\s"'`\\,{}][^"'`\\,\n{}]{0,98})"""
        + _QUOTE
        + rb"""?\s*+,?(?:(?!\b(?:name|key|variable|title|header)\b["'\\]{0,2}\s*[:=])[^{}]){0,200}?["'\\]{0,2}"""
        + rb"""\b(?:value|val|data|content|current_?value|initial_?value|default)\b["'\\]{0,2}\s*[:=]\s*""",
        b":=",
    ),
    # gh secret set NAME --body "    aws ssm put-parameter --name NAME --type SecureString --value "
    _tail(
        rb"""(?:\s--name[ =]|\bset\s+)["']?(?P<name>[A-Za-z/][\w./\-]{0,98})["']?\s[^\n]{0,200}?"""
        rb"""(?<=\s)--?(?:value|secret-string|string-value|body|b|v)[ =]\s*""",
        b"=" + _WORD,
    ),
)

# MoneiClient.builder().timeout(30).apiKey(": the beginning of the chain that ends in this call.
_CHAIN = re.compile(rb"""(?P<root>[A-Za-z_][\w.:]{0,98})\s*(?:\([^()]{0,120}\)\s*\.\s*\w{1,60}\s*){1,12}\(\s*["'`]?$""")
_BEFORE_VALUE = b" \t\r\n\v\f\"'`"

_SHAPES = (
    # headers["X-API-KEY"] = "    obj['key'] : "    ENV["X"] ||= "
    _tail(rb"""\[\s*["'`](?P<name>[^"'`\n]{1,99})["'`]\s*\]\s*(?:=>|:=|\|\|=|\?\?=|[:=])\s*""", b">=:"),
    # getenv("MONEI_API_KEY") or "    process.env["X"] || "     ENV['X'] ?? '
    _tail(
        rb"""[\[(]\s*["'`](?P<name>[^"'`\n]{1,99})["'`]\s*[\])]\s*(?:\|\||\?\?|\?:|:-|or|else|->|\.unwrap_or\w*\(|"""
        rb"""\.or[A-Z]\w*\()\s*""",
        b"|?:->(" + _WORD,
    ),
    # NAME = "   "name": "   name: str = "   const name: string = '   NAME=   name => '   name ||= "   X-API-KEY: …
    _tail(
        rb"(?:\$env:)?(?P<name>"
        + _NAME
        + rb")"
        + _QUOTE
        + rb"?\s*(?:(?::\s*(?:&(?:'\w+ )?)?[A-Za-z_][\w<>\[\]?.]{0,40}(?: ?[|,] ?[\w<>\[\]?.]{1,40}){0,3})?\s*"
        + rb"(?:=>|:=|\?\?=|\|\|=|[=!]==?|=)|:|\|\||\?\?|\bor\b|:-)\s*",
        b">=:|?-rR",
    ),
    # os.getenv("X", "   define('X', '   .set("X-API-KEY", "   ('monei_key', '   buildConfigField("String", "X", "
    _tail(rb"""["'`](?P<name>[^"'`\n,()]{1,99})["'`]\s*,\s*""", b","),
    # setBearerToken("    new MoneiSDK('    Optional.of("
    _tail(rb"(?P<name>" + _NAME + rb")\s*\(\s*", b"("),
    # <string name="monei_api_key">   <MoneiApiKey>   <key>X</key><string>
    _tail(rb"<key>\s*(?P<name>[^<>\n]{1,99}?)\s*</key>\s*<\w+>\s*", b">"),
    _tail(rb"""<[\w:.\-]+\s[^<>]*?\b(?:key|name|id)\s*=\s*["'](?P<name>[^"'<>\n]{1,99})["'][^<>]*>\s*""", b">"),
    _tail(rb"<(?P<name>" + _NAME + rb")(?:\s[^<>]*)?>\s*", b">"),
    # --api-key X   ENV NAME X   setx NAME X   | NAME | X   NAME,X   NAME X
    _tail(rb"-{1,2}(?P<name>[A-Za-z][\w\-]{0,60})[ =]\s*", b"=" + _WORD),
    _tail(rb"(?P<name>" + _NAME + rb")[`\"']?\s*[|,;]\s*", b"|,;"),
    _tail(rb"(?P<name>[A-Za-z][A-Za-z0-9]*_[\w\-]{1,90})[ \t]+", _WORD),
)

_ALL_SHAPES = (*((*shape, _BEFORE) for shape in _PAIR_SHAPES), *((*shape, _CLOSE) for shape in _SHAPES))

_BLAND = frozenset({
    b"value", b"val", b"default", b"data", b"content", b"string", b"text", b"return", b"current", b"currentvalue",
    b"initialvalue", b"body", b"args", b"str", b"const", b"let", b"var", b"key_value", b"plaintext", b"stringvalue",
})  # fmt: skip

_PAIR_AFTER = re.compile(
    rb"""^[^{}\n]{0,120}?["'\\]{0,2}\b(?:name|key|variable|header)\b["'\\]{0,2}\s*[:=]\s*(?:\\?["'])?"""
    rb"""(?P<name>[^"'\\,\n{}]{1,99})""",
    re.IGNORECASE,
)
# request.setValue("…", forHTTPHeaderField: "X-API-KEY")    defaults.set("…", forKey: "monei_token")
_ARGUMENT_AFTER = re.compile(
    rb"""^["'`]\s*,\s*(?:forHTTPHeaderField|forKey|key|name|named)\s*:\s*["'`](?P<name>[^"'`\n]{1,99})["'`]"""
)
# Names that say nothing until one knows where they are sent: the address becomes part of the name.
_HEADERS = frozenset({b"authorization", b"x-api-key", b"x_api_key"})
_ADDRESS = re.compile(rb"\bhttps?://(?:[^\s/@\"'`]{1,99}@)?(?P<host>[A-Za-z0-9.\-]{1,253})", re.IGNORECASE)
# Functions that hold test cases: the word says nothing about the values inside.
_TEST_CALLS = frozenset({b"test", b"it", b"describe", b"suite", b"context", b"t.run", b"test.each", b"it.each"})
# Before a bracket they look like calls.
_NO_CALLS = frozenset({b"return", b"yield", b"in", b"and", b"or", b"not", b"await", b"throw", b"case", b"array"})
# var moneiOAuth = oauth2.Config{    moneiOAuth := &oauth2.Config{    let monei = Settings {
_COMPOSITE = re.compile(
    rb"(?<![\w$.])(?P<name>[A-Za-z_]\w{0,98})(?:\s*+:\s*+[\w.:<>]{1,60})?\s*+:?=\s*+&?[A-Za-z_][\w.:]{0,98}\s*+$"
)
# class MoneiClient; API_KEY =    module Monei    class MoneiClient:
_CLASS = re.compile(rb"^[ \t]*+(?:class|module)[ \t]+(?P<name>[A-Za-z_][\w:]{0,98})")
_USES = 8  # places where a name is looked at that was given a value
_FAR = 8192  # bytes after the value in which they stand
REACH_AFTER = _FAR + _BEFORE
_GIVEN = re.compile(rb"[ \t]*(?::?=|:)(?![=>])")
_NOT_BESIDE_USE = frozenset(_WORD + b"$\"'`")
_IDENTIFIER = re.compile(rb"[A-Za-z_$][\w$]{1,60}")
_TAG = re.compile(rb"<(?P<end>/)?(?P<name>[A-Za-z_][\w:.\-]{0,98})(?:\s[^<>]{0,200}?)?(?P<alone>/)?>")
_INI_SECTION = re.compile(
    rb"^[ \t]*+\[{1,2}[ \t]*+(?P<name>[^\]\s][^\]\n]{0,98}?)[ \t]*+\]{1,2}[ \t]*+\r?$", re.MULTILINE
)
_LABEL = re.compile(
    # From the beginnings of words only: at each of their characters it would be in vain for as long again.
    rb"""(?:(?<![\w$.:])(?P<call>[\w$.:]{1,160})\s*+(?:<[\w<>, ]{1,40}>)?\s*+$"""
    rb"""|["']?(?<![\w$.\-])(?P<name>[\w$.\-]{1,160})["']?\s*+(?:=>|[:=])\s*(?:new\s+)?$"""
    rb"""|\b(?:variable|resource|module|output|provider|secret)\s+(?:"[\w\-]+"\s+)?"(?P<block>[\w\-]{1,99})"\s*$)"""
)
_YAML_KEY = re.compile(rb"""^(?P<indent>[ ]*)(?:-[ ]+)?["']?(?P<name>[\w.$/\-]{1,99})["']?[ ]*:""")


def surroundings(data: bytes, start: int, end: int, table: tuple[bytes, bytes] = (b"", b"")) -> MatchContext:
    """Return what surrounds the value `data[start:end]`; `table` names the table and the column it stands in."""
    direct = _direct_name(data, start, end)
    parents = _parents(data, start)
    if direct and direct not in parents[-1:]:
        parents.append(direct)
    close = data[max(0, start - _CLOSE) : start]
    chain = _CHAIN.search(close) if close.rstrip(_BEFORE_VALUE).endswith(b"(") else None
    if chain:
        parents.insert(-1, chain["root"])
    name, column = table
    if column.lower() not in _BLAND:  # below `name,value`, the cell before a value is its name
        parents.append(column)
    parents.insert(0, name)
    if direct.lower() in _HEADERS:
        parents = [_address(data, start, end), *parents]
    line_start = max(data.rfind(b"\n", 0, start) + 1, start - _BEFORE)
    line_end = data.find(b"\n", end, end + _BEFORE)
    line_end = min(len(data), end + _BEFORE) if line_end < 0 else line_end
    path = b".".join(filter(None, parents)).decode("ascii", "replace")
    return MatchContext(
        name=path.lower(),
        original_name=path,
        line=(data[line_start:start] + b" " + data[end:line_end]).lower(),
        near=(data[max(0, start - _BEFORE) : start] + b" " + data[end : end + _AFTER]).lower(),
    )


def uses(data: bytes, start: int, end: int) -> Iterator[MatchContext]:
    """Yield what surrounds the places at which a name is used that is given the value `data[start:end]`.

    `const secret = "…"; new MoneiSDK({ apiKey: secret })`: only the use says what the value is for. Looked for after
    the value only, and not beyond a second assignment to the name.
    """
    name = _direct_name(data, start, end).rpartition(b".")[2]
    if not _IDENTIFIER.fullmatch(name):
        return
    for first in islice(_whole_words(data, name, end, end + _FAR), _USES):
        last = first + len(name)
        if _GIVEN.match(data, last):  # a second value, or an argument of the same name
            if not data[data.rfind(b"\n", 0, first) + 1 : first].strip():
                return
            continue
        yield surroundings(data, first, last)


def _whole_words(data: bytes, word: bytes, start: int, end: int) -> Iterator[int]:
    """Yield where a word stands by itself: searched for, as to compile a pattern for each name would cost far more."""
    at = data.find(word, start, end)
    while at >= 0:
        after = at + len(word)
        if data[at - 1] not in _NOT_BESIDE_USE and (after == len(data) or data[after] not in _NOT_BESIDE_USE):
            yield at
        at = data.find(word, after, end)


def _direct_name(data: bytes, start: int, end: int) -> bytes:
    """Return the name given to the value itself, or b""."""
    before = data[max(0, start - _BEFORE) : start]
    opener = _OPENER.search(before, max(0, len(before) - _OPENER_LENGTH))
    before = before[: opener.start()] if opener else before
    argument = _ARGUMENT_AFTER.search(data[end : end + _AFTER])
    if argument:
        return argument["name"].strip()
    last = before.rstrip()[-1:]
    for shape, lasts, window in _ALL_SHAPES:
        found = shape.search(before, max(0, len(before) - window)) if last in lasts else None
        if found is None:
            continue
        name = found["name"].strip().strip(b"\"'`$\\")
        if name.lower() not in _BLAND:
            return name
        after = _PAIR_AFTER.search(data[end : end + _AFTER])
        return after["name"].strip() if after else b""
    return b""


def _address(data: bytes, start: int, end: int) -> bytes:
    """Return the host that the value's line names, else the last one before it, else the next one, or b""."""
    line_start, line_end = data.rfind(b"\n", 0, start) + 1, data.find(b"\n", end)
    line_end = len(data) if line_end < 0 else line_end
    passages = (
        data[max(line_start, start - _BEFORE) : min(line_end, end + _AFTER)],
        data[max(0, start - _BEFORE) : start],
        data[end : end + _AFTER],
    )
    for number, passage in enumerate(passages):
        hosts = _ADDRESS.findall(passage)
        if hosts:
            return bytes(hosts[0] if number == len(passages) - 1 else hosts[-1])
    return b""


def _parents(data: bytes, start: int) -> list[bytes]:
    """Return the labels of the enclosing brackets, elements, YAML keys and INI section, outermost first."""
    window_start = max(0, start - _ENCLOSING)
    before = data[window_start:start]
    labels = _bracket_labels(before)
    if not labels:
        labels = _element_labels(before) if before.rstrip().endswith(b">") else _indent_labels(before)
    sections = _INI_SECTION.findall(before)
    if sections:
        labels.append(sections[-1].strip(b"\"' "))
    return labels[:_LEVELS][::-1]


def _bracket_labels(before: bytes) -> list[bytes]:
    """Return the labels of the brackets still open at the end of `before`, innermost first."""
    labels: list[bytes] = []
    depth = opened = 0
    if sum(map(before.count, _BRACKETS)) > _MANY:  # no text: what matters is near
        before = before[-_MANY:]
    for found in reversed(list(re.finditer(rb"[{}()\[\]]", before))):
        if found[0] in b"})]":
            depth += 1
        elif depth:
            depth -= 1
        else:
            opened += 1
            if opened > _DEEPEST:
                break
            head = before[max(0, found.start() - 160) : found.start()].rstrip()
            label = _LABEL.search(head)
            if label is not None and label["call"] not in _TEST_CALLS and label["call"] not in _NO_CALLS:
                labels.append(label["call"] or label["name"] or label["block"])
            composite = _COMPOSITE.search(head) if found[0] == b"{" else None
            if composite is not None:
                labels.append(composite["name"])
            if len(labels) >= _LEVELS:
                break
    return labels


def _element_labels(before: bytes) -> list[bytes]:
    """Return the XML elements still open at the end of `before`, innermost first."""
    labels: list[bytes] = []
    depth = 0
    for found in reversed(list(_TAG.finditer(before))):
        if found["alone"]:
            continue
        if found["end"]:
            depth += 1
        elif depth:
            depth -= 1
        else:
            labels.append(found["name"])
        if len(labels) == _LEVELS:
            break
    return labels


def _indent_labels(before: bytes) -> list[bytes]:
    """Return the YAML keys under which the last line of `before` is nested, innermost first."""
    lines = before.split(b"\n")
    indent = len(lines[-1]) - len(lines[-1].lstrip(b" -"))
    same_line = _CLASS.match(lines[-1])
    labels: list[bytes] = [same_line["name"]] if same_line else []
    for line in reversed(lines[:-1]):
        if not line.strip() or indent == 0:
            continue
        inside = _CLASS.match(line)
        if inside is not None and len(line) - len(line.lstrip(b" \t")) < indent:
            indent = len(line) - len(line.lstrip(b" \t"))
            labels.append(inside["name"])
            if len(labels) == _LEVELS:
                break
            continue
        own = _YAML_KEY.match(line)
        if own is None:
            continue
        if len(own["indent"]) < indent:
            indent = len(own["indent"])
            if line.rstrip().endswith((b":", b"|", b">", b"|-", b">-")):
                labels.append(own["name"])
            if len(labels) == _LEVELS:
                break
    return labels
