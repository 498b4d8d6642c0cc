"""A language is one module and one line of a table: the lints and the folding of constants know it without more."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_keys import api_key

from monei_guard.deferred import load
from monei_guard.lints.languages.language import Language
from monei_guard.lints.languages.registry import LANGUAGES, PAGES, WITHOUT_GRAMMAR, ListedLanguage, listed_language
from monei_guard.lints.registry import language_of
from monei_guard.lints.selection import is_linted

ROOT = Path(__file__).resolve().parents[2]
TOY = '''"""Toy: Python under another name."""

from monei_guard.lints.languages.python import PYTHON

TOY = PYTHON._replace(name="toy")
'''
LINE = '    ListedLanguage(frozenset({"toy"}), "monei_guard.lints.languages.toy:TOY"),\n'


@pytest.fixture
def with_toy(tmp_path: Path) -> Path:
    """Return a copy of the program in which a language was added: a module and a line."""
    copy = tmp_path / "program"
    shutil.copytree(ROOT / "monei_guard", copy / "monei_guard", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "rules", copy / "rules")
    languages = copy / "monei_guard" / "lints" / "languages"
    (languages / "toy.py").write_text(TOY, encoding="utf-8")
    table = (languages / "registry.py").read_text(encoding="utf-8")
    start = "LANGUAGES = (\n"
    assert start in table
    (languages / "registry.py").write_text(table.replace(start, start + LINE), encoding="utf-8")
    return copy


def _found(program: Path, folder: Path) -> dict[str, list[str]]:
    """Return for each code the encoding path of its finding, in a scan of `folder` by the copy of the program."""
    run = "import sys; from monei_guard.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", run, "scan", "--format", "json", "."],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(program)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    findings = json.loads(done.stdout)["findings"]
    return {one["code"]: one["location"].get("encoding_path", []) for one in findings}


def test_a_language_with_one_module_and_one_line_is_linted_and_folded(with_toy: Path, tmp_path: Path) -> None:
    key = api_key("toy")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "leak.toy").write_text(
        'import os\nkey = os.environ["MONEI_API_KEY"]\nprint("key", key)\n', encoding="utf-8"
    )
    (folder / "parts.toy").write_text(
        f"# monei\nparts = ['{key[:4]}', '{key[4:20]}', '{key[20:]}']\nkey = ''.join(parts)\n", encoding="utf-8"
    )
    assert _found(ROOT, folder) == {}
    found = _found(with_toy, folder)
    assert "MG404" in found
    assert found["MG101"][-1:] == ["joined-strings"]


@pytest.mark.parametrize("listed", LANGUAGES, ids=lambda listed: listed.target)
def test_every_language_of_the_table_can_be_opened(listed: ListedLanguage) -> None:
    language = load(listed.target)
    assert isinstance(language, Language)
    for suffix in listed.suffixes:
        assert language_of(f"src/a.{suffix.upper()}") is language
        assert is_linted(f"src/a.{suffix}".encode(), b"monei")
    assert not [suffix for suffix in listed.stubs if is_linted(f"src/a.{suffix}".encode(), b"monei")]


def test_a_suffix_belongs_to_one_kind_of_file() -> None:
    suffixes = [suffix for listed in LANGUAGES for suffix in (*listed.suffixes, *listed.stubs)]
    suffixes += [*PAGES, *WITHOUT_GRAMMAR]
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize("path", ["py", "a", "a.py/b", "", "README"])
def test_a_path_without_an_extension_has_no_language(path: str) -> None:
    assert listed_language(path) is None
