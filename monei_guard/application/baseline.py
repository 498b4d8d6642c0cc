"""The baseline in a run: what it accepts."""

import os
from collections.abc import Sequence
from datetime import date

from monei_guard.application.run import Run
from monei_guard.model.finding import Triaged
from monei_guard.policy.accepted_gaps import accepted
from monei_guard.policy.baseline import BaselineContext, Index, apply_baseline, read
from monei_guard.scanning.result import ScanResult


def with_baseline(triaged: Sequence[Triaged], path: str, run: Run) -> Sequence[Triaged]:
    """Return the findings of a run, those that the baseline `path` accepts suppressed. Raises BaselineError."""
    return apply_baseline(triaged, Index(read(path), path), baseline_context(path, run))


def with_accepted_gaps(result: ScanResult, path: str, run: Run) -> ScanResult:
    """Return the outcome of a run, which what the baseline `path` accepts does not make incomplete.

    Raises BaselineError.
    """
    context = baseline_context(path, run)
    index = Index(read(path), path)
    return result._replace(skipped=accepted(result.skipped, index, context.today, context.relative))


def baseline_context(path: str, run: Run) -> BaselineContext:
    """Return how the paths of a run relate to those in the baseline `path`, which are relative to its folder."""
    folder = os.path.dirname(os.path.abspath(path))
    below = os.path.relpath(os.path.abspath(run.root), folder).replace(os.sep, "/")
    return BaselineContext(
        today=date.today(),  # noqa: DTZ011 - the day on the wall of whoever wrote "until"
        source=os.path.basename(path),
        exists=lambda name: os.path.lexists(os.path.join(folder, name)),
        prefix="" if below == "." else below + "/",
    )
