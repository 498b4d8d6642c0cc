"""What a push brings, before a server takes it: the run behind its pre-receive hook, inside git's quarantine.

Nothing that is pushed decides: no configuration, baseline or suppression of the repository's files counts, only what
stands in the git directory, where no push can write: `monei-guard.toml`, and `monei-guard.allow` in git's own `config`.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TextIO

from monei_guard.application.hooks.fail_open import VARIABLE, advise, conclude, fail_open_if_wished
from monei_guard.application.hooks.push_log import in_words, log_passed
from monei_guard.application.opening import open_run, source_options
from monei_guard.application.options import RunOptions
from monei_guard.application.repository import WorkTree, open_repository
from monei_guard.application.run import Run
from monei_guard.errors import ExitCode, GuardError
from monei_guard.git.repository import GitError, Repository, git
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Finding
from monei_guard.reporting.console import note, warn
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.report import Report
from monei_guard.reporting.terminal import Style, write_terminal
from monei_guard.scanning.scanner import scan
from monei_guard.sources.mentions import mentions_in_commits
from monei_guard.sources.pushed_refs import Push, PushError, Update, push_items, read_push, received_updates, without

SERVER_FILE = "monei-guard.toml"
ALLOW = "monei-guard.allow"
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_MEMORY = 2 << 30  # bytes: a push needs a tenth of it
_MOST_SECONDS = 60.0  # a file: what is honest takes less than one
_MOST_SHOWN = 20
_MOST_IDS = 3  # in the line that is to be copied


def scan_received(options: RunOptions, lines: bytes, variables: Mapping[str, str]) -> int:
    """Look at what a push brings, as git says in `lines`; return the exit code that git is to get."""
    # Only objects and refs are read: a server's repository has no work tree that counts.
    repository = open_repository(
        ".",
        work_tree=WorkTree.ANY,
        as_hook=True,
        timeout=options.git_timeout,
        missing=f"{os.getcwd()} is not a git repository",
        hint="git runs this command as a hook",
    )
    updates = received_updates(lines)
    moved_to = [update.new for update in updates if not update.is_deletion]
    run = open_run(
        _bounded(_with_server_file(options, repository)),
        None,
        root=os.fsdecode(repository.git_dir),
        mentions=partial(mentions_in_commits, repository, moved_to),
    )
    return fail_open_if_wished(
        lambda: _scan_received(run, repository, updates, variables),
        lambda reason: log_passed(repository.git_dir, updates, f"{VARIABLE}=warn", [reason], variables),
    )


def _scan_received(run: Run, repository: Repository, updates: Sequence[Update], variables: Mapping[str, str]) -> int:
    allowed = _allowed(repository)
    push = _push(repository, [update for update in updates if update.new not in allowed], sorted(allowed))
    result = scan(_items(run, repository, push), run.scanner)
    softened: list[str] = []
    code = conclude(run, result, softened.append, _write_first)
    if code == ExitCode.CLEAN:
        passed = _passed(run, repository, updates, push) if allowed else []
        _log(repository, updates, passed, softened, variables)
    elif code in {ExitCode.FINDINGS, ExitCode.INCOMPLETE}:
        _refuse(updates, result.findings)
    return code


def _with_server_file(options: RunOptions, repository: Repository) -> RunOptions:
    own = os.path.join(os.fsdecode(repository.git_dir), SERVER_FILE)
    return replace(options, config=own) if options.config is None and os.path.lexists(own) else options


def _bounded(options: RunOptions) -> RunOptions:
    """Return the options with the bounds that keep a push from taking the server down, where none are given."""
    memory = _MOST_MEMORY if options.max_memory is None and os.name == "posix" else options.max_memory
    return replace(options, max_memory=memory, file_seconds=options.file_seconds or _MOST_SECONDS)


def _push(repository: Repository, updates: Sequence[Update], excluded: Sequence[str]) -> Push:
    """Return what the updates bring beyond `excluded` and all that is there. Raises PushError."""
    try:
        return read_push(repository, updates, excluded, ("--all",))
    except GitError as error:
        warn("monei-guard: the push cannot be looked at")
        raise PushError(
            f"what this push brings cannot be listed: {error.what}",
            hint="if it comes from a shallow clone, fetch the whole history first ('git fetch --unshallow')",
        ) from error


def _allowed(repository: Repository) -> frozenset[str]:
    """Return the ids that the repository's own configuration lets pass: no variable and no other file can add any."""
    output = git(("config", "--local", "-z", "--get-all", ALLOW), cwd=repository.git_dir, as_hook=True, answers=(0, 1))
    values = [value.decode("utf-8", "replace") for value in output.split(b"\0") if value]
    for value in values:
        if not _ID.fullmatch(value):
            warn(f"warning: {ALLOW} on the server holds {value!r}, which is not the full id of a commit")
    return frozenset(value for value in values if _ID.fullmatch(value))


def _items(run: Run, repository: Repository, push: Push) -> Iterator[Blob | Skipped]:
    return push_items(repository, push, source_options(run))


def _passed(run: Run, repository: Repository, updates: Sequence[Update], scanned: Push) -> list[str]:
    """Return in words what the push brings beside what was scanned, which the administrator lets pass."""
    try:
        passed = without(_push(repository, updates, ()), scanned)
        result = scan(_items(run, repository, passed), run.scanner)
    except GuardError as error:
        return [f"not looked at: {error}"]
    gaps = [f"not looked at: {skipped.reason}" for skipped in result.skipped if skipped.incomplete]
    return [*map(in_words, result.findings), *gaps]


def _write_first(report: Report, stream: TextIO, style: Style) -> None:
    """Write the report with its first findings: thousands help nobody at a prompt."""
    found = [triaged for triaged in report.triaged if triaged.suppression is None]
    write_terminal(replace(report, triaged=found[:_MOST_SHOWN]), stream, style)
    if len(found) > _MOST_SHOWN:
        stream.write(f"{len(found) - _MOST_SHOWN:,} more findings are not shown\n")


def _log(
    repository: Repository,
    updates: Sequence[Update],
    allowed: Sequence[str],
    softened: Sequence[str],
    variables: Mapping[str, str],
) -> None:
    if allowed:
        log_passed(repository.git_dir, updates, ALLOW, allowed, variables)
        note(f"the administrator lets this push pass ({ALLOW}); that is logged on the server")
    if softened:
        log_passed(repository.git_dir, updates, f"{VARIABLE}=warn", softened, variables)


def _refuse(updates: Sequence[Update], findings: Sequence[Finding]) -> None:
    """Say that the push was refused and what the ways out are, for who pushes and for who runs the server."""
    ids = list(dict.fromkeys(update.new for update in updates if not update.is_deletion))
    commands = [f"  git config --add {ALLOW} {commit}" for commit in ids[:_MOST_IDS]]
    if findings:
        warn("monei-guard: the push was refused, and nothing of it was kept, for it brings what is listed above.")
        advise(findings)
    else:
        warn("monei-guard: the push was refused, and nothing of it was kept, for not all of it could be looked at.")
    warn("help: if it has to pass as it is, the administrator can let exactly these commits through, which is logged:")
    for line in commands:
        warn(visible(line))
    if len(ids) > _MOST_IDS:
        warn(f"  and so on for {len(ids) - _MOST_IDS} more")
