"""`monei-guard rules` and `monei-guard explain`."""

import json
import re
from pathlib import Path

import pytest
from guard_process import run_process
from made_keys import api_key

from monei_guard.commands.cli import run
from monei_guard.reporting.rule_page import rule_page
from monei_guard.ruleset.bundled import bundled_rules
from monei_guard.ruleset.rule_files import load_bundled

CODES = sorted(rule.code for rule in load_bundled() if rule.code)
PIN_RULE = Path(bundled_rules()) / "monei" / "transaction-pin.toml"


def test_every_rule_is_listed_once_in_both_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == CODES
    assert run(["rules", "list", "--all", "--format", "json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(listed) == len(load_bundled())
    assert [one["code"] for one in listed if one["code"]] == CODES


@pytest.mark.parametrize("command", [("rules", "show"), ("explain",)], ids=" ".join)
@pytest.mark.parametrize("name", ["MG101", "mg101", "api-key"])
def test_a_rules_page_is_shown_by_code_and_by_id(
    command: tuple[str, ...], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, name]) == 0
    assert capsys.readouterr().out == rule_page(next(rule for rule in load_bundled() if rule.code == "MG101"))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_locale_without_its_letters_does_not_keep_a_page_from_being_shown(tmp_path: Path, encoding: str) -> None:
    pages = [rule_page(rule) for rule in load_bundled() if rule.code]
    assert not pages[0].isascii()
    outcome = run_process("rules", "show", CODES[0], cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert (outcome.code, outcome.err) == (0, b"")
    assert outcome.out.decode() == next(page for page in pages if page.startswith(f"# {CODES[0]} "))


@pytest.mark.parametrize("command", [("rules", "show"), ("explain",)], ids=" ".join)
def test_a_mistyped_rule_is_answered_with_the_nearest(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "api-kye"]) == 2
    assert "did you mean api-key?" in capsys.readouterr().err
    assert run([*command, "nothing-like-it"]) == 2
    assert "'monei-guard rules list' shows them all" in capsys.readouterr().err


def test_pages_of_all_rules_are_written(tmp_path: Path) -> None:
    assert run(["rules", "pages", str(tmp_path)]) == 0
    assert sorted(path.name.partition("-")[0] for path in tmp_path.iterdir()) == CODES


def test_a_code_that_is_taken_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only_built_in = r"(?m)^\[verify\]\n(?:.+\n)+|^line-sign = .+\n"
    text = re.sub(only_built_in, "", PIN_RULE.read_text("utf-8"))
    (tmp_path / "transaction-pin.toml").write_text(text, "utf-8")
    assert run(["rules", "check", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "this code is the built-in rule 'transaction-pin'" in err
    assert err.endswith(" problems in 1 rules\n")


def test_a_folder_without_a_rule_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "check", str(tmp_path)]) == 2
    assert "there is no rule file in" in capsys.readouterr().err


def test_a_value_is_explained_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.env").write_text(f"MONEI_API_KEY={api_key(1)}\nMONEI_API_KEY=mni_your_api_key_here\n")
    assert run(["explain", "a.env"]) == 0
    whole = capsys.readouterr().out
    assert whole.startswith("a.env:1:15 MG101 ")
    assert "matches: vendor monei" in whole
    assert run(["explain", "a.env:1"]) == 0
    assert capsys.readouterr().out == "".join(line for line in whole.splitlines(True) if line.startswith("a.env:1:"))
    assert run(["explain", "a.env:9"]) == 0
    assert "no rule looks at anything in line 9 of a.env" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["no/such", "missing.env", "missing.env:3"])
def test_a_file_that_is_not_there_is_misuse(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", what]) == 2
    assert "there is no file" in capsys.readouterr().err
