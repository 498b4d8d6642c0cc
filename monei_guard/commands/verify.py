"""`monei-guard verify`: ask the API about keys that are at hand already."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import click

from monei_guard import __version__
from monei_guard.application.error_handler import stop
from monei_guard.application.options import Options
from monei_guard.application.reports import write_reports
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
from monei_guard.commands.options import ReportType
from monei_guard.commands.session import rule_loaders
from monei_guard.errors import ExitCode, GuardError
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Triaged
from monei_guard.model.location import Origin
from monei_guard.reporting.formats import FORMATS
from monei_guard.reporting.report import Coverage, make_report
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.ruleset.rule_files import load_bundled
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import Scanner
from monei_guard.verification.validity import is_declined, with_verdicts

_DURATION = re.compile(r"([0-9]{1,6})(s|m|h)?", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}
_LONGEST = 7 * 24 * 3600


class KeyOnCommandLineError(GuardError):
    """A key was given as an argument, where every user of the machine can read it."""


class Duration(click.ParamType[float]):
    """A time: 90s, 30m, 2h."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        found = _DURATION.fullmatch(str(value))
        seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
        if not 0 < seconds <= _LONGEST:
            self.fail("must be a time such as 90s, 30m or 2h, a week at most", param, ctx)
        return float(seconds)


# What makes each choice of --fail-on fail. A restricted key was accepted: somebody can use it from somewhere.
_FAILS = {"live": {"live"}, "restricted": {"live", "restricted"}, "never": set[str]()}


@click.command()
@click.argument("reports_given", nargs=-1, metavar="[REPORT]")
@click.option(
    "--env", "variables", multiple=True, metavar="NAME", help="Ask about the key in this environment variable."
)
@click.option("--file", "files", multiple=True, metavar="FILE", help="Ask about the keys in this file.")
@click.option("--root", metavar="DIR", default=".", help="What the paths of the report are relative to.  [default: .]")
@click.option("--yes", is_flag=True, help="Agree beforehand that keys are sent to the API.")
@click.option("--api-url", "api_urls", multiple=True, metavar="URL", help="Ask this host instead of the API's own two.")
@click.option("--permissions", is_flag=True, help="Also ask what else the key can read.")
@click.option(
    "--rate", type=click.FloatRange(0.01, 1000), default=2.0, show_default=True, help="Requests a second and host."
)
@click.option("--deadline", type=Duration(), metavar="TIME", help="Give up after this time.  [default: as needed]")
@click.option("--wait-revoked", type=Duration(), metavar="TIME", help="Ask again and again until every key is dead.")
@click.option("--audit-log", metavar="FILE", help="Append a line for every request to FILE.")
@click.option("--only-live", is_flag=True, help="Report live keys only.")
@click.option(
    "--fail-on",
    type=click.Choice(list(_FAILS)),
    default="restricted",
    show_default=True,
    help="Exit with 1 for which verdicts.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(FORMATS)),
    default="terminal",
    show_default=True,
    help="How to write the report.",
)
@click.option("--output", metavar="FILE", help="Write the report to FILE instead of standard output.")
@click.option(
    "--report",
    "reports",
    type=ReportType(),
    multiple=True,
    metavar="FORMAT=FILE",
    help="Write a further report of the same run (repeatable).",
)
@click.option("--quiet", "-q", is_flag=True, help="Print nothing when there is nothing to say.")
@click.option("--no-color", is_flag=True, help="Print no colours (NO_COLOR does the same).")
def verify(reports_given: tuple[str, ...], **given: Any) -> None:
    """Ask the API whether keys still live, and what they open.

    Keys come from standard input ('-', or nothing else given), --env, --file, or a JSON REPORT of an earlier run.
    Only keys attributed to Monei are sent, only to the API, and only after you agreed.

    Exit codes: 0 no key is live, 1 some are (see --fail-on), 3 some could not be judged.
    """
    request = VerificationRequest(
        hosts=hosts_named(given["api_urls"]),
        settings=network_settings(rate=given["rate"], deadline=given["deadline"], permissions=given["permissions"]),
        agreed=given["yes"],
        quiet=given["quiet"],
        audit_log=Path(given["audit_log"]) if given["audit_log"] else None,
        wait=given["wait_revoked"],
    )
    scanned, by_hand = _collect(reports_given, given["variables"], given["files"], given["root"])
    verdicts = ask_api(scanned.findings, request)
    triaged = tuple(with_verdicts([Triaged(one) for one in scanned.findings if one.secret is not None], verdicts))
    _write(scanned, triaged, given)
    stop(_exit_code(triaged, scanned, given, by_hand=by_hand))


def _collect(
    arguments: tuple[str, ...], variables: tuple[str, ...], files: tuple[str, ...], root: str
) -> tuple[ScanResult, bool]:
    """Return the findings to ask about, and whether keys were handed over (rather than named by a report)."""
    detector = Scanner(credential_keywords(), *rule_loaders())
    by_hand: list[Blob | Skipped] = [variable(name) for name in variables]
    for path in files:
        by_hand.extend(file(path))
    content = _argument(arguments, needed=not by_hand)
    if content is not None and is_report(content):
        if by_hand:
            raise click.UsageError("give a report, or keys by --env and --file, but not both.")
        return scan_report(read_report(content), root, detector), False
    if content is not None:
        by_hand.append(Blob(content, Origin.STDIN))
    return scan_items(by_hand, detector), True


def _argument(arguments: tuple[str, ...], *, needed: bool) -> bytes | None:
    """Return the content of the report named, or of standard input; None when neither is wanted.

    Raises KeyOnCommandLineError, which repeats nothing, for an argument that is no file.
    """
    if any(one != "-" and not os.path.isfile(one) for one in arguments):
        raise KeyOnCommandLineError(
            "an argument is not a report file; a key is never given there: other users of this machine, and your"
            " shell's history, would see it",
            hint='pipe it in (printf %s "$KEY" | monei-guard verify - --yes), or use --env NAME or --file FILE',
        )
    if len(arguments) > 1:
        raise click.UsageError("give one report, or '-' for standard input.")
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


def _write(scanned: ScanResult, triaged: tuple[Triaged, ...], given: dict[str, Any]) -> None:
    shown = tuple(one for one in triaged if not given["only_live"] or _verdict(one) == "live")
    report = make_report(
        shown, scanned.skipped, version=__version__, rules=load_bundled(),
        coverage=Coverage(scanned.files, scanned.blobs, scanned.bytes),
    )  # fmt: skip
    color = False if given["no_color"] else None
    write_reports(
        Options(given["format_name"], given["output"], tuple(given["reports"]), quiet=given["quiet"], color=color),
        report,
    )


def _verdict(one: Triaged) -> str:
    return one.verification.verdict if one.verification is not None else "unknown"


def _exit_code(triaged: tuple[Triaged, ...], scanned: ScanResult, given: dict[str, Any], *, by_hand: bool) -> ExitCode:
    """Return 3 when a key could not be judged (it dominates), 1 for verdicts that fail, else 0.

    A key that may not be sent is no failure when it came from a report, which holds what it holds; when all the keys
    handed over are of that sort, the question was not answered.
    """
    verdicts = [_verdict(one) for one in triaged]
    declined = [one for one in triaged if is_declined(one.verification)]
    unjudged = verdicts.count("unknown") - len(declined)
    if given["wait_revoked"] is not None and not scanned.skipped and len(declined) < len(triaged):
        dead = all(_verdict(one) == "inactive" for one in triaged if one not in declined)
        return ExitCode.CLEAN if dead else ExitCode.FINDINGS
    if unjudged or any(one.incomplete for one in scanned.skipped) or (by_hand and len(declined) == len(triaged)):
        return ExitCode.INCOMPLETE
    return ExitCode.FINDINGS if _FAILS[given["fail_on"]] & set(verdicts) else ExitCode.CLEAN
