"""Every byte the program writes, searched for the values it was given: stdout, stderr, reports, caches, crashes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import GitRepository
from guard_process import Outcome, run_process
from made_keys import LINES, api_key, line_of

from monei_guard.reporting.formats import FORMATS


def planted(folder: Path) -> list[str]:
    """Fill a folder with a key of every rule, in every place that is easily forgotten; return the values."""
    values = []
    for code in LINES:
        line, value = line_of(code, "planted")
        (folder / f"{code}.env").write_text(f"# a comment\n{line}\n# another\n")
        values.append(value)
    two = [api_key("first"), api_key("second")]
    near = api_key("neighbour")
    long = [api_key("minified"), api_key("minified too")]
    named = [api_key("folder"), api_key("file")]
    pin = line_of("MG108", "beside")
    contents = {
        "two.js": f'const a = "{two[0]}", b = "{two[1]}";\n',
        "assigned.env": f"{two[0]}={two[1]}\n",
        "neighbours.txt": f"x={near}\nMONEI_API_KEY={two[0]}\n{pin[0]}\nMONEI_URL=https://api.monei.cc/?key={near}\n",
        "base64.txt": f"YWJjZGVmZ2hpamts{near}bW5vcHFy MONEI {near}\n",
        "minified.js": "var x=1;" * 200 + f'k="{long[0]}";l="{long[1]}";' + "var y=2;" * 2000,
        "monei.json": f'{{"monei": {{"apiKey": "{near}", "transactionPin": "{pin[1]}"}}}}\n',
        f"{named[1]}.txt": f"{named[1]}\n",
        f"dir-{named[0]}/{named[1]}/x.txt": "x\n",
        "curl.sh": f'curl https://api.monei.cc/me -H "X-API-KEY: {near}" -d \'{{"transactionPin":"{pin[1]}"}}\'\n',
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "wide.txt").write_bytes(f"MONEI_API_KEY={near}\r\n".encode("utf-16"))
    (folder / f"big-{named[1]}.bin").write_bytes(b"x" * 300_000)
    return [*values, *two, near, *long, *named, pin[1]]


def assert_hidden(written: bytes, values: list[str], what: str) -> None:
    """No value, and no long part of one, stands in what was written."""
    for value in values:
        for form in (value, value[4:-4], value.encode().hex(), value[8:24]):
            if len(form) >= 6:
                assert form.encode() not in written, f"{what} shows {value[:3]}…"


@pytest.mark.parametrize("command", ["scan", "staged"])
def test_no_report_and_no_stream_shows_a_value(repository: GitRepository, tmp_path: Path, command: str) -> None:
    values = planted(repository.top)
    repository.git("add", "-f", "-A", ".")
    reports = tmp_path / "reports"
    reports.mkdir()
    wanted = [part for name in FORMATS for part in ("--report", f"{name}={reports / name}")]
    outcome = run_process(
        command, "--max-size", "200KB", *wanted, cwd=repository.top, XDG_CACHE_HOME=str(reports), TMPDIR=str(reports)
    )
    assert outcome.code == 3, outcome.err
    assert_hidden(outcome.out, values, "standard output")
    assert_hidden(outcome.err, values, "standard error")
    for code in LINES:
        assert code.encode() in (reports / "json").read_bytes()
    written = [Path(folder) / name for folder, _, names in os.walk(reports) for name in names]
    assert len(written) >= len(FORMATS)
    for place in written:
        assert_hidden(place.read_bytes(), values, place.name)


def test_a_file_cleaned_after_staging_shows_no_value_in_its_note(repository: GitRepository) -> None:
    line, value = line_of("MG108", "cleaned")
    repository.stage("a.env", f"{line}\nMONEI_API_KEY={api_key('cleaned')}\n")
    repository.write("a.env", "\n")
    outcome = run_process("staged", cwd=repository.top)
    assert outcome.code == 1
    assert_hidden(outcome.out + outcome.err, [value, api_key("cleaned")], "the note")


def test_explain_shows_no_value(tmp_path: Path, guard: Callable[..., Outcome]) -> None:
    values = planted(tmp_path)
    for folder, _, names in os.walk(tmp_path):
        for name in names:
            place = os.path.relpath(os.path.join(folder, name), tmp_path)
            outcome = guard("explain", place, cwd=tmp_path, plain=True)
            hidden = [value for value in values if value not in os.path.join(folder, name)]
            assert_hidden(outcome.out + outcome.err, hidden, f"explain {name}")


CRASH = """
import sys
from monei_guard.commands.cli import run
from monei_guard.detection import context_filter

def fail(*_):
    value = open("a.env").read()
    raise RuntimeError("while looking at " + value)

context_filter.surroundings = fail
sys.exit(run(["scan", "."]))
"""


def test_a_crash_says_where_and_shows_no_value(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text(f"MONEI_API_KEY={api_key(1)}\n")
    done = subprocess.run([sys.executable, "-c", CRASH], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 3
    assert b"bug in monei-guard" in done.stderr
    assert b"RuntimeError" in done.stderr
    assert b"context_filter.py" in done.stderr
    assert b"Traceback" not in done.stderr
    assert_hidden(done.stdout + done.stderr, [api_key(1)], "the crash report")


def test_nothing_is_left_behind_in_the_home_or_the_temporary_folder(tmp_path: Path) -> None:
    home, scanned = tmp_path / "home", tmp_path / "scanned"
    for folder in (home, scanned):
        folder.mkdir()
    planted(scanned)
    place = str(home)
    outcome = run_process("scan", cwd=scanned, HOME=place, XDG_CACHE_HOME=place, XDG_CONFIG_HOME=place, TMPDIR=place)
    assert outcome.code == 1
    assert os.listdir(home) == []


@pytest.mark.parametrize("arguments", [("scan", "{}"), ("scan", "--{}"), ("explain", "{}"), ("scan", "--config", "{}"),
                                       ("scan", "--output", "{}/x/y"), ("staged", "-C", "{}")])  # fmt: skip
def test_an_error_does_not_repeat_a_key_that_was_an_argument(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    outcome = run_process(*(one.format(api_key(1)) for one in arguments), cwd=tmp_path)
    assert outcome.code in {2, 3}
    assert_hidden(outcome.out + outcome.err, [api_key(1)], "the error")


def test_a_key_in_the_name_of_a_repository_check_is_hidden(repository: GitRepository, tmp_path: Path) -> None:
    repository.stage(f"dir-{api_key(1)}/.env", f"A={api_key(2)}\n{api_key(3)}={api_key(4)}\n")
    values = [api_key(number) for number in (1, 2, 3, 4)]
    wanted = [part for name in FORMATS for part in ("--report", f"{name}={tmp_path / name}")]
    for command in ("scan", "staged"):
        outcome = run_process(command, *wanted, cwd=repository.top)
        assert outcome.code == 1, outcome.err
        assert_hidden(outcome.out + outcome.err, values, command)
        for name in FORMATS:
            assert_hidden((tmp_path / name).read_bytes(), values, name)
