"""The lints as a user meets them: in scan and staged, with selection and suppressions, and what they cost a hook."""

import subprocess
import sys
from pathlib import Path

from guard_process import Outcome, run_process
from plain_process import git

LEAK = "console.log(process.env.MONEI_API_KEY); // https://api.monei.cc\n"


def _run(folder: Path, *arguments: str) -> Outcome:
    return run_process(*arguments, "--format", "json", cwd=folder)


def _repository(folder: Path) -> None:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "A")
    git(folder, "config", "user.email", "a@example.com")


def test_scan_reports_a_lint_with_the_way_of_the_value_through_two_files(tmp_path: Path) -> None:
    (tmp_path / "config.ts").write_text("export const key = process.env.MONEI_API_KEY;\n")
    (tmp_path / "use.ts").write_text('import { key } from "./config";\n\nconsole.log(key); // monei-sdk\n')
    outcome = _run(tmp_path, "scan", ".")
    assert [(one["code"], one["location"]["start_line"]) for one in outcome.findings] == [("MG404", 3)]
    places = [(one["location"]["path"], one["location"]["start_line"]) for one in outcome.findings[0]["related"]]
    assert places == [("config.ts", 1), ("use.ts", 1)]
    assert outcome.code == 1


def test_staged_reports_lints_on_added_lines_only(tmp_path: Path) -> None:
    _repository(tmp_path)
    (tmp_path / "a.js").write_text(LEAK)
    git(tmp_path, "add", "a.js")
    git(tmp_path, "commit", "-q", "-m", "first")
    (tmp_path / "a.js").write_text(LEAK + "// more\nlocalStorage.setItem('k', process.env.MONEI_API_KEY);\n")
    git(tmp_path, "add", "a.js")
    assert [one["code"] for one in _run(tmp_path, "staged").findings] == ["MG303"]
    assert {one["code"] for one in _run(tmp_path, "staged", "--whole-files").findings} == {"MG303", "MG404"}


def test_lints_are_selected_ignored_and_suppressed_like_any_rule(tmp_path: Path) -> None:
    _repository(tmp_path)
    mark = "monei-guard: " + 'ignore[MG404] reason="shown to its owner"'
    (tmp_path / "a.js").write_text(f"{LEAK}console.log(process.env.MONEI_API_KEY); // {mark}\n")
    assert [
        one["location"]["start_line"] for one in _run(tmp_path, "scan", ".").findings if not one["suppression"]
    ] == [1]
    assert _run(tmp_path, "scan", "--ignore", "MG404", ".").code == 0
    assert [one["code"] for one in _run(tmp_path, "scan", "--select", "MG404", ".").findings][:1] == ["MG404"]


def test_information_alone_does_not_fail_a_run(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('import requests\nrequests.get("https://api.monei.cc/api/v1/user/me")\n')
    outcome = _run(tmp_path, "scan", ".")
    assert [one["code"] for one in outcome.findings] == ["MG406"]
    assert outcome.code == 0


def test_a_commit_without_monei_code_loads_no_parser(tmp_path: Path) -> None:
    _repository(tmp_path)
    (tmp_path / "a.js").write_text("console.log(process.env.OTHER_KEY);\n")
    git(tmp_path, "add", "a.js")
    program = (
        "import sys\nfrom monei_guard.__main__ import main\nsys.argv = ['monei-guard', 'staged']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if 'tree_sitter' in name or 'lints.context' in name])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_lints_alone_look_at_a_file_that_only_its_content_ties_to_monei(tmp_path: Path) -> None:
    code = 'const key = process.env.MONEI_API_KEY;\nlocalStorage.setItem("k", key);\n'
    (tmp_path / "app.js").write_text(code, encoding="utf-8")
    assert [one["code"] for one in _run(tmp_path, "scan", "--select", "MG303", ".").findings] == ["MG303"]
