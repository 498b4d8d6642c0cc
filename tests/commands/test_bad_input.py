"""Input that cannot be used: one clear line (what, where, what to do), the right exit code, nothing half-written."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import GitRepository
from guard_process import Outcome, run_process
from made_keys import api_key

from monei_guard.decoding.charset import root_view
from monei_guard.detection.engine import Engine
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.model.rule import Rule, RuleKind

Guard = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one key in it."""
    made = tmp_path / "scanned"
    made.mkdir()
    (made / "a.txt").write_text(f"key={api_key(1)}\n")
    return made


CONFIGURATIONS = {
    "broken TOML": ("select = [", "not valid TOML"),
    "not UTF-8": (b"select = ['\xff']", "not valid TOML"),
    "a byte order mark and nonsense": (b"\xef\xbb\xbf=", "not valid TOML"),
    "a deep nesting": ("x = " + "[" * 5000, "not valid TOML"),
    "an unknown key": ("selct = ['MG101']", "did you mean 'select'"),
    "a key with an underscore": ("fail_on = 'high'", "did you mean 'fail-on'"),
    "a wrong type": ("select = 'MG101'", "must be a list of strings"),
    "a list of numbers": ("ignore = [101]", "must be a list of strings"),
    "an unknown severity": ("fail-on = 'always'", "must be one of: info, low, medium, high, critical"),
    "an unknown confidence": ("min-confidence = 'sure'", "must be one of: low, medium, high"),
    "no size": ("max-size = 'big'", "must be a size such as 64MB"),
    "a size that is a truth": ("max-size = true", "must be a size such as 64MB"),
    "an unknown code": ("ignore = ['MG110']", "did you mean 'MG"),
    "a code in lower case": ("select = ['mg101']", "did you mean 'MG101'"),
    "no rule left": ("ignore = ['ALL']", "leaves no rule active"),
    "no rule left in another way": ("select = ['MG101']\nignore = ['MG101']", "leaves no rule active"),
    "a rule file that is not there": ("extend-rules = ['rule.toml']", "cannot read the rule file"),
    "an exclusion that is no list": ("exclude = 'dist/'", "must be a list of strings"),
}


@pytest.mark.parametrize(("content", "said"), CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_a_configuration_that_cannot_be_used_is_2_and_says_why(
    folder: Path, guard: Guard, content: str | bytes, said: str
) -> None:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / ".monei-guard.toml").write_bytes(raw)
    outcome = guard("scan", cwd=folder)
    assert outcome.code == 2
    assert outcome.out == b""
    assert said in outcome.text
    if "rule" not in said and "code" not in said and "did you mean 'MG" not in said:
        assert ".monei-guard.toml" in outcome.text
    assert outcome.err.count(b"\n") <= 2
    assert b"Traceback" not in outcome.err


def test_the_same_configuration_is_read_from_pyproject(folder: Path, guard: Guard) -> None:
    (folder / "pyproject.toml").write_text('[tool.monei-guard]\nselct = ["MG101"]\n')
    outcome = guard("scan", cwd=folder)
    assert outcome.code == 2
    assert "pyproject.toml" in outcome.text
    assert "did you mean 'select'" in outcome.text


def test_a_pyproject_of_another_project_may_be_anything(folder: Path, guard: Guard) -> None:
    (folder / "pyproject.toml").write_text("[tool.other\n")
    assert guard("scan", cwd=folder).code == 1


def test_the_report_names_the_configuration_and_what_it_turns_off(folder: Path, guard: Guard) -> None:
    (folder / "pyproject.toml").write_text('[tool.monei-guard]\nignore = ["MG108"]\nexclude = ["dist/"]\n')
    said = guard("scan", cwd=folder).report["summary"]["configuration"]
    assert said["file"].endswith("pyproject.toml")
    assert any("MG108" in text for text in said["turned_off"])
    assert any("dist/" in text for text in said["turned_off"])
    terminal = guard("scan", cwd=folder, plain=True)
    assert "pyproject.toml" in terminal.text
    assert "MG108" in terminal.text
    (folder / ".monei-guard.toml").write_text("min-confidence = 'high'\n")
    said = guard("scan", cwd=folder).report["summary"]["configuration"]
    assert said["file"].endswith(".monei-guard.toml")
    assert len(said["turned_off"]) == 1


def test_a_configuration_that_hides_everything_is_said_where_nothing_is_found(folder: Path, guard: Guard) -> None:
    (folder / ".monei-guard.toml").write_text('exclude = ["*"]\n')
    outcome = guard("scan", cwd=folder, plain=True)
    assert outcome.code == 0
    assert "excluded" in outcome.text
    assert ".monei-guard.toml" in outcome.text


def test_staged_reads_the_configuration_of_its_repository(repository: GitRepository, guard: Guard) -> None:
    repository.commit_file("deep/x.txt", "x\n")
    repository.stage("a.txt", f"key={api_key(1)}\n")
    repository.write(".monei-guard.toml", "selct = []\n")
    assert guard("staged", cwd=repository.top / "deep").code == 2
    repository.write(".monei-guard.toml", 'exclude = ["a.txt"]\n')
    outcome = guard("staged", cwd=repository.top / "deep")
    assert outcome.code == 0
    assert "excluded" in outcome.skipped["a.txt"]


@pytest.mark.parametrize("kind", ["directory", "dangling", "loop", "endless", "pipe"])
def test_a_configuration_that_is_no_file_is_2_and_does_not_hang(folder: Path, kind: str) -> None:
    place = folder / ".monei-guard.toml"
    if kind == "directory":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        os.symlink({"dangling": "/nowhere", "loop": place.name, "endless": "/dev/zero"}[kind], place)
    outcome = run_process("scan", cwd=folder, timeout=30)
    assert outcome.code == 2
    assert b".monei-guard.toml" in outcome.err
    assert b"Traceback" not in outcome.err


RULE = """code = "MY001"
id = "my-key"
kind = "credential"
title = "My key"
keywords = ["mykey"]
pattern = '{pattern}'
"""
RULES = {
    "a bad pattern": (RULE.replace("{pattern}", "(?P<secret>[a-"), "does not compile"),
    "no secret group": (RULE.replace("{pattern}", "mykey_[0-9]{8}"), "no group named 'secret'"),
    "no keywords": (RULE.replace("{pattern}", "(?P<secret>x{8})").replace('["mykey"]', "[]"), "no keywords"),
    "a taken code": (RULE.replace("{pattern}", "(?P<secret>x{8})").replace("MY001", "MG101"), "is taken by"),
    "an unknown key": (RULE + "colour = 'red'\n", "unknown key"),
    "no title": (RULE.replace("title", "#"), "'title' is missing"),
    "broken TOML": ("code = ", "not valid TOML"),
    "another kind": (RULE.replace("credential", "hygiene"), "a rule of your own is"),
}


@pytest.mark.parametrize(("rule", "said"), RULES.values(), ids=RULES.keys())
def test_a_rule_that_cannot_be_used_is_2_and_names_its_file(folder: Path, guard: Guard, rule: str, said: str) -> None:
    (folder / "mine.toml").write_text(rule)
    (folder / ".monei-guard.toml").write_text('extend-rules = ["mine.toml"]\n')
    outcome = guard("scan", cwd=folder)
    assert outcome.code == 2
    assert said in outcome.text
    assert "mine.toml" in outcome.text
    assert b"Traceback" not in outcome.err


def test_a_rule_of_ones_own_is_used(folder: Path, guard: Guard) -> None:
    (folder / "mine.toml").write_text(RULE.replace("{pattern}", "{left}(?P<secret>mykey_[0-9a-z]{24}){right}"))
    (folder / ".monei-guard.toml").write_text('extend-rules = ["mine.toml"]\nselect = ["MY001"]\n')
    (folder / "b.txt").write_text(f"x = mykey_{api_key(1)[4:28]}\n")
    outcome = guard("scan", cwd=folder)
    assert (outcome.code, outcome.places) == (1, [("b.txt", 1)])


def test_a_rule_that_never_ends_is_stopped() -> None:
    rule = Rule("MY001", "my-key", RuleKind.CREDENTIAL, "x", pattern="(?P<secret>(?:x+x+)+y)", keywords=("mykey",))
    view = root_view(Blob(b"mykey " + b"x" * 3000, Origin.WORKTREE, b"a"))
    found, (skipped,), _ = Engine([rule], tuple, seconds=0.2).findings((view,))
    assert found == ()
    assert "MY001 did not come to its end" in skipped.reason
    assert skipped.incomplete


def test_the_path_that_is_missing_is_named(tmp_path: Path, guard: Guard) -> None:
    outcome = guard("scan", "no/such/file", cwd=tmp_path)
    assert outcome.code == 2
    assert "no/such/file" in outcome.text


def test_staged_outside_a_repository_says_where_and_what_to_do(tmp_path: Path, guard: Guard) -> None:
    outcome = guard("staged", cwd=tmp_path)
    assert outcome.code == 2
    assert str(tmp_path) in outcome.text
    assert "monei-guard scan" in outcome.text


def test_staged_in_a_bare_repository_says_so(repository: GitRepository, guard: Guard, tmp_path: Path) -> None:
    repository.git("clone", "-q", "--bare", "--no-local", str(repository.top), str(tmp_path / "bare"))
    assert guard("staged", cwd=tmp_path / "bare").code == 2


@pytest.mark.parametrize("output", ["json", "sarif", "terminal"])
def test_an_output_that_cannot_be_written_is_2_and_the_old_file_is_intact(
    folder: Path, guard: Guard, output: str
) -> None:
    (folder / "reports").mkdir()
    (folder / "reports" / "old").write_text("old")
    for target in ("missing/report", "reports", "a.txt/report"):
        outcome = guard("scan", "--format", output, "--output", target, cwd=folder)
        assert outcome.code == 2
        assert target in outcome.text
        assert b"Traceback" not in outcome.err
        outcome = guard("scan", "--report", f"{output}={target}", cwd=folder)
        assert outcome.code == 2
        assert target in outcome.text
    assert os.listdir(folder / "reports") == ["old"]


def test_a_full_disk_is_2_and_the_old_file_is_intact(folder: Path, guard: Guard) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    outcome = guard("scan", "--output", "/dev/full", cwd=folder)
    assert outcome.code == 2
    assert b"/dev/full" in outcome.err


def test_a_report_that_is_written_replaces_the_old_one_whole(folder: Path, guard: Guard) -> None:
    (folder / "report.json").write_text("old" * 10_000)
    outcome = guard("scan", "--output", "report.json", cwd=folder)
    assert (outcome.code, outcome.out) == (1, b"")
    assert (folder / "report.json").read_text().startswith('{"version": 1')
    assert sorted(os.listdir(folder)) == ["a.txt", "report.json"]


@pytest.mark.parametrize("arguments", [("scan",), ("scan", "--format", "json"), ("rules", "list"), ("scan", "--help")])
def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    for number in range(300):
        (tmp_path / f"{number}.txt").write_text(f"key={api_key(number)}\n")
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(
        [sys.executable, "-m", "monei_guard", *arguments], cwd=tmp_path, stdout=write, stderr=subprocess.PIPE
    ) as process:
        os.close(write)
        _, err = process.communicate(timeout=60)
    assert err == b""
    assert process.returncode in {0, 1, 3}


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("arguments", ["scan", "scan -", "scan missing", "staged"])
def test_closed_streams_are_no_traceback(folder: Path, closed: str, arguments: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m monei_guard {arguments} {closed}', sys.executable], cwd=folder, capture_output=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert b"bug in monei-guard" not in done.stderr
    expected = {"scan": {1, 2, 3}, "scan -": {0, 2, 3}, "scan missing": {2}, "staged": {2}}
    assert done.returncode in expected[arguments], done.stderr


def test_git_that_is_missing_is_said(repository: GitRepository, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = run_process("staged", cwd=repository.top, PATH=str(tmp_path / "empty"))
    assert outcome.code in {2, 3}
    assert b"install git" in outcome.err


def test_the_place_the_program_was_started_in_may_be_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$1"; "$0" -m monei_guard scan; echo $?; "$0" -m monei_guard staged; echo $?'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, str(gone)], cwd=gone, capture_output=True, check=False, timeout=60,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert b"bug in monei-guard" not in done.stderr
    assert b"0\n" not in done.stdout.splitlines(keepends=True)


def test_hostile_arguments_cannot_steer_the_terminal(folder: Path, guard: Guard) -> None:
    hostile = "\x1b[2J\x9b1m\n::error::forged"
    for arguments in (
        ("scan", hostile), ("scan", "--format", hostile), ("scan", "--select", hostile), (hostile,),
        ("scan", f"--{hostile}"), ("scan", "--config", hostile), ("scan", "--report", hostile), ("explain", hostile),
        ("scan", "--output", f"{hostile}/x"), ("staged", "-C", hostile), ("scan", "--max-size", hostile),
    ):  # fmt: skip
        outcome = guard(*arguments, cwd=folder, plain=True)
        assert outcome.code in {2, 3}, arguments
        assert "\x1b" not in outcome.text, arguments
        assert "\x9b" not in outcome.text, arguments
        assert not [line for line in outcome.text.splitlines() if line.startswith("::")], arguments


def test_a_configuration_of_a_hostile_name_and_content_cannot_steer_the_terminal(tmp_path: Path, guard: Guard) -> None:
    folder = tmp_path / "\x1b[2Jx\n::warning::forged"
    folder.mkdir()
    for content in (
        'exclude = ["\\u001b[2J\\n::error::forged"]',
        '"\\u001b[2J\\n::error::x" = 1',
        'select = ["\\u001b"]',
    ):
        (folder / ".monei-guard.toml").write_text(content)
        outcome = guard("scan", cwd=folder, plain=True)
        assert "\x1b" not in outcome.text
        assert not [line for line in outcome.text.splitlines() if line.startswith("::")]


def test_an_installation_without_its_rules_says_so(tmp_path: Path) -> None:
    package = Path(sys.modules["monei_guard"].__file__ or "").parent
    shutil.copytree(package, tmp_path / "monei_guard", ignore=shutil.ignore_patterns("bundled", "__pycache__"))
    (tmp_path / "scanned").mkdir()
    outcome = run_process("scan", "scanned", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert outcome.code == 2
    assert b"reinstall monei-guard" in outcome.err
