"""What decoders and archives cost where there is nothing encoded: `scan` and the pass of `history`, on and off.

The corpus is a sample of the standard library and the packages of this environment that are no archives: tests of
parsers, lists of checksums and data in base64 among it, so one row is about text in which nothing looks encoded.
Times are processor time of one process, the modes in turn, medians; the last row is the worst case, in which every
file names Monei.

Run: python -m benchmarks.decoders
"""

import platform
import random
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.scan import plain_tree
from monei_guard.application.opening import builtin_rules
from monei_guard.decoding.signatures.registry import SIGNATURES
from monei_guard.detection.prefilter import REACH, Prefilter
from monei_guard.git.repository import discover
from monei_guard.history.matching import object_matcher
from monei_guard.history.object_store import ScanOptions, open_store, scan_store
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.scanning.scanner import Scanner, scan
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind

_LARGEST = 2_000_000
_FILES = 6000
_ROUNDS = 3
_HOT = 200  # files of the worst case


def main() -> None:
    """Print one table."""
    folders = {Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib")}
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    random.Random(1).shuffle(paths)  # noqa: S311 - the same sample every time
    every = [path.read_bytes() for path in paths[:_FILES] if path.stat().st_size < _LARGEST]
    contents = [content for content in every if archive_kind(content) is None]
    size = sum(map(len, contents))
    print(f"{machine()}, Python {platform.python_version()}; {len(contents):,} files, {size / 1e6:.0f} MB\n")
    print("| what | off | on | more |\n|---|---|---|---|")
    _row("`scan`, ordinary files", _scan(contents))
    with tempfile.TemporaryDirectory() as folder:
        run = _history(Path(folder), contents)
        _row("`history` pass over the same, packed", run)
        _row("`monei-guard scan`, whole process", _process("scan", folder), _children)
        _row("`monei-guard history`, whole process", _process("history", folder), _children)
    with tempfile.TemporaryDirectory() as folder:
        plain_tree(Path(folder))
        _row("`monei-guard scan` of 30 MB of plain text, whole process", _process("scan", folder), _children)
    _row("first stage, small content", _stage(contents, large=False))
    _row("first stage, large amounts", _stage(contents, large=True))
    hot = [content + b"\n# monei\n" for content in contents if b"\0" not in content][:_HOT]
    _row(f"`scan`, {len(hot)} files that all name Monei ({sum(map(len, hot)) / 1e6:.1f} MB)", _scan(hot))


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _row(name: str, run: Callable[[bool], object], clock: Callable[[], float] = time.process_time) -> None:
    taken: dict[bool, list[float]] = {False: [], True: []}
    for number in range(_ROUNDS + 1):
        for on in (False, True):
            start = clock()
            run(on)
            if number:
                taken[on].append(clock() - start)
    off, on_time = statistics.median(taken[False]), statistics.median(taken[True])
    print(f"| {name} | {off:.3f} s | {on_time:.3f} s | {100 * (on_time / off - 1):+.1f} % |", flush=True)


def _prefilter(*, on: bool, large: bool) -> Prefilter:
    return Prefilter(credential_keywords(), signatures=SIGNATURES if on else (), switch_at=0 if large else sys.maxsize)


def _scanner(*, on: bool, large: bool) -> Scanner:
    limits = ArchiveLimits() if on else ArchiveLimits(depth=0)
    rules = builtin_rules()
    scanner = Scanner(rules.keywords, rules.credentials, rules.evidence, decode=on, archives=limits)
    scanner.prefilter = _prefilter(on=on, large=large)
    scanner.prefilter.hits(b"warm up")
    return scanner


def _scan(contents: Iterable[bytes]) -> Callable[[bool], object]:
    scanners = {on: _scanner(on=on, large=True) for on in (False, True)}
    blobs = [Blob(content, Origin.WORKTREE, b"%d.py" % number) for number, content in enumerate(contents)]
    return lambda on: scan(blobs, scanners[on])


_OFF = (
    "import functools, monei_guard.application.scanner_factory as f; "
    "f.Scanner = functools.partial(f.Scanner, decode=False); "
)


def _process(command: str, folder: str) -> Callable[[bool], object]:
    """Return what runs a command on a repository in a process of its own."""
    arguments = [command, folder, "--quiet", *(("--jobs", "1", "--no-cache") if command == "history" else ())]

    def run(on: bool) -> object:
        given = arguments if on else [*arguments, "--archive-depth", "0"]
        code = (
            f"{'' if on else _OFF}import sys; sys.argv[1:] = {given!r}; from monei_guard.__main__ import main; main()"
        )
        done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
        assert done.returncode in {0, 1, 3}, done.stderr
        return done

    return run


def _stage(contents: list[bytes], *, large: bool) -> Callable[[bool], object]:
    filters = {on: _prefilter(on=on, large=large) for on in (False, True)}
    return lambda on: [filters[on].hits(content) for content in contents]


def _history(folder: Path, contents: list[bytes]) -> Callable[[bool], object]:
    _git(folder, "init", "-q")
    for number, content in enumerate(contents):
        (folder / f"{number}").write_bytes(content)
    _git(folder, "add", "-A")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "all")
    _git(folder, "repack", "-adq")
    repository = discover(str(folder).encode())
    if repository is None:
        raise RuntimeError(folder)
    judges = {on: object_matcher(_scanner(on=on, large=True)) for on in (False, True)}
    tests = {on: _prefilter(on=on, large=True).fast_test() for on in (False, True)}

    def run(on: bool) -> object:
        look = tests[on]
        if look is None:
            raise RuntimeError("Hyperscan does not run here")
        return scan_store(open_store(repository), ScanOptions(look, REACH, judges[on], 1))

    return run


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    main()
