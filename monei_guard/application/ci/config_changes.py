"""What decides in a CI run, and which parts of that the scanned commits bring along themselves.

A pull request may change the configuration, the baseline or the suppressions that it is judged by. That is said, in the
log and wherever the platform shows warnings; `--no-trust-config` ignores all three.
"""

import os
from collections.abc import Iterator

from monei_guard.application.baseline_location import baseline_path
from monei_guard.application.ci.scope import ScanScope
from monei_guard.application.run import Run
from monei_guard.configuration.location import LARGEST, OWN_FILE, PYPROJECT
from monei_guard.errors import GuardError
from monei_guard.git.object_reader import cat_file
from monei_guard.git.repository import Repository
from monei_guard.git.revisions import blob_at
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.reporting.terminal import location_text
from monei_guard.scanning.result import ScanResult

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
    named = [os.path.realpath(path) for path in (baseline_path(run), *settings.extend_rules) if path is not None]
    inside = [os.path.relpath(path, top).replace(os.sep, "/") for path in named if path.startswith(top + os.sep)]
    off = f" (turns off: {', '.join(settings.turned_off)})" if settings.turned_off else ""
    for name in dict.fromkeys((OWN_FILE, PYPROJECT, DEFAULT_NAME, *inside)):
        if _differs(repository, scope.start, name):
            yield f"what is scanned changes {name}, by which it is judged{off}: review that first"


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
