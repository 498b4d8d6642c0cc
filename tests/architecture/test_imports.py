"""What is imported when: a commit pays for nothing it does not use."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
from git_repository import GitRepository

from monei_guard.application.options import RunOptions
from monei_guard.commands.cli import COMMANDS, HOOK_COMMANDS, cli
from monei_guard.commands.options import common_options, read_options
from monei_guard.reporting.formats import FORMATS, writer

HEAVY = (
    "git", "numpy", "rich", "jinja2", "httpx", "httpx2", "hyperscan", "regex", "tomli", "tree_sitter",
    "dulwich", "deflate", "pathspec", "ssl", "socket", "http", "asyncio", "email", "json", "logging",
    "concurrent", "multiprocessing", "pathlib", "tempfile", "unittest", "urllib", "zipfile", "tarfile", "xml",
    "sqlite3", "importlib.metadata",
)  # fmt: skip

PROGRAM = """
import sys
from monei_guard.commands.cli import run
before = set(sys.modules)
code = run(sys.argv[1:])
print(code, *sys.modules)
"""


# What a hook calls, rather than the command line behind it.
HOOK_PROGRAM = """
import sys
from monei_guard.__main__ import main
try:
    main()
except SystemExit as end:
    print(end.code, *sys.modules)
"""

RESOLVE = """
import click
from monei_guard.commands.cli import COMMANDS, HOOK_COMMANDS, cli
context = click.Context(cli)
for name in (*COMMANDS, *HOOK_COMMANDS):
    print(cli.get_command(context, name).name)
"""


def modules_after(folder: Path, *arguments: str, program: str = PROGRAM) -> tuple[int, set[str]]:
    """Return the exit code of a run in a fresh process, and every module it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "frozen_modules=on", "-c", program, *arguments],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, *modules = done.stdout.split()
    return int(code), set(modules)


@pytest.fixture(scope="module")
def bare_modules(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return what Python and click import by themselves."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys, click, subprocess, re\nprint(*sys.modules)"],
        cwd=tmp_path_factory.mktemp("bare"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_a_clean_commit_imports_nothing_heavy(repository: GitRepository, bare_modules: set[str]) -> None:
    repository.stage("a.txt", "nothing suspicious\n")
    code, modules = modules_after(repository.top, "staged")
    assert code == 0
    heavy = {name for name in modules - bare_modules if name in HEAVY or name.split(".")[0] in HEAVY}
    assert heavy == set()


def test_the_detection_stage_is_not_imported_for_a_clean_commit(repository: GitRepository) -> None:
    repository.stage("a.txt", "nothing suspicious\n")
    _, modules = modules_after(repository.top, "staged")
    own = {name for name in modules if name.startswith("monei_guard")}
    assert "monei_guard.detection.engine" not in own
    assert not {name for name in own if name.startswith("monei_guard.verification.")}
    assert "monei_guard.reporting.report" not in own


NO_COMMAND_LINE = {"click", "monei_guard.commands.cli", "monei_guard.commands.options", "platform", "gettext"}
NO_JUDGE = {
    "monei_guard.detection.context_filter", "monei_guard.detection.assignment",
    "monei_guard.detection.attribution", "monei_guard.detection.findings",
}  # fmt: skip
NO_FINDING = {"monei_guard.model.finding", "monei_guard.policy.inline_suppression", "monei_guard.reporting.report"}
NO_LINT = {"monei_guard.lints.context", "monei_guard.lints.analysis.project"}
NO_TREE = {
    "tree_sitter", "monei_guard.lints.documents.code_file", "monei_guard.lints.documents.page",
    "monei_guard.lints.languages.parser", "monei_guard.lints.languages.language",
    "monei_guard.lints.analysis.data_flow", "monei_guard.lints.analysis.name_resolution",
    "monei_guard.lints.rules.bare_string_constructor",
}  # fmt: skip
NO_TEXT = {"monei_guard.lints.documents.config_file"}
NO_APP_CODE = {"monei_guard.lints.documents.text_code", "monei_guard.lints.analysis.app_runtime"}
NO_CONFIG_RULE = {"monei_guard.lints.rules.key_logged", "monei_guard.lints.rules.webhook_not_verified"}
NO_PYTHON = {"monei_guard.lints.languages.python"}
NO_SCRIPT = {"monei_guard.lints.analysis.script_runtime", "monei_guard.lints.languages.javascript"}
NO_PAGE = {"monei_guard.lints.documents.page", "tree_sitter_html._binding"}
NO_JSON = {"json", "monei_guard.lints.analysis.package_json"}
NO_LIBRARY = {"importlib.resources", "pathlib", "tempfile", "shutil", "random", "logging", "email", "zipfile", "httpx2"}
ALWAYS = NO_COMMAND_LINE | NO_JUDGE | NO_FINDING | NO_LIBRARY
PYTHON = 'import os\nfrom monei import MoneiClient\nclient = MoneiClient(api_key=os.environ["MONEI_API_KEY"])\n'
SCRIPT = (
    'import { MoneiSDK } from "monei-sdk";\nexport const sdk = new MoneiSDK({ apiKey: process.env.MONEI_API_KEY });\n'
)

# A staged file that is worth a look and holds nothing, and what looking at it must not import.
SUSPECTS = {
    "encoded.py": (
        'TEXT = "IyBub3RoaW5nIG9mIG1vbmV5IGluIGhlcmU="\n',
        ALWAYS | NO_LINT | NO_TREE | NO_PYTHON | NO_SCRIPT | {"regex"},
    ),
    "README.md": ("Set `MONEI_API_KEY` before you call https://api.monei.cc.\n", ALWAYS | NO_LINT | NO_TREE),
    "notes.txt": (
        "Set MONEI_API_KEY before you call https://api.monei.cc.\n", ALWAYS | NO_TREE | NO_APP_CODE | NO_JSON
    ),
    "app.yaml": (
        "monei:\n  api_key: ${MONEI_API_KEY}\n", ALWAYS | NO_TREE | NO_APP_CODE | NO_CONFIG_RULE | NO_JSON
    ),
    "main.go": (
        'package main\nimport "os"\nvar key = os.Getenv("MONEI_API_KEY")\n',
        ALWAYS | NO_TREE | NO_TEXT | NO_PYTHON | NO_SCRIPT | NO_JSON,
    ),
    "client.py": (
        PYTHON,
        ALWAYS | NO_TEXT | NO_APP_CODE | NO_SCRIPT | NO_PAGE | NO_JSON
        | {"tree_sitter_javascript._binding", "tree_sitter_typescript._binding"},
    ),
    "client.js": (
        SCRIPT,
        ALWAYS | NO_TEXT | NO_APP_CODE | NO_PYTHON | NO_PAGE | NO_JSON
        | {"tree_sitter_python._binding", "tree_sitter_typescript._binding"},
    ),
    "client.ts": (
        SCRIPT,
        ALWAYS | NO_TEXT | NO_APP_CODE | NO_PYTHON | NO_PAGE | NO_JSON
        | {"tree_sitter_python._binding", "tree_sitter_javascript._binding"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SUSPECTS)
@pytest.mark.parametrize("arguments", [("staged",), ("staged", "-C", ".")], ids=["by hand", "by the hook"])
def test_a_suspect_imports_only_what_looks_at_its_kind(
    repository: GitRepository, name: str, arguments: tuple[str, ...]
) -> None:
    text, forbidden = SUSPECTS[name]
    repository.stage(name, text)
    code, modules = modules_after(repository.top, *arguments, program=HOOK_PROGRAM)
    assert code == 0
    assert "monei_guard.scanning.scanner" in modules  # it was looked at, not let pass as clean
    assert modules & forbidden == set()


@pytest.mark.parametrize("name", sorted(set().union(*(forbidden for _, forbidden in SUSPECTS.values()))))
def test_what_must_not_be_imported_exists(name: str) -> None:
    # A module that was renamed is imported unnoticed.
    assert find_spec(name) is not None


def test_the_hooks_call_is_the_command_without_options() -> None:
    given: list[RunOptions] = []

    @click.command()
    @common_options
    def command(**values: Any) -> None:
        given.append(read_options(values))

    command.main([], standalone_mode=False)
    assert given == [RunOptions()]


def test_every_command_of_the_table_can_be_imported(tmp_path: Path) -> None:
    # In a process of its own: what a command imports may set up more than this one likes.
    done = subprocess.run([sys.executable, "-c", RESOLVE], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [*COMMANDS, *HOOK_COMMANDS]


def test_an_unknown_command_is_none() -> None:
    assert cli.get_command(click.Context(cli), "no-such-command") is None


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_table_can_be_imported(name: str) -> None:
    assert callable(writer(name))
