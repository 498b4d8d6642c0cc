"""What only a real terminal shows: colours, and the values themselves when they are asked for."""

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from made_keys import api_key

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


def on_terminal(folder: Path, *arguments: str, **env: str) -> tuple[int, bytes]:
    """Run the program on a pseudo-terminal of its own; return exit code and all that it wrote."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "monei_guard", *arguments], cwd=folder, stdin=slave, stdout=slave, stderr=slave,
        env=os.environ | {"TERM": "xterm-256color"} | env,
    ) as process:  # fmt: skip
        os.close(slave)
        written = b""
        while select.select([master], [], [], 60)[0]:
            try:
                piece = os.read(master, 1 << 16)
            except OSError:  # Linux says so when the other side has gone
                break
            if not piece:
                break
            written += piece
    os.close(master)
    return process.returncode, written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one key in it."""
    (tmp_path / "a.txt").write_text(f"x = 1\nkey={api_key(1)}\n")
    return tmp_path


def test_a_terminal_gets_colours_and_no_value(folder: Path) -> None:
    code, written = on_terminal(folder, "scan")
    assert code == 1
    assert b"\x1b[" in written
    assert api_key(1).encode() not in written


@pytest.mark.parametrize(
    ("arguments", "env"),
    [(("--no-color",), {}), ((), {"NO_COLOR": "1"}), ((), {"TERM": "dumb"})],
    ids=["--no-color", "NO_COLOR", "a dumb terminal"],
)
def test_colours_can_be_turned_off(folder: Path, arguments: tuple[str, ...], env: dict[str, str]) -> None:
    code, written = on_terminal(folder, "scan", *arguments, **env)
    assert code == 1
    assert b"MG101" in written
    assert b"\x1b" not in written


def test_reveal_shows_the_value_on_a_terminal(folder: Path) -> None:
    code, written = on_terminal(folder, "scan", "--reveal")
    assert code == 1
    assert api_key(1).encode() in written


@pytest.mark.parametrize("arguments", [("--format", "json"), ("--output", "report.txt")])
def test_reveal_is_refused_where_the_value_would_be_kept(folder: Path, arguments: tuple[str, ...]) -> None:
    code, written = on_terminal(folder, "scan", "--reveal", *arguments)
    assert code == 2
    assert api_key(1).encode() not in written
    assert os.listdir(folder) == ["a.txt"]


def test_reveal_does_not_reach_a_further_report(folder: Path) -> None:
    on_terminal(folder, "scan", "--reveal", "--report", "json=report.json", "--report", "terminal=report.txt")
    for name in set(os.listdir(folder)) - {"a.txt"}:
        assert api_key(1) not in (folder / name).read_text()


def test_nothing_from_a_name_or_an_argument_steers_a_real_terminal(tmp_path: Path) -> None:
    for name in (b"\x1b[2Jx", b"y\x9bz", b"n\n::warning::forged", "\u202eabc".encode()):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write(f"\x1b[31m\x07 key={api_key(1)} \x1b]0;title\x07\n".encode())
    for arguments in (("scan", "--no-color"), ("scan", "\x1b[2J"), ("scan", "--\x1b[2J"), ("\x1b[2J",)):
        _, written = on_terminal(tmp_path, *arguments)
        assert b"\x1b" not in written, written
        assert b"\x07" not in written
        assert b"\x9b" not in written.replace("›".encode(), b"")
        assert not [line for line in written.splitlines() if line.startswith(b"::")]
