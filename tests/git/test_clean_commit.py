"""The short way out of `staged` never hides what the long way would report."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monei_guard.fast_path import is_clean_commit
from monei_guard.model.rule import Example, Rule, RuleKind
from monei_guard.ruleset.rule_files import load_bundled
from monei_guard.ruleset.templates import expand

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.code}-{number}")
    for rule in load_bundled()
    if rule.kind is RuleKind.CREDENTIAL
    for number, example in enumerate(rule.examples, 1)
]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stage(repository: Path, name: str, content: bytes) -> None:
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    subprocess.run(["git", "add", "-f", "--", name], cwd=repository, check=True)


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_no_example_of_any_rule_passes_for_clean(repository: Path, rule: Rule, example: Example) -> None:
    text = expand(example.text, rule.id).encode()
    for number, content in enumerate((text, text.decode("latin-1").encode("utf-16"))):
        stage(repository, f"{number}/{example.path}", content)
        assert not is_clean_commit()
        subprocess.run(["git", "rm", "-rfq", "--cached", "."], cwd=repository, check=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", b"A=1\n"),
        ("x.zip", b"PK\x03\x04rest"),
        ("mail.eml", b"From: a\n\nhello\n"),
        ("a.py", b"x = 1  # monei-" + b'guard: ignore[MG101] reason="x"\n'),
        (".monei-guard.toml", b""),
        ("src/monei/pay.js", b"x\n"),
    ],
)
def test_what_else_the_command_looks_at_does_not_pass_for_clean(repository: Path, name: str, content: bytes) -> None:
    stage(repository, name, content)

    assert not is_clean_commit()


def test_an_ordinary_commit_is_clean_and_silent(repository: Path) -> None:
    stage(repository, "a.py", b"print('hello')\n")
    assert is_clean_commit()

    done = subprocess.run(
        [sys.executable, "-m", "monei_guard", "staged"], cwd=repository, capture_output=True, check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_outside_a_repository_the_command_itself_has_to_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert not is_clean_commit()


@pytest.mark.parametrize(("text", "clean"), [("[project]\n", True), ("[tool.monei-guard]\n", False)])
def test_a_pyproject_counts_as_configuration_if_it_names_the_tool(repository: Path, text: str, *, clean: bool) -> None:
    stage(repository, "a.py", b"print('hello')\n")
    (repository / "pyproject.toml").write_text(text)

    assert is_clean_commit() is clean
