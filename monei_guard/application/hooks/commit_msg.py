"""The message of the commit that is about to be made: the run behind git's commit-msg hook."""

import os
from collections.abc import Mapping

from monei_guard.application.hooks.fail_open import conclude, fail_open_if_wished
from monei_guard.application.hooks.opening import open_hook_run
from monei_guard.application.options import RunOptions
from monei_guard.errors import ExitCode
from monei_guard.git.repository import Repository
from monei_guard.reporting.console import warn
from monei_guard.scanning.scanner import scan
from monei_guard.sources.commit_message import MessageError, message_items
from monei_guard.sources.source import SourceOptions

_MESSAGES = ("COMMIT_EDITMSG", "MERGE_MSG")  # where git keeps the message that it is about to record


def scan_message(options: RunOptions, file: str | None, variables: Mapping[str, str]) -> int:
    """Look at the message in `file` (None: the one git wrote last) as git will record it; return the exit code."""
    return fail_open_if_wished(lambda: _scan_message(options, file, variables))


def _scan_message(options: RunOptions, file: str | None, variables: Mapping[str, str]) -> int:
    run, repository = open_hook_run(options)
    path = file if file is not None else _newest_message(repository)
    is_edited = variables.get("GIT_EDITOR") != ":"  # what git says to a hook where no editor was opened
    items = message_items(repository, path, SourceOptions(run.settings.max_size), is_edited=is_edited)
    code = conclude(run, scan(items, run.scanner))
    if code == ExitCode.FINDINGS:
        warn(f"help: nothing was committed; the message is still in {path}")
    return code


def _newest_message(repository: Repository) -> str:
    """Return the file that git wrote last: pre-commit names none where the user's own filters leave it out."""
    paths = [os.path.join(os.fsdecode(repository.git_dir), name) for name in _MESSAGES]
    found = [path for path in paths if os.path.isfile(path)]
    if not found:
        raise MessageError("there is no message to look at", hint="name the file, as git does: hook-commit-msg FILE")
    return max(found, key=os.path.getmtime)
