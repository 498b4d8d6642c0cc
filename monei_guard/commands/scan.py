"""`monei-guard scan [PATH…]`."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import click

from monei_guard.application.error_handler import stop
from monei_guard.application.hygiene import with_hygiene
from monei_guard.application.options import Options
from monei_guard.commands.options import common_options, read_options
from monei_guard.commands.session import Run, excluder, finish, open_run, repository_folder
from monei_guard.model.blob import Blob, Skipped
from monei_guard.reporting.progress import file_progress
from monei_guard.scanning.result import ScanResult
from monei_guard.scanning.scanner import scan as run_pipeline
from monei_guard.sources.dependency_files import manifests_in
from monei_guard.sources.files import directory, one_file, standard_input
from monei_guard.sources.source import SourceOptions


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--include-ignored", is_flag=True, help="In a git work tree, scan ignored files too.")
@common_options
def scan(paths: tuple[str, ...], *, include_ignored: bool, **given: Any) -> None:
    """Scan files and directories ('.' by default); '-' is standard input.

    In a git work tree, tracked files and untracked ones that are not ignored are scanned.
    """
    chosen = paths or (".",)
    options = read_options(given)
    with file_progress(quiet=options.quiet) as progress:
        expect = progress.expect if progress.draws else None
        session, items = open_scan(chosen, options, include_ignored=include_ignored, expect=expect)
        scanned = scan_with_hygiene(session, progress.follow(items), chosen)
    stop(finish(session, scanned))


def scan_with_hygiene(session: Run, items: Iterable[Blob | Skipped], chosen: Sequence[str]) -> ScanResult:
    """Return what stands in the items, and what the repository checks say about the folders among the paths."""
    scanned = run_pipeline(items, session.detector)
    return with_hygiene(session, scanned, chosen, excluder(session.settings.exclude))


def open_scan(
    chosen: Sequence[str],
    options: Options,
    *,
    include_ignored: bool = False,
    expect: Callable[[int], None] | None = None,
) -> tuple[Run, Iterator[Blob | Skipped]]:
    """Return the session for these paths and what is to be scanned. Raises UsageError for one that is not there."""
    for path in chosen:
        if path != "-" and not os.path.lexists(path):
            raise click.UsageError(f"there is no {path!r}; give a file, a directory or '-' for standard input.")
    folder = repository_folder(chosen[0] if chosen[0] != "-" else ".")
    root = chosen[0] if len(chosen) == 1 and os.path.isdir(chosen[0]) else "."
    session = open_run(options, folder, lambda: manifests_in(os.fsencode(folder)), root=root)
    settings = session.settings
    read_folder = partial(directory, include_ignored=include_ignored, expect=expect)
    return session, _items(chosen, SourceOptions(settings.max_size, excluder(settings.exclude)), read_folder)


def _items(
    paths: Sequence[str],
    options: SourceOptions,
    read_folder: Callable[[bytes, SourceOptions], Iterator[Blob | Skipped]],
) -> Iterator[Blob | Skipped]:
    alone = len(paths) == 1
    for path in paths:
        name = os.fsencode(path)
        if path == "-" and sys.stdin is None:
            yield Skipped(None, "standard input is closed")
        elif path == "-":
            yield from standard_input(sys.stdin.buffer, options)
        elif os.path.isdir(path):
            yield from (item if alone else _below(name, item) for item in read_folder(name, options))
        else:
            yield from one_file(name, options)


def _below(folder: bytes, item: Blob | Skipped) -> Blob | Skipped:
    """Return the item with its path as seen from here: of several folders, each has to be named."""
    base = os.path.normpath(folder).replace(os.sep.encode(), b"/")
    path = base if item.path is None else (item.path if base == b"." else base + b"/" + item.path)
    if isinstance(item, Skipped):
        return Skipped(path, item.reason, item.incomplete)
    return Blob(item.content, item.origin, path)
