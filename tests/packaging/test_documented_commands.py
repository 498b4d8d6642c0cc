"""Every command line in the README and in docs/ is one the program takes."""

import re
import shlex
from pathlib import Path

import click
import pytest

from monei_guard.commands.cli import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def command_lines(page: Path) -> list[str]:
    """Return the `monei-guard …` lines of a page's shell blocks, continued lines joined, comments dropped."""
    blocks = re.findall(
        r"^ *```(?:sh|console|bash)\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if re.match(r"\s*(?:\$ )?monei-guard ", line)]


LINES = [pytest.param(line, id=f"{page.name}: {line}") for page in PAGES for line in command_lines(page)]


@pytest.mark.parametrize("line", LINES)
def test_the_documented_command_line_is_understood(line: str) -> None:
    words = shlex.split(re.split(r"\s(?:[|&]|>|2>|<)\s?", line.removeprefix("$ "))[0], comments=True)[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="monei-guard")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None, name
        command = found
        context = click.Context(command, info_name=name, parent=context)

    if words and words[0] not in {"--help", "--version", "-h"}:
        command.make_context(context.info_name, words, parent=context.parent)


def test_the_readme_is_among_them() -> None:
    assert len(command_lines(ROOT / "README.md")) >= 5
