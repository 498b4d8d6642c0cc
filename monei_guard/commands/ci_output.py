"""What a CI platform reads of a run: files it collects, lines of its log, its summary page."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import click

from monei_guard.ci.event import Platform
from monei_guard.commands.cli import say
from monei_guard.commands.options import Options
from monei_guard.reporting.github import log_line
from monei_guard.reporting.markdown import code
from monei_guard.reporting.stray_keys import without_keys

_ANNOTATIONS = "annotations"
_SUMMARY = "summary"


def platform_options(
    platform: Platform, options: Options, top: str, variables: Mapping[str, str], folder: str
) -> tuple[Options, list[str]]:
    """Return the options with the platform's reports added, and why one of them cannot be written.

    What goes to the log and the summary is written to `folder` first.
    """
    reports = list(options.reports)
    asked = {name for name, _ in reports}
    problems = []
    for name, path in platform.reports:
        if name in asked:
            continue
        if not _is_plain(top, path):
            problems.append(f"no {name} report: {path} is, or lies behind, a symbolic link in the checkout")
        elif _is_writable(os.path.join(top, path)):
            reports.append((name, os.path.join(top, path)))
        else:
            say(f"note: no {name} report: {path} cannot be written here")
    if platform.annotations is not None and _owns_log(options):
        reports.append((platform.annotations, os.path.join(folder, _ANNOTATIONS)))
    if platform.summary_file is not None and variables.get(platform.summary_file):
        reports.append(("markdown", os.path.join(folder, _SUMMARY)))
    return replace(options, reports=tuple(reports)), problems


def hand_over(
    platform: Platform, options: Options, variables: Mapping[str, str], folder: str, said: Mapping[str, Sequence[str]]
) -> None:
    """Write what the run came to where the platform reads it.

    `said` are sentences about the run itself, by level: "warning" and "notice". GitHub shows ten annotations a level
    and step, so notices, which may be many, come after the findings.
    """
    for level, texts in said.items():
        for text in texts:
            say(f"{level}: {text}")
    if _owns_log(options):
        annotated = said if platform.annotations is not None else {}
        click.echo(_lines(log_line("warning", without_keys(text)) for text in annotated.get("warning", ())), nl=False)
        click.echo(_read(os.path.join(folder, _ANNOTATIONS)), nl=False)
        click.echo(_lines(log_line("notice", without_keys(text)) for text in annotated.get("notice", ())), nl=False)
        click.echo(_lines(platform.log_lines), nl=False)
    page = _read(os.path.join(folder, _SUMMARY))
    if page and platform.summary_file is not None:
        noted = "".join(f"- ⚠️ {code(without_keys(text))}\n" for texts in said.values() for text in texts)
        _append(variables[platform.summary_file], page + (b"\n" + noted.encode() if noted else b""))


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def _owns_log(options: Options) -> bool:
    """Whether standard output is a log for people, not a report for a program."""
    return options.format == "terminal" or options.output is not None


def _is_plain(top: str, path: str) -> bool:
    """Whether a report is where it seems to be: a link of that name in a stranger's checkout could lead anywhere."""
    place = os.path.normpath(os.path.join(os.path.realpath(top), path))
    return os.path.realpath(place) == place


def _is_writable(place: str) -> bool:
    """Make the folder of a report; say whether the report can be written (a container's user may own nothing here)."""
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
    except OSError:
        return False
    return os.access(os.path.dirname(place), os.W_OK) and not os.path.isdir(place)


def _read(path: str) -> bytes:
    if not os.path.exists(path):
        return b""
    with open(path, "rb") as file:
        return file.read()


def _append(path: str, content: bytes) -> None:
    try:
        with open(path, "ab") as file:
            file.write(content)
    except OSError as error:
        say(f"note: the summary was not written: {error.strerror}")
