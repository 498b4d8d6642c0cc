"""Which baseline a run goes by. Apart from `baseline`: most runs have none."""

import os

from monei_guard.application.run import Run
from monei_guard.policy.baseline_name import DEFAULT_NAME


def baseline_path(run: Run) -> str | None:
    """Return the baseline that was named, else the one where the configuration is, if there is one."""
    if run.settings.baseline is not None:
        return run.settings.baseline
    if run.folder is None:
        return None
    default = os.path.join(run.folder, DEFAULT_NAME)
    return default if os.path.lexists(default) else None
