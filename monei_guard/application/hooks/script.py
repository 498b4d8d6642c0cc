"""The text of git hooks: the templates in `hooks/native/`, filled in."""

import os
import shlex
import sys

from monei_guard import __version__
from monei_guard.application.hooks.pattern import hook_pattern
from monei_guard.errors import GuardError
from monei_guard.ruleset.bundled import bundled

TYPES = ("pre-commit", "pre-push", "commit-msg")
KEPT = ".before-monei-guard"  # what a hook that was there before is renamed with
MARK = b"# Written by 'monei-guard hook install"
# What git looks for in a hooks folder (githooks(5)), apart from hooks that would be run too often to be forwarded.
FORWARDED = (
    "applypatch-msg", "pre-applypatch", "post-applypatch", "pre-commit", "pre-merge-commit", "prepare-commit-msg",
    "commit-msg", "post-commit", "pre-rebase", "post-checkout", "post-merge", "pre-push", "pre-receive", "update",
    "post-receive", "post-update", "push-to-checkout", "pre-auto-gc", "post-rewrite", "sendemail-validate",
)  # fmt: skip
_OWN_HOOK = "$(git rev-parse --git-common-dir)/hooks/"  # of the repository, which core.hooksPath hides


class MissingTemplateError(GuardError):
    """The installation has lost its hooks."""


def hook_script(name: str, *, forward: bool = False) -> bytes:
    """Return the hook of a type, which runs this installation of monei-guard.

    It runs the hook that it took the place of first or, with `forward`, the one the repository has of its own. Raises
    GuardError where the installation is incomplete.
    """
    body = _template(name).replace(b"@PATTERN@", _quoted(hook_pattern()) if name == "pre-commit" else b"")
    kept = f'kept="{_OWN_HOOK}{name}"' if forward else f"kept=$0{KEPT}"
    python = sys.executable.replace(os.sep, "/")
    head = _template("head").replace(b"@VERSION@", __version__.encode()).replace(b"@KEPT@", KEPT.encode())
    head = head.replace(b"@PYTHON@", shlex.quote(python).encode("utf-8", "surrogateescape"))
    return head.replace(b"@KEPT_HOOK@", kept.encode()) + body


def forwarding_script(name: str) -> bytes:
    """Return a hook that only runs the one the repository has of its own."""
    return _template("forward").replace(b"@VERSION@", __version__.encode()).replace(b"@HOOK@", name.encode())


def _quoted(text: bytes) -> bytes:
    return b"'" + text.replace(b"'", b"'\\''") + b"'"


def _template(name: str) -> bytes:
    folder = bundled("hooks")
    try:
        with open(os.path.join(folder, "native", f"{name}.sh"), "rb") as file:
            return file.read()
    except OSError as error:
        raise MissingTemplateError(f"cannot read the hooks in {folder}: {error.strerror}", hint="reinstall") from error
