import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")

_DRAWN = re.compile(rb"\r\x1b\[K[\d,]+ of 1,000 files, \d+ MB, \d+ MB/s, \d+ s left")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    for number in range(1000):  # each has to be judged, so that it takes longer than the line's half second of patience
        (tmp_path / f"{number}.py").write_text(f"mni_template = {number}\n" * 30, encoding="utf-8")
    return tmp_path


def stderr_of(folder: Path, *arguments: str, terminal: bool) -> bytes:
    """Return what a scan writes to standard error, a pseudo-terminal or a pipe."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    command = [sys.executable, "-m", "monei_guard", "scan", *arguments]
    if not terminal:
        return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True).stderr
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # Linux: the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    return written


def test_a_long_scan_shows_rate_and_time_left_on_a_terminal_and_clears_them(many: Path) -> None:
    written = stderr_of(many, terminal=True)
    assert _DRAWN.search(written)
    assert written.endswith(b"\r\x1b[K")


@pytest.mark.parametrize(("arguments", "terminal"), [(("--quiet",), True), ((), False)])
def test_quiet_and_pipes_see_nothing(many: Path, arguments: tuple[str, ...], terminal: bool) -> None:
    assert stderr_of(many, *arguments, terminal=terminal) == b""
