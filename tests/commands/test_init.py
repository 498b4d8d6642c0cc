"""`monei-guard init` on every repository of the hygiene corpus, and on what it must refuse or leave alone."""

import hashlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from hygiene_corpus import Expected, build, cases, run_git

from monei_guard import __version__
from monei_guard.commands.cli import run
from monei_guard.fixing.ci_steps import ci_steps
from monei_guard.hygiene.collection import work_tree_files
from monei_guard.hygiene.registry import hygiene_findings
from monei_guard.model.blob import Blob
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.ruleset.rule_files import load_credential_rules, load_evidence_rules, load_hygiene_rules
from monei_guard.scanning.scanner import Scanner

ROOT = Path(__file__).resolve().parents[2]
IN_GIT = [case for case in cases() if case.git]
HEX = hashlib.sha256(b"init").hexdigest()[:32]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(credential_keywords(), load_credential_rules, load_evidence_rules)


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file outside .git, with content and mode."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def hygiene_codes(root: Path, scanner: Scanner) -> set[str]:
    def classify(content: bytes, path: bytes) -> Sequence[Finding]:
        return scanner.scan_blob(Blob(content, Origin.WORKTREE, path)).findings

    rules = {rule.id: rule for rule in load_hygiene_rules()}
    return {finding.code for finding in hygiene_findings(work_tree_files(os.fsencode(root), classify), rules)}


def announced(output: str) -> set[str]:
    """Return the files that a plan says it will write."""
    found = re.findall(r"^(?:new file|change) (.+?)    # ", output, re.MULTILINE)
    return {shlex.split(name)[0] for name in found}


def repository(top: Path, files: dict[str, str], *, commit: bool = True) -> Path:
    root = top / "repository"
    root.mkdir()
    run_git(root, "init", "-q", "-b", "main")
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode())
    if commit:
        run_git(root, "add", ".")
        run_git(root, "commit", "-q", "-m", "start")
    return root


@pytest.mark.parametrize("case", IN_GIT, ids=lambda case: case.name)
def test_init_mends_what_it_can_announces_every_change_and_has_nothing_to_do_the_second_time(
    case: Expected, tmp_path: Path, scanner: Scanner, capsys: pytest.CaptureFixture[str]
) -> None:
    root = build(case, tmp_path)
    before = snapshot(root)

    assert run(["init", "--yes", str(root)]) == 0
    plan = capsys.readouterr().out
    after = snapshot(root)
    index = run_git(root, "ls-files", "--stage")
    assert hygiene_codes(root, scanner) == set(case.after_init)
    assert {name for name in after if after[name][0] != before.get(name, (None, 0))[0]} == announced(plan)
    assert not before.keys() - after.keys()
    for name, (content, _) in before.items():
        if name not in announced(plan):
            assert after[name][0] == content

    assert run(["init", "--yes", str(root)]) == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert snapshot(root) == after
    assert run_git(root, "ls-files", "--stage") == index


@pytest.mark.parametrize("name", ["everything-wrong", "template-with-key", "gitlab-literal", "template-names"])
def test_no_plan_shows_a_key(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(next(case for case in IN_GIT if case.name == name), tmp_path)
    run(["init", "--dry-run", str(root)])
    shown = capsys.readouterr().out
    assert not re.search(r"mni_[0-9a-f]{32}", shown)
    assert "mni_" in shown or "+" in shown


def test_the_commands_that_take_it_back_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(next(case for case in IN_GIT if case.name == "everything-wrong"), tmp_path)
    (root / ".npmignore").write_text("tests\n# not committed yet\n")
    (root / ".env").chmod(0o640)
    before, index = snapshot(root), run_git(root, "ls-files", "--stage")

    run(["init", "--yes", str(root)])
    said = capsys.readouterr().out
    commands = said.partition("take it back:\n")[2].partition("\n\n")[0].splitlines()
    assert snapshot(root) != before
    assert (root / ".env").stat().st_mode & 0o777 == 0o600
    for command in commands:
        subprocess.run(["sh", "-c", command], cwd=root, check=True, capture_output=True)
    assert {name: content for name, (content, _) in snapshot(root).items()} == {n: c for n, (c, _) in before.items()}
    assert (root / ".env").stat().st_mode & 0o777 == 0o640
    assert run_git(root, "ls-files", "--stage") == index
    assert not (root / ".git" / "hooks" / "pre-commit").exists()


def test_a_dry_run_shows_a_diff_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(next(case for case in IN_GIT if case.name == "everything-wrong"), tmp_path)
    before, index = snapshot(root), run_git(root, "ls-files", "--stage")
    assert run(["init", "--dry-run", str(root)]) == 0
    said = capsys.readouterr().out
    assert "git rm --cached -- .cursor/mcp.json .env" in said
    assert "+++ b/.gitignore" in said
    assert "+.env" in said
    assert snapshot(root) == before
    assert run_git(root, "ls-files", "--stage") == index
    assert not (root / ".git" / "hooks" / "pre-commit").exists()


def test_the_file_stays_on_disk_and_loses_its_group(tmp_path: Path) -> None:
    root = repository(tmp_path, {".env": f"MONEI_API_KEY=mni_{HEX}\n"})
    (root / ".env").chmod(0o644)
    run(["init", "--yes", str(root)])
    assert (root / ".env").read_text() == f"MONEI_API_KEY=mni_{HEX}\n"
    assert (root / ".env").stat().st_mode & 0o777 == 0o600
    assert ".env\n" not in run_git(root, "ls-files")
    assert (root / ".env.example").read_text().endswith("\nMONEI_API_KEY=\n")


def test_a_dirty_index_is_refused_in_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"})
    (root / "main.py").write_text("x = 2\n")
    run_git(root, "add", "main.py")
    before = snapshot(root)
    assert run(["init", "--yes", str(root)]) == 2
    error = capsys.readouterr().err
    assert "there are staged changes (main.py)" in error
    assert "git reset" in error
    assert snapshot(root) == before


def test_files_added_but_never_committed_are_a_dirty_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"}, commit=False)
    run_git(root, "add", "main.py")
    assert run(["init", "--yes", str(root)]) == 2
    assert "staged changes" in capsys.readouterr().err


def test_a_repository_without_a_commit_is_set_up(tmp_path: Path) -> None:
    root = repository(tmp_path, {".env": f"MONEI_API_KEY=mni_{HEX}\n"}, commit=False)
    assert run(["init", "--yes", str(root)]) == 0
    assert (root / ".gitignore").read_text().splitlines()[1:] == [".env", ".env.*", "!.env.example"]


def test_outside_a_repository_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--yes", str(tmp_path)]) == 2
    assert "git init" in capsys.readouterr().err


def test_a_work_tree_that_knows_nothing_of_the_repository_is_not_written_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".env").write_text(f"MONEI_API_KEY=mni_{HEX}\n")
    run_git(root, "config", "core.worktree", str(elsewhere))
    before = snapshot(elsewhere)
    assert run(["init", "--yes", str(root)]) == 2
    assert "is not inside a git work tree" in capsys.readouterr().err
    assert snapshot(elsewhere) == before
    assert not (root / ".git" / "hooks" / "pre-commit").exists()


def test_without_a_terminal_it_does_not_ask_and_does_nothing(tmp_path: Path) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"})
    before = snapshot(root)
    done = subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "monei-guard"), "init"],
        cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert b"--yes" in done.stderr
    assert snapshot(root) == before


def test_line_ends_order_and_comments_stay(tmp_path: Path) -> None:
    root = repository(
        tmp_path, {".gitignore": "# mine\r\nnode_modules/\r\n\r\n*.log", ".env": f"MONEI_API_KEY=mni_{HEX}\n"}
    )
    run(["init", "--yes", str(root)])
    text = (root / ".gitignore").read_bytes()
    assert text.startswith(b"# mine\r\nnode_modules/\r\n\r\n*.log\r\n")
    assert text.count(b"\n") == text.count(b"\r\n")
    assert b"\r\n.env\r\n.env.*\r\n!.env.example\r\n" in text


def test_a_template_that_git_would_ignore_is_taken_back(tmp_path: Path) -> None:
    root = repository(tmp_path, {".gitignore": ".env*\n"})
    (root / ".env").write_text(f"MONEI_API_KEY=mni_{HEX}\n")
    run(["init", "--yes", str(root)])
    assert run_git(root, "status", "--porcelain", "--", ".env.example") == "?? .env.example\n"


def test_a_value_that_stands_as_a_name_does_not_reach_the_template(tmp_path: Path) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"})
    (root / ".env").write_text(f"DEBUG=1\nmni_{HEX}\nexport mni_{HEX}\nmni_{HEX}=x\n")
    run(["init", "--yes", str(root)])
    template = root / ".env.example"
    assert not template.exists() or HEX not in template.read_text()


def test_an_existing_template_is_not_touched(tmp_path: Path) -> None:
    root = repository(tmp_path, {".env.example": "# ours\nOTHER=\n", "main.py": "x = 1\n"})
    (root / ".env").write_text(f"MONEI_API_KEY=mni_{HEX}\n")
    run(["init", "--yes", str(root)])
    assert (root / ".env.example").read_text() == "# ours\nOTHER=\n"


PRE_COMMIT = """\
# our hooks
default_stages: [pre-commit]
repos:
- repo: https://github.com/pre-commit/pre-commit-hooks
  rev: v5.0.0   # keep
  hooks:
    - id: end-of-file-fixer

# run everywhere
ci:
  autofix_prs: false
"""


def test_the_pre_commit_entry_goes_to_the_end_of_the_list(tmp_path: Path) -> None:
    root = repository(tmp_path, {".pre-commit-config.yaml": PRE_COMMIT})
    run(["init", "--yes", str(root)])
    text = (root / ".pre-commit-config.yaml").read_text()
    start, rest = text.split("- repo: local\n")
    assert start + rest.partition("always_run: true\n")[2] == PRE_COMMIT
    subprocess.run(
        [os.path.join(os.path.dirname(sys.executable), "pre-commit"), "validate-config"],
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip
    assert not (root / ".git" / "hooks" / "pre-commit").exists()


def test_a_pre_commit_list_in_another_form_is_left_to_a_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path, {".pre-commit-config.yaml": "repos: []\n"})
    run(["init", "--yes", str(root)])
    assert (root / ".pre-commit-config.yaml").read_text() == "repos: []\n"
    assert "add a hook that runs 'monei-guard staged'" in capsys.readouterr().out


def test_the_native_hook_is_written_once_and_never_over_another(tmp_path: Path) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"})
    hook = root / ".git" / "hooks" / "pre-commit"
    run(["init", "--yes", str(root)])
    assert "guard staged" in hook.read_text(encoding="ascii")
    assert os.access(hook, os.X_OK)
    hook.write_text("#!/bin/sh\nexit 0\n")
    run(["init", "--yes", str(root)])
    assert hook.read_text() == "#!/bin/sh\nexit 0\n"


FOLDERS = (".github/workflows", ".gitea/workflows", ".forgejo/workflows", ".woodpecker")
FILES = {
    ".circleci/config.yml": "CircleCI", "bitbucket-pipelines.yml": "Bitbucket Pipelines",
    "azure-pipelines.yml": "Azure Pipelines", "Jenkinsfile": "Jenkins", ".buildkite/pipeline.yml": "Buildkite",
    ".woodpecker.yml": "Woodpecker", ".drone.yml": "Drone", ".travis.yml": "Travis CI",
}  # fmt: skip


def test_each_ci_system_gets_a_step_or_lines_to_paste(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = "steps: []\n"
    folders = {f"{folder}/build.yml": first for folder in FOLDERS}
    root = repository(
        tmp_path, folders | dict.fromkeys(FILES, first) | {".gitlab-ci.yml": "test:\n  script: make test\n"}
    )
    run(["init", "--yes", str(root)])
    out = capsys.readouterr().out
    for folder in FOLDERS:
        assert "monei-guard ci\n" in (root / folder / "monei-guard.yml").read_text()
    gitlab = (root / ".gitlab-ci.yml").read_text()
    assert gitlab.startswith("test:\n  script: make test\n\n# ")
    assert yaml.safe_load(gitlab)["monei-guard"]["script"] == ["monei-guard ci"]
    for path, name in FILES.items():
        assert f"  - add a step to {name} ({path}):\n      " in out
        assert (root / path).read_text() == first


def test_what_is_written_or_pasted_for_ci_stands_in_the_documentation() -> None:
    page = {line.strip() for line in (ROOT / "docs" / "ci.md").read_text().splitlines()}
    page |= {line.strip() for line in (ROOT / "ci" / "gitlab.yml").read_text().splitlines()}
    paths = frozenset(path.encode() for path in (*FILES, *(f"{folder}/x.yml" for folder in FOLDERS)))
    steps = ci_steps(__version__, paths, lambda _: b"")
    lines = [line for paste in steps.pastes for line in paste.lines]
    lines += [line for edit in steps.edits for line in edit.after.decode().splitlines()]
    assert [line for line in lines if line.strip() not in page] == []


def test_a_ci_system_that_runs_it_already_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    already = dict.fromkeys((*FILES, ".gitlab-ci.yml", *(f"{one}/x.yml" for one in FOLDERS)), "monei-guard ci\n")
    root = repository(tmp_path, already)
    run(["init", "--yes", str(root)])
    assert "add a step" not in capsys.readouterr().out
    assert {path: (root / path).read_text() for path in already} == already


def test_the_starter_configuration_is_one_the_tool_accepts(tmp_path: Path) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"})
    run(["init", "--yes", str(root)])
    assert run(["scan", str(root)]) == 0
    text = (root / ".monei-guard.toml").read_text()
    (root / ".monei-guard.toml").write_text(re.sub(r"(?m)^# (?=[a-z-]+ = )", "", text))
    assert run(["scan", str(root)]) == 0


def test_what_the_configuration_excludes_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "tests/fixtures/.env": f"MONEI_API_KEY=mni_{HEX}\n",
        ".monei-guard.toml": 'exclude = ["tests/fixtures/"]\n',
    }
    root = repository(tmp_path, files)
    before = snapshot(root)
    run(["init", "--yes", str(root)])
    capsys.readouterr()
    assert snapshot(root) == before
    assert "tests/fixtures/.env" in run_git(root, "ls-files")


def test_a_link_is_never_written_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"})
    target = tmp_path / "elsewhere"
    target.write_text("outside\n")
    (root / ".gitignore").symlink_to(target)
    (root / ".env").write_text(f"MONEI_API_KEY=mni_{HEX}\n")
    run(["init", "--yes", str(root)])
    capsys.readouterr()
    assert target.read_text() == "outside\n"


def test_a_utf16_ignore_file_is_left_to_a_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path, {"main.py": "x = 1\n"})
    (root / ".gitignore").write_text(".env\n", encoding="utf-16")
    (root / ".env").write_text(f"MONEI_API_KEY=mni_{HEX}\n")
    before = (root / ".gitignore").read_bytes()
    run(["init", "--yes", str(root)])
    assert (root / ".gitignore").read_bytes() == before
    assert "UTF-16" in capsys.readouterr().out
