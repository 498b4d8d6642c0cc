"""`monei-guard hook-pre-push`, `hook-commit-msg` and `hook-pre-receive`: what git's hooks and pre-commit call."""

import os
import sys
from typing import Any

import click

from monei_guard.application.hooks.commit_msg import scan_message
from monei_guard.application.hooks.pre_push import scan_push
from monei_guard.application.hooks.pre_receive import scan_received
from monei_guard.commands.options import common_options, read_options


@click.command("hook-pre-push", hidden=True)
@click.argument("remote", required=False)
@click.argument("url", required=False)
@common_options
def pre_push(remote: str | None, url: str | None, **given: Any) -> int:
    """Scan what a push is about to send: git's lines on standard input, or the range that pre-commit names."""
    del url
    if sys.stdin.isatty():
        raise click.UsageError("git runs this as a hook, and says what is pushed; by hand, use 'monei-guard range'.")
    return scan_push(read_options(given), remote, sys.stdin.buffer.read(), os.environ)


@click.command("hook-commit-msg", hidden=True)
@click.argument("file", required=False)
@common_options
def commit_msg(file: str | None, **given: Any) -> int:
    """Scan the message of the commit that is about to be made, as git will record it."""
    return scan_message(read_options(given), file, os.environ)


@click.command("hook-pre-receive", hidden=True)
@common_options
def pre_receive(**given: Any) -> int:
    """Scan what a push brings, before the repository takes it: git's lines on standard input."""
    return scan_received(read_options(given), sys.stdin.buffer.read(), os.environ)
