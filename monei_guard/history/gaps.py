"""What in a repository's objects could not be looked at, by path and commit; and what is left out on purpose."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from monei_guard.history.provenance import Provenance
from monei_guard.model.blob import Skipped

_SHOWN = 12  # digits of an id
EXCLUDED = "excluded by the configuration"
Places: TypeAlias = dict[str, list[Provenance]]


def without_excluded(places: Places, excluded: Callable[[bytes], bool] | None) -> tuple[Places, frozenset[bytes]]:
    """Return where objects lived apart from excluded paths, and those paths.

    An object that lived nowhere else is there with no place at all; one whose place nobody knows keeps that.
    """
    places = {name: held for name, held in places.items() if held}
    if excluded is None:
        return places, frozenset()
    paths = {lived.path for held in places.values() for lived in held} - {None}
    left_out = {path for path in paths if path is not None and excluded(path)}
    kept = {name: [lived for lived in held if lived.path not in left_out] for name, held in places.items()}
    return kept, frozenset(left_out)


def located(gaps: Iterable[tuple[str, str, Skipped]], places: Mapping[str, list[Provenance]]) -> Iterator[Skipped]:
    """Yield each gap (id and kind of the object, what in it) at the place that came first; none in excluded objects."""
    for object_id, kind, gap in gaps:
        known = places.get(object_id)
        if known is not None and not known:
            continue
        ids = f"object {object_id[:_SHOWN]}"
        member = gap.path or b""
        if not known or (kind == "blob" and known[0].path is None):
            path = (object_id.encode() + member) if member else None
            yield gap._replace(path=path, reason=f"{gap.reason} ({kind} {object_id})")
            continue
        first = min(known, key=lambda lived: (lived.first_commit is None, lived.since, lived.path or b""))
        if first.first_commit is not None:
            ids = f"{ids}, commit {first.first_commit[:_SHOWN]}"
        path = None if first.path is None else first.path + member
        yield gap._replace(path=path, reason=f"{gap.reason} ({ids})")
