"""Git hooks put in place, taken away, looked at."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress

from monei_guard.application.hooks.location import (
    HookLocation,
    global_hooks,
    repository_hooks,
    set_global_hooks,
    unset_global_hooks,
)
from monei_guard.application.hooks.script import FORWARDED, KEPT, MARK, TYPES, forwarding_script, hook_script
from monei_guard.application.repository import WorkTree, open_repository
from monei_guard.errors import ExitCode, GuardError
from monei_guard.filesystem.atomic_write import UnwritableError, replace_file
from monei_guard.reporting.console import out
from monei_guard.reporting.escaping import visible

_LARGEST = 1 << 20  # bytes of a hook that are looked at
_MODE = 0o755
_PYTHON = b"\npython="
_ABSENT = "not installed"


class HookError(GuardError):
    """A hook cannot be put in place or taken away."""


def install_hooks(types: Sequence[str], *, everywhere: bool) -> int:
    """Put hooks of these types in place, for all repositories or the one here. A hook that is there already is kept."""
    hooks = _hook_location(types, everywhere=everywhere)
    try:
        os.makedirs(hooks.folder, exist_ok=True)
        for name in types:
            out(_put(hooks, name, hook_script(name, forward=hooks.is_for_all)))
        for name in FORWARDED if hooks.is_for_all else ():
            path = os.path.join(hooks.folder, name)
            if name not in types and not os.path.lexists(path):
                _write(path, forwarding_script(name))
    except OSError as error:
        raise UnwritableError(f"cannot write hooks to {hooks.folder}: {error.strerror or error}") from error
    set_global_hooks(hooks)
    return ExitCode.CLEAN


def uninstall_hooks(types: Sequence[str], *, everywhere: bool) -> int:
    """Take hooks of these types (none: all) away again; what was there before is put back as it was."""
    chosen = types or TYPES
    hooks = _hook_location(chosen, everywhere=everywhere)
    gone = 0
    for name in chosen:
        path = os.path.join(hooks.folder, name)
        if not _is_ours(path):
            continue
        gone += 1
        if hooks.is_for_all and types:
            _write(path, forwarding_script(name))
        elif os.path.lexists(path + KEPT):
            os.replace(path + KEPT, path)
            out(f"took {visible(path)} away; the hook that was there before is back")
            continue
        else:
            os.unlink(path)
        out(f"took {visible(path)} away")
    if hooks.is_for_all and not any(_is_ours(os.path.join(hooks.folder, name)) for name in TYPES):
        gone += _clear(hooks)
    if not gone:
        out("no hook of monei-guard is installed here")
    return ExitCode.CLEAN


def report_hooks(types: Sequence[str], *, everywhere: bool) -> int:
    """Say how hooks of these types are, return 0 if there are any and all of them work."""
    hooks = _hook_location(types, everywhere=everywhere)
    states = {name: _state(hooks, name) for name in types}
    for name, state in states.items():
        out(f"{name}: {state or 'installed'}{'' if state == _ABSENT else f' ({visible(hooks.folder)})'}")
    present = [state for state in states.values() if state != _ABSENT]
    return ExitCode.CLEAN if present and not any(present) else ExitCode.FINDINGS


def _hook_location(types: Sequence[str], *, everywhere: bool) -> HookLocation:
    if everywhere:
        return global_hooks()
    # Only where git looks for hooks counts, and that the git directory says.
    repository = open_repository(
        ".",
        work_tree=WorkTree.ANY,
        missing=f"{os.getcwd()} is not inside a git repository",
        hint="--global is for all repositories",
    )
    return repository_hooks(repository, tuple(types))


def _put(hooks: HookLocation, name: str, script: bytes) -> str:
    """Write one hook, and return what to say. Raises OSError, what was there before still in its place."""
    path = os.path.join(hooks.folder, name)
    kept = path + KEPT
    if not os.path.lexists(path) or _is_ours(path) or _is_forwarding(path):
        _write(path, script)
        return f"{name}: {visible(path)}"
    if os.path.lexists(kept):
        raise HookError(
            f"there is a hook at {path}, and another that was kept at {kept}",
            hint="something replaced ours: make one of the two, then install again",
        )
    os.rename(path, kept)
    try:
        _write(path, script)
    except BaseException:  # Ctrl-C too must not leave the repository without its hook
        os.replace(kept, path)
        raise
    return f"{name}: {visible(path)}; the hook that was there runs first, as {visible(os.path.basename(kept))}"


def _state(hooks: HookLocation, name: str) -> str:
    """Return "" for a hook that is in order, or what is the matter with it."""
    path = os.path.join(hooks.folder, name)
    content = _content(path)
    if MARK not in content or _PYTHON not in content:
        wrapped = next(_wrapped(path), None)
        return _ABSENT if wrapped is None else f"another program's hook runs ours, kept as {visible(wrapped)}"
    if not os.access(path, os.X_OK):
        return "installed, but not executable, so git does not run it"
    if content == hook_script(name, forward=hooks.is_for_all):
        return ""
    python = content.partition(_PYTHON)[2].partition(b"\n")[0].strip(b"'")
    if not os.access(python, os.X_OK):
        return f"installed, but its Python is gone ({visible(os.fsdecode(python))}): run 'monei-guard hook install'"
    return "installed by another version or installation: run 'monei-guard hook install' to renew it"


def _wrapped(path: str) -> Iterator[str]:
    """Yield where pre-commit (.legacy) or lefthook (.old) put our hook."""
    for ending in (".legacy", ".old"):
        if _is_ours(path + ending):
            yield os.path.basename(path + ending)


def _clear(hooks: HookLocation) -> int:
    """Remove the hooks that only forward, and our folder; return how many there were."""
    ours = [path for name in FORWARDED if _is_forwarding(path := os.path.join(hooks.folder, name))]
    for path in ours:
        os.unlink(path)
    with suppress(OSError):  # it is not there, or holds something that is not ours
        os.rmdir(hooks.folder)
    unset_global_hooks(hooks)
    return len(ours)


def _write(path: str, script: bytes) -> None:
    replace_file(path, lambda file: file.write(script), _MODE)


def _is_ours(path: str) -> bool:
    return _PYTHON in _content(path) and MARK in _content(path)


def _is_forwarding(path: str) -> bool:
    return MARK in _content(path) and _PYTHON not in _content(path)


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except OSError:
        return b""
