"""`monei-guard hook-pre-push` and `hook-commit-msg`: what git's hooks and the pre-commit framework call."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from monei_guard.application.error_handler import say, stop
from monei_guard.application.hooks.fail_open import AMEND, conclude, fail_open_if_wished
from monei_guard.application.options import Options
from monei_guard.application.repository import NoRepositoryError, with_own_work_tree
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.session import Run, excluder, open_run, repository_folder
from monei_guard.errors import ExitCode
from monei_guard.git.repository import Repository, discover
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_message import MessageError, message_items
from monei_guard.sources.commit_range import read_range
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.pushed_refs import Push, push_items, read_push, sent_updates
from monei_guard.sources.source import SourceOptions

_ZEROS = "0" * 40
_MESSAGES = ("COMMIT_EDITMSG", "MERGE_MSG")  # where git keeps the message that it is about to record
_PATTERN = frozenset("*?[\\")


@click.command("hook-pre-push", hidden=True)
@click.argument("remote", required=False)
@click.argument("url", required=False)
@common_options
def pre_push(remote: str | None, url: str | None, **given: Any) -> None:
    """Scan what a push is about to send: git's lines on standard input, or the range that pre-commit names."""
    del url
    options = read_options(given)
    if sys.stdin.isatty():
        raise click.UsageError("git runs this as a hook, and says what is pushed; by hand, use 'monei-guard range'.")
    with fail_open_if_wished():
        repository = _repository()
        session = _session(repository, options)
        push = _push(repository, remote, sys.stdin.buffer.read(), os.environ)
        settings = session.settings
        items = push_items(repository, push, SourceOptions(settings.max_size, excluder(settings.exclude)))
        with file_progress(quiet=options.quiet, what="versions of files and messages") as progress:
            scanned = scan(progress.follow(items), session.detector)
        code = conclude(session, scanned)
    if code == ExitCode.FINDINGS:
        say(AMEND)
    stop(code)


@click.command("hook-commit-msg", hidden=True)
@click.argument("file", required=False)
@common_options
def commit_msg(file: str | None, **given: Any) -> None:
    """Scan the message of the commit that is about to be made, as git will record it."""
    options = read_options(given)
    with fail_open_if_wished():
        repository = _repository()
        session = _session(repository, options)
        path = file if file is not None else _newest_message(repository)
        is_edited = os.environ.get("GIT_EDITOR") != ":"  # what git says to a hook where no editor was opened
        items = message_items(repository, path, SourceOptions(session.settings.max_size), is_edited=is_edited)
        code = conclude(session, scan(items, session.detector))
    if code == ExitCode.FINDINGS:
        say(f"help: nothing was committed; the message is still in {path}")
    stop(code)


def _repository() -> Repository:
    found = discover(".", as_hook=True)
    if found is None:
        raise NoRepositoryError(f"{os.getcwd()} is not inside a git repository", hint="git runs this command as a hook")
    return with_own_work_tree(found)


def _session(repository: Repository, options: Options) -> Run:
    top = os.fsdecode(repository.work_tree or repository.git_dir)
    return open_run(options, repository_folder(top), lambda: manifests_in(os.fsencode(top)))


def _push(repository: Repository, remote: str | None, lines: bytes, variables: Mapping[str, str]) -> Push:
    """Return what is pushed: as git says, else as pre-commit does, which keeps git's own words to itself."""
    if lines.strip():
        updates = sent_updates(lines)
        known = [one.old for one in updates if one.old.strip("0")]
        return read_push(repository, updates, known, _remote_option(remote))
    if "PRE_COMMIT" not in variables:
        return Push()  # git had nothing to say: all is there already
    remote = variables.get("PRE_COMMIT_REMOTE_NAME", remote)
    base, tip = (variables.get(f"PRE_COMMIT_{name}_REF") for name in ("FROM", "TO"))
    tip = tip or variables.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    commits = read_range(repository, f"{base or _ZEROS}..{tip}", _remote_option(remote))
    name = os.fsencode(variables.get("PRE_COMMIT_REMOTE_BRANCH", ""))
    return Push(commits, names=(name,) if name else ())


def _remote_option(remote: str | None) -> Sequence[str]:
    """Return the option of rev-list for what a remote has: nothing is known of one that has only an address."""
    if remote is None:
        return ("--remotes",)
    return () if _PATTERN.intersection(remote) else (f"--remotes={remote}",)


def _newest_message(repository: Repository) -> str:
    """Return the file that git wrote last: pre-commit names none where the user's own filters leave it out."""
    places = [os.path.join(os.fsdecode(repository.git_dir), name) for name in _MESSAGES]
    found = [place for place in places if os.path.isfile(place)]
    if not found:
        raise MessageError("there is no message to look at", hint="name the file, as git does: hook-commit-msg FILE")
    return max(found, key=os.path.getmtime)
