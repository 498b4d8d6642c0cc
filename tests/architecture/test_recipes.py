"""The recipes of docs/development.md: every file they name exists, and following them on a copy works."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from git_repository import GitRepository
from made_keys import api_key

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "development.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`((?:[\w.<> -]+/)+[\w.<> -]+)`")
# What stands for a name in the recipes, and a file that exists for it.
_EXAMPLES = {
    "rules/<vendor>/<id>.toml": "rules/monei/api-key.toml",
    "rules/monei/<id>.toml": "rules/monei/key-logged.toml",
    "docs/rules/<code>-<id>.md": "docs/rules/MG101-api-key.md",
    "monei_guard/hygiene/checks/<id>.py": "monei_guard/hygiene/checks/env_file_tracked.py",
    "monei_guard/sources/<name>.py": "monei_guard/sources/files.py",
    "monei_guard/application/<use case>.py": "monei_guard/application/scan_range.py",
    "monei_guard/decoding/signatures/<encoding>.py": "monei_guard/decoding/signatures/escapes.py",
    "monei_guard/decoding/<encoding>.py": "monei_guard/decoding/escapes.py",
    "monei_guard/lints/rules/<id>.py": "monei_guard/lints/rules/key_logged.py",
    "monei_guard/lints/languages/<language>.py": "monei_guard/lints/languages/python.py",
    "monei_guard/reporting/<format>.py": "monei_guard/reporting/csv_report.py",
    "monei_guard/ci_platforms/<system>.py": "monei_guard/ci_platforms/travis.py",
    "tests/ci/recorded/<system>.toml": "tests/ci/recorded/travis.toml",
    "monei_guard/commands/<name>.py": "monei_guard/commands/scan.py",
    "monei_guard/application/<name>.py": "monei_guard/application/audit.py",
}

RULE = """\
code = "MG199"
id = "recipe-key"
kind = "credential"
vendor = "monei"
severity = "critical"
confidence = "high"
title = "Key of a recipe"
keywords = ["recipe_"]
pattern = '{left}(?P<secret>recipe_[0-9a-f]{32}){right}'
precedence = 12
unattributed = "keep"
hint = "Cook another."

[text]
what = \"\"\"
Finds keys of a recipe.\"\"\"
why = \"\"\"
It shows that one file is enough.\"\"\"
instead = \"\"\"
Read it from the environment.\"\"\"
references = ["https://docs.monei.cc/introduction/authentication"]

[[example]]
text = 'KEY=recipe_<<hex:32>>'
path = ".env"
vendor = "monei"
because = "the usual place"

[[example]]
text = 'let key = "recipe_<<hex:32>>"'
path = "a.js"
vendor = "monei"
because = "a literal"

[[example]]
text = 'key: recipe_<<hex:32>>'
path = "a.yaml"
vendor = "monei"
because = "a value in YAML"

[[example]]
text = 'curl -H "X-API-KEY: recipe_<<hex:32>>"'
path = "README.md"
vendor = "monei"
because = "a header"

[[counter-example]]
text = 'KEY=recipe_${KEY}'
because = "a placeholder"

[[counter-example]]
text = 'KEY=recipe_<<hex:31>>'
because = "too short"

[[counter-example]]
text = 'KEY=precipe_<<hex:32>>'
because = "another word"

[[counter-example]]
text = 'KEY=recipe_<<hex:33>>'
because = "too long"
"""

FORMAT = '''"""One code a line."""

from typing import TextIO

from monei_guard.reporting.report import Report


def write_codes(report: Report, stream: TextIO) -> None:
    """Write the code of each finding."""
    stream.writelines(one.finding.code + "\\n" for one in report.triaged)
'''

SYSTEM = '''"""Toy CI."""

from monei_guard.ci_platforms.config_files import CONFIG_FILES
from monei_guard.ci_platforms.event import Event, EventKind, Payload, Platform, Variables, ids


def _event(variables: Variables, payload: Payload) -> Event:
    del payload
    return Event(EventKind.PUSH, "toy push", ids(variables.get("TOY_TIP")), ids(variables.get("TOY_BEFORE")))


TOY = Platform(
    name="Toy CI",
    recognises=lambda variables: variables.get("TOY_CI") == "true",
    event=_event,
    deepen="fetch more",
    config_files=CONFIG_FILES["Toy CI"],
)
'''


def files_of(heading: str) -> list[str]:
    """Return the files that a recipe lists."""
    section = PAGE.split(f"### {heading}\n")[1].split("\n### ")[0].split("\n## ")[0]
    return [found[1] for line in section.splitlines() if re.match(r"\d\. ", line) if (found := _NAMED.search(line))]


def test_every_file_that_the_page_names_exists() -> None:
    named = set(_NAMED.findall(PAGE))
    missing = {name for name in named if not (CHECKOUT / _EXAMPLES.get(name, name)).exists()}
    assert missing == set()
    assert {name for name in named if "<" in name} == set(_EXAMPLES)


def test_there_are_seven_recipes() -> None:
    recipes = PAGE.split("## Seven recipes")[1].split("\n## ")[0]
    assert len(re.findall(r"^### ", recipes, re.MULTILINE)) == 7


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what runs."""
    for name in ("monei_guard", "rules", "hooks"):
        shutil.copytree(CHECKOUT / name, tmp_path / "copy" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "copy"


def run_copy(copy: Path, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Return what the copied program says, run in a folder."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "monei_guard", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(copy), "XDG_CACHE_HOME": str(copy / "cache"), **variables},
    )  # fmt: skip


def with_line(path: Path, before: str, line: str) -> None:
    """Put a line before the first one that begins with `before`."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(number for number, text in enumerate(lines) if text.startswith(before))
    path.write_text("".join([*lines[:at], line + "\n", *lines[at:]]), encoding="utf-8")


def test_a_rule_is_one_file(copy: Path, tmp_path: Path) -> None:
    assert files_of("A rule for a credential") == ["rules/<vendor>/<id>.toml", "docs/rules/<code>-<id>.md"]
    (copy / "rules" / "monei" / "recipe-key.toml").write_text(RULE, encoding="utf-8")
    folder = tmp_path / "project"
    folder.mkdir()
    key = "recipe_" + api_key(1)[4:]
    (folder / "a.py").write_text(f'KEY = "{key}"\n')

    checked = run_copy(copy, folder, "rules", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    found = run_copy(copy, folder, "scan", "--format", "json")
    assert [one["code"] for one in json.loads(found.stdout)["findings"]] == ["MG199"], found.stderr
    assert key not in found.stdout
    (tmp_path / "pages").mkdir()
    pages = run_copy(copy, folder, "rules", "pages", str(tmp_path / "pages"))
    assert pages.returncode == 0
    assert (tmp_path / "pages" / "MG199-recipe-key.md").exists()


def test_a_format_is_one_file_and_one_line(copy: Path, tmp_path: Path) -> None:
    assert files_of("A report format") == [
        "monei_guard/reporting/<format>.py", "monei_guard/reporting/formats.py", "docs/reports.md",
    ]  # fmt: skip
    (copy / "monei_guard" / "reporting" / "codes.py").write_text(FORMAT, encoding="utf-8")
    table = copy / "monei_guard" / "reporting" / "formats.py"
    with_line(table, '    "csv": ', '    "codes": "monei_guard.reporting.codes:write_codes",')
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text(f'KEY = "{api_key(1)}"\n')

    assert run_copy(copy, folder, "scan", "--format", "codes").stdout == "MG101\n"
    assert "codes" in run_copy(copy, folder, "scan", "--help").stdout


def test_a_ci_system_is_one_module_and_a_line_in_each_table(
    copy: Path, tmp_path: Path, repository: GitRepository
) -> None:
    assert files_of("A CI system") == [
        "monei_guard/ci_platforms/<system>.py", "monei_guard/ci_platforms/registry.py",
        "monei_guard/ci_platforms/config_files.py", "tests/ci/recorded/<system>.toml", "docs/ci.md",
    ]  # fmt: skip
    platforms = copy / "monei_guard" / "ci_platforms"
    (platforms / "toy.py").write_text(SYSTEM, encoding="utf-8")
    with_line(platforms / "registry.py", "# The first that", "from monei_guard.ci_platforms.toy import TOY\n")
    with_line(platforms / "registry.py", "    GITHUB, ", "    TOY,")
    with_line(platforms / "config_files.py", '    "Travis CI": ', '    "Toy CI": (".toy.{yml,yaml}",),')
    before = repository.commit_file("a.txt", "nothing\n")
    tip = repository.commit_file(".toy.yml", f"env:\n  MONEI_API_KEY: {api_key(1)}\n")

    done = run_copy(
        copy, repository.top, "ci", "--format", "json", TOY_CI="true", TOY_TIP=tip, TOY_BEFORE=before
    )  # fmt: skip

    assert "Toy CI, toy push: 1 commit beyond" in done.stderr
    assert [one["code"] for one in json.loads(done.stdout)["findings"]] == ["MG101"]
    scanned = run_copy(copy, repository.top, "scan", "--format", "json")
    assert "MG210" in {one["code"] for one in json.loads(scanned.stdout)["findings"]}  # a key in a CI file
