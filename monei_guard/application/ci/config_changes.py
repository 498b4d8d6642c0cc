"""What decides in a CI run, and which parts of that the scanned commits bring along themselves.

A pull request may change the configuration, the baseline or the suppressions that it is judged by. That is said, in the
log and wherever the platform shows warnings; `--no-trust-config` ignores all three.
"""

import os
from collections.abc import Iterator

from monei_guard.application.baseline_location import baseline_path
from monei_guard.application.ci.scope import ScanScope
from monei_guard.application.run import Run
from monei_guard.configuration.location import LARGEST, OWN_FILE, PYPROJECT, lies_in
from monei_guard.errors import GuardError
from monei_guard.git.object_reader import cat_file
from monei_guard.git.repository import Repository
from monei_guard.git.revisions import blob_at
from monei_guard.policy.baseline import Baseline, parse, read
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.terminal import location_text
from monei_guard.scanning.result import ScanResult

_MOST_WAYS = 50  # links behind one name
_LARGEST_BASELINE = 64 << 20  # bytes
_MOST_SUPPRESSED = 20  # lines; the machine formats carry them all


def describe_config(run: Run) -> str:
    """Return in words which configuration and baseline decide."""
    baseline = baseline_path(run)
    message = "the built-in defaults" if run.settings.source is None else run.settings.source
    if baseline is not None:
        message += f", baseline {baseline}"
    return message if run.folder is not None else f"{message}; nothing that the checkout itself says is trusted"


def changed_by_this_run(run: Run, repository: Repository, scope: ScanScope) -> Iterator[str]:
    """Yield a warning for each trusted file that has changed since the commit the run starts from."""
    if run.folder is None or scope.start is None:
        return
    settings, top = run.settings, os.path.realpath(run.folder)
    baseline = baseline_path(run)
    named = [os.path.join(top, name) for name in (OWN_FILE, PYPROJECT, DEFAULT_NAME)]
    named += [path for path in (settings.source, baseline, *settings.extend_rules) if path is not None]
    off = f" (turns off: {', '.join(settings.turned_off)})" if settings.turned_off else ""
    for name in dict.fromkeys(place for path in named for place in _ways(path, top)):
        if _differs(repository, scope.start, name):
            yield f"what is scanned changes {name}, by which it is judged{off}: review that first"
    if baseline is not None and lies_in(baseline, top):
        yield from _accepted(repository, scope.start, baseline, top)


def _ways(path: str, top: str) -> Iterator[str]:
    """Yield what in the checkout decides what stands at a path: each link on the way, submodules, and the file."""
    left = os.path.relpath(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)), top)
    names = [os.path.relpath(os.path.abspath(path), top), left, os.path.relpath(os.path.realpath(path), top)]
    seen: dict[str, None] = {}
    while names and len(seen) < _MOST_WAYS:
        parts = names.pop(0).split(os.sep)
        for end in range(1, len(parts) + 1):
            way = os.path.join(*parts[:end])
            full = os.path.join(top, way)
            is_decisive = end == len(parts) or os.path.islink(full) or os.path.lexists(os.path.join(full, ".git"))
            if parts[0] == os.pardir or not is_decisive or way in seen:
                continue
            seen[way] = None
            if os.path.islink(full):
                target = os.path.normpath(os.path.join(os.path.dirname(way), os.readlink(full), *parts[end:]))
                names.append(os.path.relpath(os.path.join(top, target), top))
    yield from (way.replace(os.sep, "/") for way in seen)


def _accepted(repository: Repository, start: str, baseline: str, top: str) -> Iterator[str]:
    """Yield what a baseline accepts that it did not accept at the beginning."""
    name = os.path.relpath(os.path.realpath(baseline), top).replace(os.sep, "/")
    old_id = blob_at(repository, start, name.encode())
    try:
        now = parse(read(baseline), name)
        with cat_file(repository) as objects:
            before = parse(objects.read(old_id, _LARGEST_BASELINE)[1], name) if old_id is not None else Baseline(())
    except GuardError as error:
        yield f"what {name} accepts newly cannot be told: {error}"
        return
    known = set(before.entries)
    added = [entry for entry in now.entries if entry not in known]
    if salts := len(set(now.salts) - set(before.salts)) if old_id is not None else 0:
        yield f"what is scanned brings {name} {salts} new salt{'s' if salts > 1 else ''}, under which it accepts more"
    for entry in added[:_MOST_SUPPRESSED]:
        yield (
            f"what is scanned accepts {entry.code} in {visible(entry.path or 'no file')} itself, in {name}: "
            + visible(entry.reason)
        )
    if len(added) > _MOST_SUPPRESSED:
        yield f"what is scanned accepts {len(added) - _MOST_SUPPRESSED:,} findings more itself, in {name}"


def suppressed(scanned: ScanResult) -> Iterator[str]:
    """Yield what directives in the scanned files hide."""
    for triaged in scanned.suppressed[:_MOST_SUPPRESSED]:
        why = "" if triaged.suppression is None else f" ({triaged.suppression.kind}: {triaged.suppression.reason})"
        yield f"suppressed: {triaged.finding.code} at {location_text(triaged.finding.location)}{why}"
    more = len(scanned.suppressed) - _MOST_SUPPRESSED
    if more > 0:
        yield f"suppressed: {more:,} more"


def _differs(repository: Repository, start: str, name: str) -> bool:
    """Whether HEAD has another version of a file than `start`; of a pyproject.toml, where one of them names us."""
    found = [blob_at(repository, revision, name.encode()) for revision in (start, "HEAD")]
    return found[0] != found[1] and (name != PYPROJECT or any(_names_us(repository, object_id) for object_id in found))


def _names_us(repository: Repository, object_id: str | None) -> bool:
    """Whether a file names us; one that cannot be read, or is too large to be a configuration, may."""
    if object_id is None:
        return False
    try:
        with cat_file(repository) as objects:
            return b"monei-guard" in objects.read(object_id, LARGEST)[1]
    except GuardError:
        return True
