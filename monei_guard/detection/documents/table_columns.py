"""The column, and in SQL the table, in which a value stands: the name it was given, written far above it."""

import csv
import re

_ROW = 8192  # bytes of a row that are read
_COLUMN = re.compile(r"[A-Za-z_][\w .\-]{0,60}")
_DELIMITERS = (",", ";", "\t", "|")

_TABLE = rb"""(?P<table>[`"\[]?[\w$]{1,64}[`"\]]?(?:\.[`"\[]?[\w$]{1,64}[`"\]]?){0,2})"""
_INSERT = re.compile(
    rb"""INSERT\s+(?:IGNORE\s+)?INTO\s+%b\s*(?:\((?P<columns>[^()]{1,4000})\))?\s*VALUES""" % _TABLE, re.IGNORECASE
)
_INSERT_WORDS = (b"INSERT ", b"insert ", b"Insert ")
_COPY = re.compile(rb"COPY\s+%b\s*\((?P<columns>[^()]{1,4000})\)\s+FROM\s+stdin" % _TABLE, re.IGNORECASE)
_CREATED = rb"""CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(?:[\w`"\[\]$]{1,66}\.)?[`"\[]?%b[`"\]]?\s*\("""
_CREATED_COLUMN = re.compile(rb"""(?:^|\n)\s*[`"\[]?(?P<name>\w{1,64})[`"\]]?\s+\w[^\n]{0,400}""")
_NO_COLUMN = frozenset({b"primary", b"unique", b"key", b"constraint", b"index", b"foreign", b"check", b"fulltext"})
_TUPLE = re.compile(rb"(?:VALUES|\)\s{0,20},)\s{0,20}\(", re.IGNORECASE)
_VALUE = re.compile(rb"'(?:[^'\\]|\\.|'')*+(?:'|$)|[(),]", re.DOTALL)
_LONGEST_TABLE = 1 << 16  # bytes before the first row in which its CREATE TABLE begins
_STATEMENT = 1 << 20  # bytes of one INSERT or COPY


def table_and_column(path: bytes | None, data: bytes, start: int) -> tuple[bytes, bytes]:
    """Return the names of the table (only SQL has one) and the column of a value at `start`, b"" for an unknown one."""
    name = (path or b"").lower()
    if name.endswith((b".csv", b".tsv")):
        return b"", _csv_column(data, start)
    if name.endswith((b".sql", b".dump")):
        return _sql_column(data, start)
    return b"", b""


def _csv_column(data: bytes, start: int) -> bytes:
    row = data.rfind(b"\n", max(0, start - _ROW), start) + 1
    head = data[: max(data.find(b"\n", 0, _ROW), 0)].decode("utf-8-sig", "replace").strip("\r\n")
    if not row or not head:
        return b""
    between = max(_DELIMITERS, key=head.count)
    columns = _cells(head, between)
    if len(columns) > 1 and not all(_COLUMN.fullmatch(column.strip()) for column in columns if column.strip()):
        return b""
    number = len(_cells(data[row:start].decode("utf-8", "replace") + "x", between)) - 1
    return columns[number].strip().encode() if 0 <= number < len(columns) else b""


def _cells(line: str, between: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=between), [])
    except csv.Error:
        return []


def _sql_column(data: bytes, start: int) -> tuple[bytes, bytes]:
    least = max(0, start - _STATEMENT)
    at = max(data.rfind(word, least, start) for word in _INSERT_WORDS)
    insert = _INSERT.match(data, at) if at >= 0 else None
    at = max(data.rfind(b"COPY ", least, start), data.rfind(b"copy ", least, start))
    copy = _COPY.match(data, at) if at >= 0 else None
    if copy is not None and (insert is None or insert.start() < copy.start()):
        row = data.rfind(b"\n", 0, start) + 1
        return _named(copy["table"], copy["columns"].split(b","), data.count(b"\t", row, start))
    if insert is None:
        return b"", b""
    columns = insert["columns"].split(b",") if insert["columns"] else _created_columns(data, insert)
    return _named(insert["table"], columns, _tuple_position(data, max(insert.start(), start - _ROW), start))


def _created_columns(data: bytes, insert: re.Match[bytes]) -> list[bytes]:
    """Return the columns of a table that is made in the same file."""
    name = _plain(insert["table"]).rpartition(b".")[2]
    before = data[max(0, insert.start() - _LONGEST_TABLE) : insert.start()]
    made = re.search(_CREATED % re.escape(name), before, re.IGNORECASE)
    if made is None:
        return []
    text = before[made.end() :]
    end = re.search(rb"\n\s*\)", text)
    names = [found["name"] for found in _CREATED_COLUMN.finditer(text, 0, end.start() if end else len(text))]
    return [name for name in names if name.lower() not in _NO_COLUMN]


def _tuple_position(data: bytes, first: int, start: int) -> int:
    """Return which value of its tuple, from 0, stands at `start`; -1 where no tuple begins between `first` and it."""
    begin = None
    for begin in _TUPLE.finditer(data, first, start):  # noqa: B007 - the last one
        pass
    if begin is None:
        return -1
    return sum(token[0] == b"," for token in _VALUE.finditer(data, begin.end(), start))


def _named(table: bytes, columns: list[bytes], number: int) -> tuple[bytes, bytes]:
    column = _plain(columns[number].strip()) if 0 <= number < len(columns) else b""
    return _plain(table), column


def _plain(name: bytes) -> bytes:
    return name.translate(None, b'`"[]')
