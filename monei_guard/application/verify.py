"""The API is asked about keys that are at hand already: the run behind `monei-guard verify`."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from monei_guard import __version__
from monei_guard.application.opening import builtin_rules
from monei_guard.application.options import RunOptions
from monei_guard.application.reports import write_reports
from monei_guard.application.scanner_factory import build_key_finder
from monei_guard.application.verification import VerificationRequest, ask_api, hosts_named, network_settings
from monei_guard.application.verify_inputs import (
    InvalidReportError,
    file,
    is_report,
    read_report,
    read_report_file,
    scan_items,
    scan_report,
    standard_input,
    variable,
)
from monei_guard.errors import ExitCode, GuardError
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Triaged
from monei_guard.model.location import Origin
from monei_guard.reporting.report import Coverage, make_report
from monei_guard.ruleset.rule_files import load_bundled
from monei_guard.scanning.result import ScanResult
from monei_guard.verification.validity import is_declined, with_verifications

# What makes each choice of --fail-on fail. A restricted key was accepted: somebody can use it from somewhere.
FAILS = MappingProxyType({"live": {"live"}, "restricted": {"live", "restricted"}, "never": set[str]()})


class KeyOnCommandLineError(GuardError):
    """A key was given as an argument, where every user of the machine can read it."""


class ConflictingSourcesError(GuardError):
    """Keys are to come from two places that cannot be asked about together."""


@dataclass(frozen=True, slots=True)
class KeySources:
    """Where keys come from: reports ("-" is standard input), environment variables, files.

    `root` is what the paths in a report are relative to.
    """

    reports: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    root: str = "."


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """How to ask, and what to make of the answers. Times in seconds.

    `wait`: ask again until all keys are inactive or it has passed. `fail_on` is a key of FAILS.
    """

    rate: float
    deadline: float | None
    wait: float | None
    audit_log: str | None
    fail_on: str
    permissions: bool
    only_live: bool


def verify_keys(sources: KeySources, options: RunOptions, how: VerifyOptions) -> int:
    """Ask the API about the keys, report what it says, return the exit code.

    Raises ConflictingSourcesError for sources that do not go together.
    """
    request = VerificationRequest(
        options.ask,
        hosts=hosts_named(options.api_urls),
        settings=network_settings(rate=how.rate, deadline=how.deadline, permissions=how.permissions),
        agreed=options.yes,
        quiet=options.quiet,
        audit_log=Path(how.audit_log) if how.audit_log else None,
        wait=how.wait,
    )
    scanned, by_hand = _collect(sources)
    verifications = ask_api(scanned.findings, request)
    triaged = tuple(
        with_verifications(
            [Triaged(finding) for finding in scanned.findings if finding.secret is not None], verifications
        )
    )
    _write(scanned, triaged, options, only_live=how.only_live)
    return _exit_code(triaged, scanned, how, by_hand=by_hand)


def _collect(sources: KeySources) -> tuple[ScanResult, bool]:
    """Return the findings to ask about, and whether keys were handed over (rather than named by a report)."""
    scanner = build_key_finder(builtin_rules())
    by_hand: list[Blob | Skipped] = [variable(name) for name in sources.variables]
    for path in sources.files:
        by_hand.extend(file(path))
    content = _argument(sources.reports, needed=not by_hand)
    if content is not None and is_report(content):
        if by_hand:
            raise ConflictingSourcesError("give a report, or keys by --env and --file, but not both.")
        return scan_report(read_report(content), sources.root, scanner), False
    if content is not None:
        by_hand.append(Blob(content, Origin.STDIN))
    return scan_items(by_hand, scanner), True


def _argument(arguments: tuple[str, ...], *, needed: bool) -> bytes | None:
    """Return the content of the report named, or of standard input; None when neither is wanted.

    Raises KeyOnCommandLineError, which repeats nothing, for an argument that is no file.
    """
    if any(argument != "-" and not os.path.isfile(argument) for argument in arguments):
        raise KeyOnCommandLineError(
            "an argument is not a report file; a key is never given there: other users of this machine, and your"
            " shell's history, would see it",
            hint='pipe it in (printf %s "$KEY" | monei-guard verify - --yes), or use --env NAME or --file FILE',
        )
    if len(arguments) > 1:
        raise ConflictingSourcesError("give one report, or '-' for standard input.")
    if arguments and arguments[0] != "-":
        content = read_report_file(arguments[0])
        if not is_report(content):
            raise InvalidReportError("the file is not a JSON report", hint="keys in a file are given with --file FILE")
        return content
    if not arguments and not needed:
        return None
    if sys.stdin.isatty():
        raise KeyOnCommandLineError("no keys were given", hint="name a report, pipe keys in, or use --env or --file")
    return standard_input(sys.stdin.buffer)


def _write(scanned: ScanResult, triaged: tuple[Triaged, ...], options: RunOptions, *, only_live: bool) -> None:
    reported = tuple(item for item in triaged if not only_live or _validity(item) == "live")
    report = make_report(
        reported, scanned.skipped, version=__version__, rules=load_bundled(),
        coverage=Coverage(scanned.files, scanned.blobs, scanned.bytes),
    )  # fmt: skip
    write_reports(options, report)


def _validity(triaged: Triaged) -> str:
    return triaged.verification.verdict if triaged.verification is not None else "unknown"


def _exit_code(triaged: tuple[Triaged, ...], scanned: ScanResult, how: VerifyOptions, *, by_hand: bool) -> ExitCode:
    """Return 3 when a key could not be judged (it dominates), 1 for verdicts that fail, else 0.

    A key that may not be sent is no failure when it came from a report, which holds what it holds; when all the keys
    handed over are of that sort, the question was not answered.
    """
    validities = [_validity(item) for item in triaged]
    declined = [item for item in triaged if is_declined(item.verification)]
    unjudged = validities.count("unknown") - len(declined)
    if how.wait is not None and not scanned.skipped and len(declined) < len(triaged):
        dead = all(_validity(item) == "inactive" for item in triaged if item not in declined)
        return ExitCode.CLEAN if dead else ExitCode.FINDINGS
    if (
        unjudged
        or any(skipped.incomplete for skipped in scanned.skipped)
        or (by_hand and len(declined) == len(triaged))
    ):
        return ExitCode.INCOMPLETE
    return ExitCode.FINDINGS if FAILS[how.fail_on] & set(validities) else ExitCode.CLEAN
