"""The end of a run: baseline, verification, reports, exit code."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from monei_guard.application.baseline_location import baseline_path
from monei_guard.application.opening import open_run
from monei_guard.application.options import RunOptions
from monei_guard.application.run import Run
from monei_guard.deferred import load
from monei_guard.errors import ExitCode, IncompleteError
from monei_guard.scanning.result import ScanResult

if TYPE_CHECKING:
    from monei_guard.application.reports import TerminalWriter


def finish(
    run: Run, result: ScanResult, *, silent_when_clean: bool = False, terminal: "TerminalWriter | None" = None
) -> int:
    """Triage what was found, write every report that was asked for, return the exit code.

    `silent_when_clean` is for hooks: nothing to say on the terminal means nothing is said, and nothing imported.
    `terminal` writes what standard output gets where no other format is asked for.
    """
    options = run.options
    plain = options.format == "terminal" and options.output is None and not options.reports
    if silent_when_clean and plain and not result.findings and result.is_complete:
        return ExitCode.CLEAN
    annotators = []
    path = baseline_path(run)
    if path is not None:
        if not result.is_complete:
            result = load("monei_guard.application.baseline:with_accepted_gaps")(result, path, run)
        with_baseline = load("monei_guard.application.baseline:with_baseline")
        annotators.append(lambda triaged: with_baseline(triaged, path, run))
    if options.verify:
        verify_as_asked = load("monei_guard.application.verification:verify_as_asked")
        annotators.append(lambda triaged: verify_as_asked(triaged, options, own_rules=bool(run.own_rules)))
    code: int = load("monei_guard.application.reports:report_and_exit_code")(run, result, annotators, terminal)
    return code


def with_report(options: RunOptions, run: Callable[[], int]) -> int:
    """Return the exit code of a run; where it cannot even begin, whoever reads the report that was asked for is told.

    Raises IncompleteError as the run does.
    """
    try:
        return run()
    except IncompleteError as error:
        if options.format != "terminal" or options.output is not None or options.reports:
            finish(open_run(options, None), ScanResult(errors=(str(error),)))
        raise


def staged_hygiene(run: Run, result: ScanResult, top: bytes, touched: frozenset[bytes]) -> ScanResult:
    """Return the outcome of a scan of the index with what the repository checks find in the touched files added."""
    with_staged_hygiene = load("monei_guard.application.hygiene:with_staged_hygiene")
    checked: ScanResult = with_staged_hygiene(run, result, top, touched)
    return checked
