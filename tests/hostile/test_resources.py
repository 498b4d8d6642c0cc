"""Content made to cost memory or time: one line an attack. Each runs in a process that may take 700 MB."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import new_repository
from made_keys import api_key

from monei_guard.errors import ExitCode

BOUND = 700 << 20  # bytes of address space beyond code and libraries: what was attacked took 1.2 GB and more
BEGINNING = "const a0 = 'mni_';\n"


def doubling(levels: int, times: int) -> str:
    """Return templates that each put the one before them in several times."""
    lines = (f"const a{n} = `{f'${{a{n - 1}}}' * times}`;\n" for n in range(1, levels + 1))
    return BEGINNING + "".join(lines)


def nested(levels: int) -> str:
    """Return templates inside one another."""
    return BEGINNING + "const k = " + "`a${" * levels + "a0" + "}`" * levels + ";\n"


ATTACKS: dict[str, tuple[str, Callable[[], str]]] = {
    "doubling templates": ("a.js", lambda: doubling(9, 8)),
    "doubling templates, linted": ("a.js", lambda: "// api.monei.cc\n" + doubling(39, 2)),
    "a long separator": (
        "a.js",
        lambda: "const s = '" + "x" * 200_000 + "', p = [" + "'mni_'," * 1000 + "];\nconst k = p.join(s);\n",
    ),
    "long lists of nothing": ("a.py", lambda: "p = [" + "''," * 5000 + "]\nm = 'mni_'\n" + "k = m.join(p)\n" * 2000),
    "nested templates": ("a.js", lambda: nested(27_000)),
    "nested templates, linted": ("a.js", lambda: "// api.monei.cc\n" + nested(27_000)),
    "f-strings in f-strings": ("a.py", lambda: "# monei.cc\nm = 'mni_'\nk = " + "f'{" * 9_000 + "m" + "}'" * 9_000),
    "nested lists": ("a.js", lambda: BEGINNING + "k = " + "[" * 50_000 + "a0" + "].join('')" * 50_000),
    "sums in parentheses": ("a.py", lambda: "m = 'mni_'\nk = " + "(m + " * 20_000 + "m" + ")" * 20_000),
    "a million seams on a line": ("a.txt", lambda: "mni_" + '"a"+' * 250_000),
    "strings never closed": ("a.js", lambda: BEGINNING + "x = 'a\n" * 70_000),
}


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({BOUND}, {BOUND}))"
    code = f"{limited}; import sys; from monei_guard.__main__ import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, capture_output=True, check=False, timeout=100
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the bound of the test is the kernel's")
@pytest.mark.parametrize("name", ATTACKS)
def test_no_file_takes_the_machine(name: str, tmp_path: Path) -> None:
    path, make = ATTACKS[name]
    key = api_key(name)
    (tmp_path / path).write_text(make())
    (tmp_path / "beside.env").write_text(f"MONEI_API_KEY={key}\n")

    done = _run(tmp_path, "scan", "--format", "json", ".")

    assert done.returncode in {ExitCode.FINDINGS, ExitCode.INCOMPLETE}, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"needs more memory" not in done.stdout
    assert b"beside.env" in done.stdout


def test_a_file_that_takes_too_long_is_given_up_and_said(tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("".join(f"MONEI_API_KEY={api_key(number)}\n" for number in range(20_000)))
    (tmp_path / "z.env").write_text(f"MONEI_API_KEY={api_key('last')}\n")

    done = _run(tmp_path, "scan", "--format", "json", "--file-timeout", "1s", ".")

    assert done.returncode == ExitCode.INCOMPLETE, done.stderr
    assert b"took longer than 1 s" in done.stdout
    assert b"z.env" in done.stdout


def test_what_needs_more_memory_than_allowed_is_said(tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r")
    repository.write("many.txt", b"x" * (60 << 20))
    repository.write("z.env", f"MONEI_API_KEY={api_key('last')}\n")

    done = _run(repository.top, "scan", "--format", "json", "--max-memory", "64MB", ".")

    assert done.returncode == ExitCode.INCOMPLETE, done.stderr
    assert b"Traceback" not in done.stderr
