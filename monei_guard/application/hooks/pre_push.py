"""What a push is about to send: the run behind git's pre-push hook."""

import os
from collections.abc import Mapping, Sequence

from monei_guard.application.finishing import with_report
from monei_guard.application.hooks.fail_open import advise, conclude, fail_open_if_wished
from monei_guard.application.hooks.opening import open_hook_run
from monei_guard.application.opening import source_options
from monei_guard.application.options import RunOptions
from monei_guard.errors import ExitCode
from monei_guard.git.repository import Repository
from monei_guard.reporting.console import warn
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_range import read_range
from monei_guard.sources.pushed_refs import Push, Update, push_items, read_push, sent_updates

_ZEROS = "0" * 40
_PATTERN = frozenset("*?[\\")


def scan_push(options: RunOptions, remote: str | None, lines: bytes, variables: Mapping[str, str]) -> int:
    """Look at what is pushed, as git says in `lines` or pre-commit in its variables; return the exit code."""
    return with_report(options, lambda: fail_open_if_wished(lambda: _scan_push(options, remote, lines, variables)))


def _scan_push(options: RunOptions, remote: str | None, lines: bytes, variables: Mapping[str, str]) -> int:
    run, repository = open_hook_run(options)
    items = push_items(repository, _push(repository, remote, lines, variables), source_options(run))
    with file_progress(quiet=options.quiet, what="versions of files and messages") as progress:
        result = scan(progress.follow(items), run.scanner)
    code = conclude(run, result)
    if code == ExitCode.FINDINGS:
        advise(result.findings)
    return code


def _push(repository: Repository, remote: str | None, lines: bytes, variables: Mapping[str, str]) -> Push:
    """Return what is pushed: as git says, else as pre-commit does, which keeps git's own words to itself."""
    if lines.strip():
        updates = sent_updates(lines)
        old_ids = [update.old for update in updates if update.old.strip("0")]
        return read_push(repository, updates, old_ids, _remote_option(remote))
    if "PRE_COMMIT" not in variables:
        return _unpushed(repository, remote)
    remote = variables.get("PRE_COMMIT_REMOTE_NAME", remote)
    base, tip = (variables.get(f"PRE_COMMIT_{name}_REF") for name in ("FROM", "TO"))
    tip = tip or variables.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    commits = read_range(repository, f"{base or _ZEROS}..{tip}", _remote_option(remote))
    name = os.fsencode(variables.get("PRE_COMMIT_REMOTE_BRANCH", ""))
    return Push(commits, names=(name,) if name else ())


def _unpushed(repository: Repository, remote: str | None) -> Push:
    """Return all that could be pushed: git says nothing of a push that brings nothing, nor does who keeps it away."""
    refs = repository.run("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags").splitlines()
    named = [(name.decode(), ref) for name, _, ref in (line.partition(b" ") for line in refs)]
    if repository.head is not None:
        named.append((repository.head, b""))
    updates = [Update(ref, name if not ref else _ZEROS, name) for name, ref in named]
    push = read_push(repository, updates, (), _remote_option(remote))
    if push.commits.commits or push.bare:
        warn(
            "warning: nothing on standard input says what is pushed, so all that the remote does not have is looked at "
            "(lefthook keeps git's words to itself without 'use_stdin: true')"
        )
    return push


def _remote_option(remote: str | None) -> Sequence[str]:
    """Return the option of rev-list for what a remote has: nothing is known of one that has only an address."""
    if remote is None:
        return ("--remotes",)
    return () if _PATTERN.intersection(remote) else (f"--remotes={remote}",)
