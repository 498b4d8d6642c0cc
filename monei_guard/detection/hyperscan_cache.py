"""Compiled Hyperscan databases, kept between runs: compiling all encoded forms takes 0.3 s, loading them 2 ms.

A kept file holds nothing but the rule set's own patterns. One that is not exactly ours (another user's, damaged, from
another Hyperscan or processor) is compiled anew, and a folder that cannot be written is no reason to fail.
"""

import hashlib
import os
import platform
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import hyperscan

from monei_guard.filesystem.atomic_write import replace_file

_LARGEST = 1 << 26
_KEPT = 8  # files: one for each version of the program and choice of rules, nearly 2 MB each


def database(
    made_from: bytes,
    sources: Iterable[str],
    expressions: Callable[[], tuple[list[bytes], list[bytes]]] | None,
    folder: str | None,
) -> Any | None:
    """Return a Hyperscan block database; expression numbers do not matter, each reports one match.

    `expressions` makes the caseless and the exact patterns, and is called only when nothing is kept in `folder` for
    `made_from`, the text of the files `sources`, and this Hyperscan; None forbids compiling. Returns None where that
    leaves nothing, or Hyperscan does not run on this processor or does not take a pattern.
    """
    path = os.path.join(folder, _name(made_from, sources)) if folder else None
    kept = _load(path) if path else None
    if kept is not None or expressions is None:
        return kept
    caseless, exact = expressions()
    flags = [hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_CASELESS] * len(caseless)
    flags += [hyperscan.HS_FLAG_SINGLEMATCH] * len(exact)
    every = caseless + exact
    compiled = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        compiled.compile(expressions=every, ids=list(range(len(every))), elements=len(every), flags=flags)
    except hyperscan.HyperscanError:
        return None
    if path:
        with suppress(OSError, hyperscan.HyperscanError):
            _keep(path, hyperscan.dumpb(compiled))
    return compiled


def _name(made_from: bytes, sources: Iterable[str]) -> str:
    """Return the kept file's name: a digest of the patterns' source, the code that makes them, and the library."""
    library: str = hyperscan.__version__  # type: ignore[attr-defined] # missing in its stubs
    digest = hashlib.sha256(f"{library} {platform.machine()} ".encode() + made_from)
    for source in (*sources, __file__):
        with open(source, "rb") as file:
            digest.update(file.read())
    return f"prefilter-{digest.hexdigest()[:32]}.hs"


def _load(path: str) -> Any:
    """Return the kept database, or None where there is none to be trusted."""
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST or not _ours(status):
                return None
            body = file.read()
    except OSError:
        return None
    try:
        loaded = hyperscan.loadb(body, hyperscan.HS_MODE_BLOCK)  # checks a checksum of its own
        loaded.scratch = hyperscan.Scratch(loaded)
    except hyperscan.HyperscanError:
        return None
    return loaded


def _ours(status: os.stat_result) -> bool:
    """Return whether only this user can have written the file."""
    if os.name != "posix":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _keep(path: str, body: bytes) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    replace_file(path, lambda file: file.write(body), 0o600)
    kept = [entry for entry in os.scandir(folder) if entry.name.startswith("prefilter-") and entry.name.endswith(".hs")]
    for old in sorted(kept, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime)[:-_KEPT]:
        os.unlink(old.path)
