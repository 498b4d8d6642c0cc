"""What decides in a CI run, and which parts of that the scanned commits bring along themselves.

A pull request may change the configuration, the baseline or the suppressions that it is judged by. That is said, in the
log and wherever the platform shows warnings; `--no-trust-config` ignores all three.
"""

import os
from collections.abc import Iterator

from monei_guard.application.baseline import baseline_path
from monei_guard.application.ci.scope import ScanScope
from monei_guard.commands.session import Run
from monei_guard.configuration.location import LARGEST, OWN_FILE, PYPROJECT
from monei_guard.errors import GuardError
from monei_guard.git.repository import Repository, cat_file
from monei_guard.git.revisions import blob_at
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.reporting.terminal import place
from monei_guard.scanning.result import ScanResult

_MOST_SUPPRESSED = 20  # lines; the machine formats carry them all


def describe_config(session: Run) -> str:
    """Return in words which configuration and baseline decide."""
    baseline = baseline_path(session)
    said = "the built-in defaults" if session.settings.source is None else session.settings.source
    if baseline is not None:
        said += f", baseline {baseline}"
    return said if session.folder is not None else f"{said}; nothing that the checkout itself says is trusted"


def changed_by_this_run(session: Run, repository: Repository, scope: ScanScope) -> Iterator[str]:
    """Yield a warning for each trusted file that has changed since the commit the run starts from."""
    if session.folder is None or scope.start is None:
        return
    settings, top = session.settings, os.path.realpath(session.folder)
    named = [os.path.realpath(one) for one in (baseline_path(session), *settings.extend_rules) if one is not None]
    inside = [os.path.relpath(one, top).replace(os.sep, "/") for one in named if one.startswith(top + os.sep)]
    off = f" (turns off: {', '.join(settings.turned_off)})" if settings.turned_off else ""
    for name in dict.fromkeys((OWN_FILE, PYPROJECT, DEFAULT_NAME, *inside)):
        if _differs(repository, scope.start, name):
            yield f"what is scanned changes {name}, by which it is judged{off}: review that first"


def suppressed(scanned: ScanResult) -> Iterator[str]:
    """Yield what directives in the scanned files hide."""
    for one in scanned.suppressed[:_MOST_SUPPRESSED]:
        why = "" if one.suppression is None else f" ({one.suppression.kind}: {one.suppression.reason})"
        yield f"suppressed: {one.finding.code} at {place(one.finding.location)}{why}"
    more = len(scanned.suppressed) - _MOST_SUPPRESSED
    if more > 0:
        yield f"suppressed: {more:,} more"


def _differs(repository: Repository, start: str, name: str) -> bool:
    """Whether HEAD has another version of a file than `start`; of a pyproject.toml, where one of them names us."""
    found = [blob_at(repository, revision, name.encode()) for revision in (start, "HEAD")]
    return found[0] != found[1] and (name != PYPROJECT or any(_names_us(repository, one) for one in found))


def _names_us(repository: Repository, object_id: str | None) -> bool:
    """Whether a file names us; one that cannot be read, or is too large to be a configuration, may."""
    if object_id is None:
        return False
    try:
        with cat_file(repository) as objects:
            return b"monei-guard" in objects.read(object_id, LARGEST)[1]
    except GuardError:
        return True
