"""Files, directories, archives and standard input: what `monei-guard scan` looks at."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from monei_guard.application.finishing import finish
from monei_guard.application.hygiene import with_hygiene
from monei_guard.application.opening import open_run, source_options
from monei_guard.application.options import RunOptions
from monei_guard.application.run import Run
from monei_guard.configuration.location import repository_folder
from monei_guard.model.blob import Blob, Skipped
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.files import directory, named_file, standard_input
from monei_guard.sources.source import SourceOptions


def scan_paths(paths: Sequence[str], options: RunOptions, *, include_ignored: bool) -> int:
    """Look at what stands at the paths ("-" is standard input), report it, return the exit code."""
    with file_progress(quiet=options.quiet) as progress:
        expect = progress.expect if progress.draws else None
        run, items = open_scan(paths, options, include_ignored=include_ignored, expect=expect)
        result = scan_with_hygiene(run, progress.follow(items), paths)
    return finish(run, result)


def scan_with_hygiene(run: Run, items: Iterable[Blob | Skipped], paths: Sequence[str]) -> ScanResult:
    """Return what stands in the items, and what the repository checks say about the folders among the paths."""
    return with_hygiene(run, scan(items, run.scanner), paths, source_options(run).excluded)


def open_scan(
    paths: Sequence[str],
    options: RunOptions,
    *,
    include_ignored: bool = False,
    expect: Callable[[int], None] | None = None,
) -> tuple[Run, Iterator[Blob | Skipped]]:
    """Return the run for these paths, which are there, and what is to be scanned."""
    folder = repository_folder(paths[0] if paths[0] != "-" else ".")
    root = paths[0] if len(paths) == 1 and os.path.isdir(paths[0]) else "."
    run = open_run(options, folder, lambda: manifests_in(os.fsencode(folder)), root=root)
    return run, _items(paths, source_options(run), include_ignored=include_ignored, expect=expect)


def _items(
    paths: Sequence[str], options: SourceOptions, *, include_ignored: bool, expect: Callable[[int], None] | None
) -> Iterator[Blob | Skipped]:
    alone = len(paths) == 1
    for path in paths:
        name = os.fsencode(path)
        if path == "-" and sys.stdin is None:
            yield Skipped(None, "standard input is closed")
        elif path == "-":
            yield from standard_input(sys.stdin.buffer, options)
        elif os.path.isdir(path):
            found = directory(name, options, include_ignored=include_ignored, expect=expect)
            yield from (item if alone else _below(name, item) for item in found)
        else:
            yield from named_file(name, options)


def _below(folder: bytes, item: Blob | Skipped) -> Blob | Skipped:
    """Return the item with its path as seen from here: of several folders, each has to be named."""
    base = os.path.normpath(folder).replace(os.sep.encode(), b"/")
    path = base if item.path is None else (item.path if base == b"." else base + b"/" + item.path)
    if isinstance(item, Skipped):
        return item._replace(path=path)
    return Blob(item.content, item.origin, path)
