"""Where in a structured document a finding stands, in its reader's words: "cell 3, output 1", "request 'Get user'".

Asked only for documents in which something was found. Notebooks, HTTP archives, collections of Postman and Insomnia,
source maps, and files whose lines are too long for a column to help.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from monei_guard.detection.documents.insomnia import insomnia_titles

# Keys and indexes from the outermost value to the innermost one.
Route: TypeAlias = tuple[str | int, ...]
_Describe: TypeAlias = Callable[[Any, Route, bytes], str]

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[{}\[\],:]', re.DOTALL)
_MOST_TOKENS = 4_000_000
_LONGEST_NAME = 120


def document_titles(path: bytes | None, data: bytes, offsets: Iterable[int]) -> dict[int, str]:
    """Return for byte offsets in a document how to name where they stand; none for what has no name.

    `path` is the file's, whose suffix says what it is. Text from the document is not masked.
    """
    name = (path or b"").lower()
    if name.endswith((b".yaml", b".yml")):
        return insomnia_titles(data, sorted(set(offsets)))
    describe = next((describe for ends, describe in _KINDS if name.endswith(ends)), None)
    ordered = sorted(set(offsets))
    if describe is None or not ordered:
        return {}
    routes = json_routes(data, ordered)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None  # the numbers can be said all the same
    titles = {offset: describe(document, route, data[start:offset]) for offset, (route, start) in routes.items()}
    return {offset: title for offset, title in titles.items() if title}


def json_routes(data: bytes, offsets: Sequence[int]) -> dict[int, tuple[Route, int]]:
    """Return for sorted offsets in a JSON text the route to the string there, and where its characters begin.

    The text need not be well-formed to its end.
    """
    found: dict[int, tuple[Route, int]] = {}
    route: list[str | int] = []
    in_object: list[bool] = []
    waiting = list(reversed(offsets))
    key = b""
    for count, token in enumerate(_TOKEN.finditer(data)):
        if not waiting or count > _MOST_TOKENS:
            break
        kind = token[0][:1]
        if kind == b'"':
            while waiting and waiting[-1] < token.end():
                found[waiting.pop()] = tuple(route), token.start() + 1
            key = token[0]
        elif kind in b"{[":
            in_object.append(kind == b"{")
            route.append("" if kind == b"{" else 0)
        elif not in_object:
            continue
        elif kind in b"}]":
            in_object.pop()
            route.pop()
        elif kind == b":" and in_object[-1]:
            route[-1] = key[1:-1].decode("utf-8", "replace")
        elif kind == b"," and not in_object[-1]:
            last = route[-1]
            route[-1] = last + 1 if isinstance(last, int) else last
    return found


def byte_position(start_byte: int) -> str:
    """Return how to say where something stands in a line that no editor shows at once."""
    return f"at byte {start_byte:,}"


def _notebook(_document: Any, route: Route, _before: bytes) -> str:
    """Name the cell: Jupyter notebook format 4 (`cells`), and 3 (`worksheets[].cells`)."""
    cells = route[2:] if route[:1] == ("worksheets",) else route
    match cells:
        case ("cells", int(cell), "outputs", int(output), *_):
            return f"in cell {cell + 1}, output {output + 1}"
        case ("cells", int(cell), "source" | "input", *_):
            return f"in cell {cell + 1}, source"
        case ("cells", int(cell), str(part), *_):
            return f"in cell {cell + 1}, {part}"
        case _:
            return ""


def _http_archive(document: Any, route: Route, _before: bytes) -> str:
    """Name the exchange: HTTP Archive 1.2, `log.entries[]`. Of the address, no query: it may hold more secrets."""
    match route:
        case ("log", "entries", int(number), *rest):
            side = rest[0] if rest and rest[0] in {"request", "response"} else "request"
            url = _at(document, ("log", "entries", number, "request", "url"))
            return f"in entry {number + 1}, {side}{_from_or_to(str(side), url)}"
        case _:
            return ""


def _from_or_to(side: str, url: Any) -> str:
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    return (
        f" {'to' if side == 'request' else 'from'} " + f"{parts.scheme}://{parts.hostname}{parts.path}"[:_LONGEST_NAME]
    )


def _json_document(document: Any, route: Route, before: bytes) -> str:
    """Name the request in a collection of Postman (`item[]`, nested) or Insomnia 4 (`resources[]`)."""
    match route:
        case ("item", int(), *_) | ("collection", "item", int(), *_):
            names = [
                _name(_at(document, (*route[: at + 1], "name")))
                for at in range(1, len(route))
                if isinstance(route[at], int) and route[at - 1] == "item"
            ]
            title = " / ".join(name for name in names if name)
            return f"in request {title!r}" if title else ""
        case ("resources", int(number), *_):
            kind = _name(_at(document, ("resources", number, "_type")))
            title = _name(_at(document, ("resources", number, "name")))
            return f"in {kind.replace('_', ' ')} {title!r}" if kind and title else ""
        case _:
            return _source_map(document, route, before)


def _source_map(document: Any, route: Route, before: bytes) -> str:
    """Name the original file: source map 3, `sourcesContent[]` beside `sources[]`, in sections too."""
    if len(route) < 2 or route[-2] != "sourcesContent":  # noqa: PLR2004 - its name and a number
        return ""
    source = _name(_at(document, (*route[:-2], "sources", route[-1])))
    try:
        line = str(json.loads(b'"' + before + b'"')).count("\n") + 1
    except ValueError:
        line = 0
    return f"in {source!r}" + (f", line {line}" if line else "") if source else ""


def _name(value: Any) -> str:
    return " ".join(value.split())[:_LONGEST_NAME] if isinstance(value, str) else ""


def _at(document: Any, route: Route) -> Any:
    """Return the value at a route, None where there is none."""
    for step in route:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            return None
    return document


_KINDS: tuple[tuple[bytes, _Describe], ...] = (
    (b".ipynb", _notebook),
    (b".har", _http_archive),
    (b".map", _source_map),
    (b".json", _json_document),
)
