"""Which baseline a run goes by. Apart from `baseline`: most runs have none."""

import os

from monei_guard.application.run import Run
from monei_guard.configuration.location import lies_in
from monei_guard.errors import GuardError
from monei_guard.policy.baseline_name import DEFAULT_NAME


class OutsideError(GuardError):
    """A baseline that belongs to the repository, and stands outside it."""


def baseline_path(run: Run) -> str | None:
    """Return the baseline that was named, else the one where the configuration is, if there is one.

    Raises OutsideError for one there that is a link to a file elsewhere.
    """
    if run.settings.baseline is not None:
        return run.settings.baseline
    if run.folder is None:
        return None
    default = os.path.join(run.folder, DEFAULT_NAME)
    if not os.path.lexists(default):
        return None
    if not lies_in(default, run.folder):
        raise OutsideError(f"{default} leads out of the repository", hint="make it a file, or give --baseline FILE")
    return default
