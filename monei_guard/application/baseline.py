"""The baseline in a run: which file, and what it accepts."""

import os
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from monei_guard.commands.session import Run
from monei_guard.model.finding import Triaged
from monei_guard.policy.baseline_name import DEFAULT_NAME

if TYPE_CHECKING:
    from monei_guard.policy.baseline import BaselineContext


def baseline_path(session: Run) -> str | None:
    """Return the baseline that was named, else the one where the configuration is, if there is one."""
    if session.settings.baseline is not None:
        return session.settings.baseline
    if session.folder is None:
        return None
    default = os.path.join(session.folder, DEFAULT_NAME)
    return default if os.path.lexists(default) else None


def with_baseline(triaged: Sequence[Triaged], session: Run) -> Sequence[Triaged]:
    """Return the findings of a run, those that the baseline accepts suppressed. Raises BaselineError."""
    path = baseline_path(session)
    if path is None:
        return triaged
    from monei_guard.policy.baseline import Index, apply_baseline, read  # noqa: PLC0415 - only where there is one

    return apply_baseline(triaged, Index(read(path), path), baseline_context(path, session))


def baseline_context(path: str, session: Run) -> "BaselineContext":
    """Return how the paths of a run relate to those in the baseline `path`, which are relative to its folder."""
    from monei_guard.policy.baseline import BaselineContext  # noqa: PLC0415 - as above

    folder = os.path.dirname(os.path.abspath(path))
    below = os.path.relpath(os.path.abspath(session.root), folder).replace(os.sep, "/")
    return BaselineContext(
        today=date.today(),  # noqa: DTZ011 - the day on the wall of whoever wrote "until"
        source=os.path.basename(path),
        exists=lambda name: os.path.lexists(os.path.join(folder, name)),
        prefix="" if below == "." else below + "/",
    )
