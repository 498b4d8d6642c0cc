"""`monei-guard hook-pre-receive`: what a server's hooks/pre-receive calls, inside git's quarantine.

Nothing that is pushed decides: no configuration, baseline or suppression of the repository's files counts, only what
stands in the git directory, where no push can write: `monei-guard.toml`, and `monei-guard.allow` in git's own `config`.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TextIO

import click

from monei_guard.application.error_handler import say, stop
from monei_guard.application.hooks.fail_open import AMEND, VARIABLE, conclude, fail_open_if_wished
from monei_guard.application.hooks.push_log import in_words, log_passed
from monei_guard.application.options import Options
from monei_guard.application.repository import NoRepositoryError
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.session import Run, excluder, open_run
from monei_guard.errors import ExitCode, GuardError
from monei_guard.git.repository import GitError, Repository, discover, git
from monei_guard.model.blob import Blob, Skipped
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.report import Report
from monei_guard.reporting.terminal import Style, write_terminal
from monei_guard.scanning.scanner import scan
from monei_guard.sources.pushed_refs import Push, PushError, Update, push_items, read_push, received_updates, without
from monei_guard.sources.source import SourceOptions

SERVER_FILE = "monei-guard.toml"
ALLOW = "monei-guard.allow"
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_SHOWN = 20
_MOST_IDS = 3  # in the line that is to be copied


@click.command("hook-pre-receive", hidden=True)
@common_options
def pre_receive(**given: Any) -> None:
    """Scan what a push brings, before the repository takes it: git's lines on standard input."""
    options = read_options(given)
    repository = discover(".", as_hook=True)
    if repository is None:
        raise NoRepositoryError(f"{os.getcwd()} is not a git repository", hint="git runs this command as a hook")
    updates = received_updates(sys.stdin.buffer.read())
    session = open_run(_with_server_file(options, repository), None, root=os.fsdecode(repository.git_dir))
    softened: list[str] = []
    with fail_open_if_wished(
        lambda reason: log_passed(repository.git_dir, updates, f"{VARIABLE}=warn", [reason], os.environ)
    ):
        allowed = _allowed(repository)
        push = _push(repository, [one for one in updates if one.new not in allowed], sorted(allowed))
        scanned = scan(_items(session, repository, push), session.detector)
        code = conclude(session, scanned, softened.append, _write_first)
    if code == ExitCode.CLEAN:
        _log(repository, updates, _passed(session, repository, updates, push) if allowed else [], softened)
    elif code in {ExitCode.FINDINGS, ExitCode.INCOMPLETE}:
        _refuse(updates, is_found=bool(scanned.findings))
    stop(code)


def _with_server_file(options: Options, repository: Repository) -> Options:
    own = os.path.join(os.fsdecode(repository.git_dir), SERVER_FILE)
    return replace(options, config=own) if options.config is None and os.path.lexists(own) else options


def _push(repository: Repository, updates: Sequence[Update], known: Sequence[str]) -> Push:
    """Return what the updates bring beyond `known` and all that is there. Raises PushError."""
    try:
        return read_push(repository, updates, known, ("--all",))
    except GitError as error:
        say("monei-guard: the push cannot be looked at")
        raise PushError(
            f"what this push brings cannot be listed: {error.what}",
            hint="if it comes from a shallow clone, fetch the whole history first ('git fetch --unshallow')",
        ) from error


def _allowed(repository: Repository) -> frozenset[str]:
    """Return the ids that the repository's own configuration lets pass: no variable and no other file can add any."""
    said = git(("config", "--local", "-z", "--get-all", ALLOW), cwd=repository.git_dir, as_hook=True, answers=(0, 1))
    values = [value.decode("utf-8", "replace") for value in said.split(b"\0") if value]
    for value in values:
        if not _ID.fullmatch(value):
            say(f"warning: {ALLOW} on the server holds {value!r}, which is not the full id of a commit")
    return frozenset(value for value in values if _ID.fullmatch(value))


def _items(session: Run, repository: Repository, push: Push) -> Iterator[Blob | Skipped]:
    settings = session.settings
    return push_items(repository, push, SourceOptions(settings.max_size, excluder(settings.exclude)))


def _passed(session: Run, repository: Repository, updates: Sequence[Update], judged: Push) -> list[str]:
    """Return in words what the push brings beside what was judged, which the administrator lets pass."""
    try:
        passed = without(_push(repository, updates, ()), judged)
        scanned = scan(_items(session, repository, passed), session.detector)
    except GuardError as error:
        return [f"not looked at: {error}"]
    gaps = [f"not looked at: {one.reason}" for one in scanned.skipped if one.incomplete]
    return [*map(in_words, scanned.findings), *gaps]


def _write_first(report: Report, stream: TextIO, style: Style) -> None:
    """Write the report with its first findings: thousands help nobody at a prompt."""
    found = [one for one in report.triaged if one.suppression is None]
    write_terminal(replace(report, triaged=found[:_MOST_SHOWN]), stream, style)
    if len(found) > _MOST_SHOWN:
        stream.write(f"{len(found) - _MOST_SHOWN:,} more findings are not shown\n")


def _log(repository: Repository, updates: Sequence[Update], allowed: Sequence[str], softened: Sequence[str]) -> None:
    if allowed:
        log_passed(repository.git_dir, updates, ALLOW, allowed, os.environ)
        say(f"note: the administrator lets this push pass ({ALLOW}); that is logged on the server")
    if softened:
        log_passed(repository.git_dir, updates, f"{VARIABLE}=warn", softened, os.environ)


def _refuse(updates: Sequence[Update], *, is_found: bool) -> None:
    """Say that the push was refused and what the ways out are, for who pushes and for who runs the server."""
    ids = list(dict.fromkeys(one.new for one in updates if not one.is_deletion))
    commands = [f"  git config --add {ALLOW} {one}" for one in ids[:_MOST_IDS]]
    if is_found:
        say("monei-guard: the push was refused, and nothing of it was kept, for it brings what is listed above.")
        say(AMEND)
    else:
        say("monei-guard: the push was refused, and nothing of it was kept, for not all of it could be looked at.")
    say("help: if it has to pass as it is, the administrator can let exactly these commits through, which is logged:")
    for line in commands:
        say(visible(line))
    if len(ids) > _MOST_IDS:
        say(f"  and so on for {len(ids) - _MOST_IDS} more")
