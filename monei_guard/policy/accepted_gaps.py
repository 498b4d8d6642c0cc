"""Gaps in the baseline: what could not be scanned, was looked at by a person, and is accepted.

An entry is bound to the content (its blob id under the file's salt), so it holds for the file as it is, wherever it
stands, in the work tree and in every commit; another content is another gap. Where there is no content (a file that
cannot be read or is too large), it is bound to path and reason.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from hmac import digest

from monei_guard.model.blob import Skipped
from monei_guard.model.location import display_path
from monei_guard.policy.baseline import GAP, KEY_DIGITS, Baseline, Entry, Index, is_expired


def gap_path(gap: Skipped) -> str | None:
    """Return the path of the file that a gap is in: an archive's, not its member's."""
    return None if gap.path is None else display_path(gap.path).split("!/", 1)[0]


def accepted(
    skipped: Iterable[Skipped], baseline: Index, today: date, path: Callable[[str | None], str | None]
) -> tuple[Skipped, ...]:
    """Return what was not scanned; of that, what the baseline accepts does not make the run incomplete.

    `path` gives a path of this run as one relative to the baseline's folder. Raises BaselineError.
    """
    return tuple(_judged(gap, baseline, today, path) if gap.incomplete else gap for gap in skipped)


def with_gaps(
    baseline: Baseline, gaps: Sequence[Skipped], template: Entry, path: Callable[[str | None], str | None]
) -> Baseline:
    """Return the baseline with an entry for each gap; `template` gives reason, author, date and until."""
    entries = {(entry.key, entry.path): entry for entry in baseline.entries}
    for gap in gaps:
        own_path = path(gap_path(gap))
        key = _keys(baseline.salts, gap, own_path)[0]
        if gap.content_id is not None:  # the same content at another path is the same gap
            for known in [known for known in entries if known[0] == key]:
                del entries[known]
        entries[key, own_path] = replace(template, key=key, code=GAP, path=own_path)
    return replace(baseline, entries=tuple(entries.values()))


def _judged(gap: Skipped, baseline: Index, today: date, path: Callable[[str | None], str | None]) -> Skipped:
    for key in _keys(baseline.salts, gap, path(gap_path(gap))):
        for entry in baseline.entries(key):
            if entry.code == GAP and not is_expired(entry, today):
                return gap._replace(reason=f"{gap.reason}; accepted in the baseline: {entry.reason}", incomplete=False)
    return gap


def _keys(salts: Iterable[str], gap: Skipped, path: str | None) -> list[str]:
    """Return the keys an entry about `gap` may have, the one to write first."""
    bound = gap.content_id if gap.content_id is not None else f"{path}\0{gap.reason}"
    text = GAP.encode() + b"\0" + bound.encode("utf-8", "backslashreplace")
    return [digest(bytes.fromhex(salt), text, "sha256").hex()[:KEY_DIGITS] for salt in salts]
