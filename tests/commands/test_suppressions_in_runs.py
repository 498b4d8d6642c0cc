import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from plain_process import git, guard
from report_values import api_key, finding, location

from monei_guard.model.finding import Finding
from monei_guard.model.secret import Secret
from monei_guard.policy.baseline import Entry, keys, with_findings
from monei_guard.policy.baseline_file import change
from monei_guard.policy.baseline_name import DEFAULT_NAME

MARK = "monei-guard:"
KEY = api_key(1).decode()
OTHER = api_key(2).decode()


def report(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = guard(folder, *arguments, "--format", "json")
    assert done.stderr == ""
    assert KEY not in done.stdout
    return done.returncode, json.loads(done.stdout)


def accept(folder: Path, path: str, key: str, until: str | None = None) -> None:
    """Put the key at `path` into the folder's baseline, as `baseline create` would."""
    one: Finding = finding(secret=Secret(key.encode()), location=location(path))
    template = Entry("", "", None, "a sample", "t", "2026-01-01", until)
    change(str(folder / DEFAULT_NAME), lambda base: with_findings(base, [one], template, lambda _: one.location.path))
    assert keys(("00" * 16,), one)


def test_a_suppressed_finding_makes_no_failure_and_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'key = "{KEY}"  # {MARK} ignore[MG101] reason="sample"\n', encoding="utf-8")
    code, document = report(tmp_path, "scan", ".")
    assert code == 0
    assert document["summary"]["suppressed"] == 1
    assert document["findings"][0]["suppression"]["reason"] == "sample"
    assert "no findings (1 suppressed)" in guard(tmp_path, "scan", ".").stdout


def test_an_unused_directive_in_a_clean_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'x = 1  # {MARK} ignore[MG101] reason="sample"\n', encoding="utf-8")
    code, document = report(tmp_path, "scan", ".")
    assert code == 1
    assert [one["code"] for one in document["findings"]] == ["MG902"]
    assert report(tmp_path, "scan", ".", "--ignore", "MG9")[0] == 0


def test_staged_does_not_call_a_directive_unused_whose_finding_is_on_an_old_line(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    line = f'key = "{KEY}"  # {MARK} ignore[MG101] reason="sample"\n'
    (tmp_path / "a.py").write_text(line, encoding="utf-8")
    git(tmp_path, "add", ".")
    assert guard(tmp_path, "staged").returncode == 0
    git(tmp_path, "commit", "-qm", "a")
    (tmp_path / "a.py").write_text(line + "x = 1\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    code, document = report(tmp_path, "staged")
    assert (code, document["findings"]) == (0, [])


def test_reasons_can_be_made_optional_and_the_report_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'key = "{KEY}"  # {MARK} ignore[MG101]\n', encoding="utf-8")
    assert [one["code"] for one in report(tmp_path, "scan", ".")[1]["findings"]] == ["MG101", "MG904"]
    (tmp_path / ".monei-guard.toml").write_text("require-reason = false\n", encoding="utf-8")
    code, document = report(tmp_path, "scan", ".")
    assert code == 0
    assert document["summary"]["configuration"]["turned_off"] == ["suppressions need no reason"]


def test_other_tools_markers_hold_only_if_configured(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'key = "{KEY}"  # gitleaks:allow\n', encoding="utf-8")
    assert report(tmp_path, "scan", ".")[0] == 1
    config = tmp_path / ".monei-guard.toml"
    config.write_text('honour-markers-of = ["gitleaks"]\n', encoding="utf-8")
    assert report(tmp_path, "scan", ".")[0] == 0
    config.write_text('honour-markers-of = ["gitleeks"]\n', encoding="utf-8")
    done = guard(tmp_path, "scan", ".")
    assert done.returncode == 2
    assert "names 'gitleeks'; known are gitleaks" in done.stderr


def test_the_repositorys_baseline_holds_in_scan_and_staged_from_every_folder(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.py").write_text(f'key = "{KEY}"\n', encoding="utf-8")
    accept(tmp_path, "sub/a.py", KEY)
    git(tmp_path, "add", ".")
    for folder, arguments in (
        (tmp_path, ("scan",)),
        (tmp_path, ("scan", "sub")),
        (tmp_path / "sub", ("scan",)),
        (tmp_path / "sub", ("scan", "a.py")),
        (tmp_path, ("scan", "sub", DEFAULT_NAME)),
        (tmp_path, ("staged",)),
        (tmp_path / "sub", ("staged",)),
    ):
        code, document = report(folder, *arguments)
        assert (code, document["summary"]["suppressed"]) == (0, 1), arguments
        assert document["findings"][0]["suppression"]["source"] == DEFAULT_NAME


def test_the_baseline_follows_a_staged_rename_and_shows_a_copy_and_another_key(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text(f'key = "{KEY}"\n', encoding="utf-8")
    accept(tmp_path, "a.py", KEY)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "a")
    git(tmp_path, "mv", "a.py", "b.py")
    assert report(tmp_path, "scan", ".")[0] == 0
    (tmp_path / "c.py").write_text(f'key = "{KEY}"\n', encoding="utf-8")
    code, document = report(tmp_path, "scan", ".")
    assert code == 1
    (new,) = [one for one in document["findings"] if one["suppression"] is None]
    assert "the same value is accepted in a.py, but this is a new place" in new["message"]
    (tmp_path / "c.py").unlink()
    (tmp_path / "b.py").write_text(f'key = "{KEY}" or "{OTHER}"\n', encoding="utf-8")
    code, document = report(tmp_path, "scan", ".")
    assert (code, document["summary"]["suppressed"], document["summary"]["findings"]) == (1, 1, 1)


def test_an_expired_entry_fails_the_run_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'key = "{KEY}"\n', encoding="utf-8")
    accept(tmp_path, "a.py", KEY, until="2020-01-01")
    (tmp_path / ".monei-guard.toml").write_text("", encoding="utf-8")
    code, document = report(tmp_path, "scan", ".")
    assert code == 1
    assert document["findings"][0]["message"].endswith("accepted until 2020-01-01 (a sample), which has passed")
    assert date(2020, 1, 1) < date.today()  # noqa: DTZ011


def test_a_broken_or_missing_baseline_is_misuse_not_a_green_run(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    done = guard(tmp_path, "scan", ".", "--baseline", "none.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot read the baseline" in done.stderr
    (tmp_path / "b.json").write_text("{", encoding="utf-8")
    done = guard(tmp_path, "scan", ".", "--baseline", "b.json")
    assert done.returncode == 2
    assert "is cut off" in done.stderr


@pytest.mark.parametrize("option", [("--baseline", "else.json"), ("--config", "other.toml")])
def test_the_baseline_can_be_named(tmp_path: Path, option: tuple[str, str]) -> None:
    (tmp_path / "a.py").write_text(f'key = "{KEY}"\n', encoding="utf-8")
    accept(tmp_path, "a.py", KEY)
    (tmp_path / DEFAULT_NAME).rename(tmp_path / "else.json")
    (tmp_path / "other.toml").write_text('baseline = "else.json"\n', encoding="utf-8")
    assert report(tmp_path, "scan", "a.py")[0] == 1
    assert report(tmp_path, "scan", "a.py", *option)[0] == 0


def test_a_directive_for_a_lint_holds_and_is_called_unused_where_the_lint_looked(tmp_path: Path) -> None:
    code = 'import { MoneiSDK } from "monei-sdk";\nconst url = "http://api.monei.cc/api/v1/user/me";'
    mark = f'  // {MARK} ignore[MG401] reason="a test server"\n'
    (tmp_path / "a.js").write_text(code + mark, encoding="utf-8")
    exit_code, document = report(tmp_path, "scan", ".")
    assert (exit_code, document["summary"]["suppressed"]) == (0, 1)
    assert document["findings"][0]["code"] == "MG401"
    (tmp_path / "a.js").write_text(code.replace("http:", "https:") + mark, encoding="utf-8")
    assert [one["code"] for one in report(tmp_path, "scan", ".")[1]["findings"]] == ["MG902"]
    assert "MG401 [suppresses nothing]" in guard(tmp_path, "suppressions").stdout
