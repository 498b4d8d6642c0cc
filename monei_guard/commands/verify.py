"""`monei-guard verify`: ask the API about keys that are at hand already."""

from typing import Any

import click

from monei_guard.application.options import RunOptions
from monei_guard.application.verify import FAILS, ConflictingSourcesError, KeySources, VerifyOptions, verify_keys
from monei_guard.commands.options import ask_on_terminal, report_options
from monei_guard.commands.param_types import Duration


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
    type=click.Choice(list(FAILS)),
    default="restricted",
    show_default=True,
    help="Exit with 1 for which verdicts.",
)
@report_options
def verify(reports_given: tuple[str, ...], **given: Any) -> int:
    """Ask the API whether keys still live, and what they open.

    Keys come from standard input ('-', or nothing else given), --env, --file, or a JSON REPORT of an earlier run.
    Only keys attributed to Monei are sent, only to the API, and only after you agreed.

    Exit codes: 0 no key is live, 1 some are (see --fail-on), 3 some could not be judged.
    """
    sources = KeySources(reports_given, given["variables"], given["files"], given["root"])
    options = RunOptions(
        format=given["format_name"],
        output=given["output"],
        reports=tuple(given["reports"]),
        quiet=given["quiet"],
        color=False if given["no_color"] else None,
        yes=given["yes"],
        api_urls=tuple(given["api_urls"]),
        ask=ask_on_terminal,
    )
    how = VerifyOptions(
        rate=given["rate"],
        deadline=given["deadline"],
        wait=given["wait_revoked"],
        audit_log=given["audit_log"],
        fail_on=given["fail_on"],
        permissions=given["permissions"],
        only_live=given["only_live"],
    )
    try:
        return verify_keys(sources, options, how)
    except ConflictingSourcesError as error:
        raise click.UsageError(error.what) from error
