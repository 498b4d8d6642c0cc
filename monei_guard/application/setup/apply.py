"""Showing and carrying out the steps of `init`."""

import os
import shlex
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from monei_guard.application.hooks.location import hooks_path, own_hooks_folder
from monei_guard.application.hooks.script import hook_script
from monei_guard.errors import GuardError
from monei_guard.filesystem.atomic_write import replace_file
from monei_guard.fixing.fixes import Edit, Plan
from monei_guard.git.repository import Repository, git
from monei_guard.hygiene.findings import shown
from monei_guard.model.masking import redact

_HOOK_MODE = 0o755
_PRIVATE = 0o600


class ChangedMeanwhileError(GuardError):
    """A file is not what it was when the plan was shown."""


@dataclass(frozen=True, slots=True)
class NativeHook:
    """A hook to write where there is none. `path` is absolute."""

    path: bytes
    content: bytes


def native_hook(repository: Repository, top: bytes) -> NativeHook | None:
    """Return the pre-commit hook to install, or None where there is one or another program manages hooks."""
    shown_top = os.fsdecode(top)
    if any(hooks_path(scope, shown_top) is not None for scope in ("--local", "--global")):
        return None
    path = os.path.join(own_hooks_folder(repository, shown_top), "pre-commit")
    return None if os.path.lexists(path) else NativeHook(os.fsencode(path), hook_script("pre-commit"))


def plan_lines(plan: Plan, hook: NativeHook | None, secrets: Sequence[bytes]) -> Iterator[str]:
    """Yield what will be done, one line each: commands, then a diff of every file, keys masked."""
    if plan.untrack:
        paths = " ".join(shown(step.path) for step in plan.untrack)
        yield f"git rm --cached -- {paths}    # no longer tracked; the files stay on disk"
    if plan.protect:
        yield f"chmod 600 {' '.join(shown(step.path) for step in plan.protect)}"
    if hook is not None:
        yield f"write {shown(hook.path)}    # runs 'monei-guard staged' before every commit"
    for edit in plan.edits:
        yield ""
        yield f"{'new file' if edit.before is None else 'change'} {shown(edit.path)}    # {edit.why}"
        yield from _diff(edit, secrets)


def _diff(edit: Edit, secrets: Sequence[bytes]) -> Iterator[str]:
    before, after = (_text(content, secrets) for content in (edit.before or b"", edit.after))
    name = shown(edit.path)
    old = "/dev/null" if edit.before is None else f"a/{name}"
    yield from unified_diff(before.splitlines(), after.splitlines(), old, f"b/{name}", lineterm="")


def masked(line: str, secrets: Sequence[bytes]) -> str:
    """Return a line to show, every known key hidden."""
    for secret in secrets:
        line = line.replace(secret.decode("utf-8", "replace"), redact(secret))
    return line


def _text(content: bytes, secrets: Sequence[bytes]) -> str:
    for secret in secrets:
        for form in (secret, secret.decode("latin-1").encode("utf-16-le")):
            content = content.replace(form, redact(secret).encode())
    return content.decode("utf-8", "backslashreplace")


def undo_lines(repository: Repository, top: bytes, plan: Plan, hook: NativeHook | None) -> list[str]:
    """Return the commands that take the plan back.

    A file whose present content git does not have is stored in the object database first, so that it can come back.
    """
    changed = frozenset(repository.run("diff-files", "--name-only", "-z").split(b"\0"))
    tracked = frozenset(repository.run("ls-files", "-z").split(b"\0"))
    lines = []
    for edit in plan.edits:
        if edit.before is None:
            lines.append(f"rm {shown(edit.path)}")
        elif edit.path in tracked and edit.path not in changed:
            lines.append(f"git checkout HEAD -- {shown(edit.path)}")
        else:
            object_id = (
                git(("hash-object", "-w", "--no-filters", "--stdin"), cwd=top, stdin=edit.before).decode().strip()
            )
            lines.append(f"git cat-file blob {object_id} > {shown(edit.path)}")
    if plan.untrack:
        lines.append(f"git reset -q HEAD -- {' '.join(shown(step.path) for step in plan.untrack)}")
    for step in plan.protect:
        mode = stat.S_IMODE(os.lstat(os.path.join(top, step.path)).st_mode)
        lines.append(f"chmod {mode:o} {shown(step.path)}")
    if hook is not None:
        lines.append(f"rm {shlex.quote(os.fsdecode(hook.path))}")
    return lines


def apply_plan(top: bytes, plan: Plan, hook: NativeHook | None) -> None:
    """Carry the plan out. Every file is checked once more before any is written. Raises GuardError."""
    for edit in plan.edits:
        if _present(os.path.join(top, edit.path)) != edit.before:
            raise ChangedMeanwhileError(
                f"{os.fsdecode(edit.path)} has changed since the plan was made, so nothing was done",
                hint="run init again",
            )
    for edit in plan.edits:
        _write(os.path.join(top, edit.path), edit.after)
    if plan.untrack:
        git(("rm", "-q", "--cached", "--", *(step.path for step in plan.untrack)), cwd=top)
    for step in plan.protect:
        os.chmod(os.path.join(top, step.path), _PRIVATE)
    if hook is not None:
        _write(hook.path, hook.content, _HOOK_MODE)


def _present(path: bytes) -> bytes | None:
    if os.path.islink(path):
        raise ChangedMeanwhileError(
            f"{os.fsdecode(path)} is a symbolic link, which init does not write through",
            hint="edit its target by hand",
        )
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ChangedMeanwhileError(
            f"cannot read {os.fsdecode(path)}: {error.strerror}", hint="mend that first"
        ) from error


def _write(path: bytes, content: bytes, mode: int | None = None) -> None:
    """Write the whole file or nothing; an existing file keeps its permission bits."""
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, exist_ok=True)
        if mode is None and os.path.exists(path):
            mode = stat.S_IMODE(os.stat(path).st_mode)
        replace_file(path, lambda file: file.write(content), mode)
    except OSError as error:
        raise GuardError(
            f"cannot write {os.fsdecode(path)}: {error.strerror}", hint="mend that and run init again"
        ) from error
