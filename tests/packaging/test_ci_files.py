"""What is shipped for CI systems: the action, the templates, the image, and every block of docs/ci.md."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ci_runs import Origin, RecordedRun, new_origin, recorded_runs

from monei_guard import __version__
from monei_guard.ci_platforms.registry import PLATFORMS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
GITLAB = (ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8")
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
BLOCKS = re.findall(r"^```(yaml|groovy|sh)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
HEADINGS = {
    "GitHub Actions": "GitHub Actions",
    "CircleCI": "CircleCI",
    "Bitbucket Pipelines": "Bitbucket Pipelines",
    "Azure Pipelines": "Azure Pipelines",
    "Jenkins": "Jenkins",
    "Buildkite": "Buildkite",
    "Woodpecker and Drone": "Woodpecker",
    "Travis CI": "Travis CI",
    "TeamCity": "TeamCity",
}
INSTALLS = re.compile(r"apt-get|pipx? install|pip\" install|-m venv")


def run_of(platform: str) -> RecordedRun:
    return next(run for run in recorded_runs() if run.platform == platform and "request" in run.name)


def section(heading: str) -> list[tuple[str, str]]:
    """Return language and text of the blocks below a heading."""
    text = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```(yaml|groovy|sh)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(value: Any) -> Iterator[str]:
    """Yield the shell commands of a parsed configuration."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("run", "script", "command", "commands"):
                yield from texts(inner)
            else:
                yield from commands(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from commands(inner)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.splitlines()
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def shell_lines(language: str, text: str) -> list[str]:
    """Return the lines of a block that a shell runs."""
    if language == "yaml":
        return list(commands(yaml.safe_load(text)))
    return re.findall(r"sh '([^'\n]*)'", text) if language == "groovy" else text.splitlines()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory, hermetic_environment: None) -> Origin:
    return new_origin(tmp_path_factory.mktemp("ci") / "origin")


def run_script(lines: list[str], platform: str, origin: Origin, folder: Path) -> "subprocess.CompletedProcess[bytes]":
    """Run the lines that need no network as the platform would, with nothing of our own environment."""
    run = run_of(platform)
    clone = origin.clone(run.at, folder / "clone")
    kept = {name: value for name, value in os.environ.items() if name.startswith("GIT_CONFIG") or name == "HOME"}
    scripts = Path(sys.executable).parent
    (folder / "monei-guard").mkdir()
    (folder / "monei-guard" / "bin").symlink_to(scripts)
    environment = kept | run.environment(origin, folder) | {
        "PATH": f"{scripts}{os.pathsep}{os.defpath}", "WORKSPACE_TMP": str(folder),
    }  # fmt: skip
    script = "\n".join(line for line in lines if not INSTALLS.search(line))
    return subprocess.run(["sh", "-euc", script], cwd=clone.top, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_block_is_what_it_says(number: int) -> None:
    language, text = BLOCKS[number]

    assert language != "yaml" or yaml.safe_load(text)
    assert not re.search(r"[ \t]$", text, re.MULTILINE)


@pytest.mark.parametrize("heading", HEADINGS)
def test_the_block_of_a_platform_finds_what_a_request_adds(heading: str, origin: Origin, tmp_path: Path) -> None:
    ran = 0
    for number, (language, text) in enumerate(section(heading)):
        lines = shell_lines(language, text)
        if any("monei-guard" in line for line in lines if not INSTALLS.search(line)):
            folder = tmp_path / str(number)
            folder.mkdir()
            done = run_script(lines, HEADINGS[heading], origin, folder)
            assert done.returncode == 1, done.stderr.decode()
            assert b" a:1:15" in done.stdout
            ran += 1

    assert ran


def test_the_gitlab_job_leaves_the_reports_it_hands_over(origin: Origin, tmp_path: Path) -> None:
    job = yaml.safe_load(GITLAB)["monei-guard"]

    done = run_script(job["script"], "GitLab CI/CD", origin, tmp_path)

    assert done.returncode == 1
    assert all((tmp_path / "clone" / path).is_file() for path in job["artifacts"]["reports"].values())
    assert job["variables"]["GIT_DEPTH"] == "0"


def test_every_report_of_a_platform_is_in_its_block() -> None:
    for platform in PLATFORMS:
        for _, path in platform.reports:
            assert path in PAGE + GITLAB or path.partition("/")[0] + "/" in PAGE


def test_versions_are_those_of_this_checkout() -> None:
    files = (PAGE, GITLAB, (ROOT / "ci" / "pipe.yml").read_text(encoding="utf-8"))
    named = [one for text in files for one in re.findall(r"(?:monei-guard(?:==|:)|VERSION: \"|v)(\d+\.\d+\.\d+)", text)]

    assert set(named) - {"7.0.1"} == {__version__}


def test_every_action_is_pinned_to_a_commit() -> None:
    used = re.findall(r"uses: (\S+)", (ROOT / "action.yml").read_text(encoding="utf-8") + PAGE)

    assert [one for one in used if not re.fullmatch(r"[\w./-]+@(?:[0-9a-f]{40}|COMMIT)", one)] == []


def tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def workflows(tmp_path: Path) -> Path:
    """Return a folder with the documentation's workflows where GitHub has them."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for number, (language, text) in enumerate(section("GitHub Actions")):
        if language == "yaml":
            (folder / f"{number}.yml").write_text(text.replace("@COMMIT", "@" + "1" * 40))
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_zizmor_finds_nothing_in_the_action_and_the_workflows(workflows: Path) -> None:
    asked = [tool("zizmor"), "--offline", str(ROOT / "action.yml"), str(workflows / ".github")]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_actionlint_finds_nothing_in_the_workflows(workflows: Path) -> None:
    """No package index has a wheel of it: it is run where somebody installed it."""
    done = subprocess.run([tool("actionlint")], cwd=workflows, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    done = subprocess.run(
        [tool("hadolint"), "--no-color", str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions and their text, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def test_the_image_runs_without_a_shell_and_without_root() -> None:
    last = dict(instructions())

    assert last["ENTRYPOINT"].startswith("[")
    assert last["CMD"] == '["ci"]'
    assert last["USER"].isdigit()
    assert last["USER"] != "0"


@pytest.mark.timeout(300)
def test_the_steps_of_the_image_make_a_command_that_runs(tmp_path: Path) -> None:
    """What is copied and run in the first stage, in a folder of its own in place of /build and /opt."""
    build, opt = tmp_path / "build", tmp_path / "opt"
    build.mkdir()
    for name, rest in instructions():
        *sources, target = rest.split()
        if name == "FROM" and "AS build" not in rest:
            break
        if name == "COPY":
            for source in sources:
                place = build / target / Path(source).name if target == "./" else build / target
                copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
                copy(ROOT / source, place)
        if name == "RUN":
            script = rest.replace("/opt/", f"{opt}/").replace("python -m venv", f"{sys.executable} -m venv")
            done = subprocess.run(["sh", "-euc", script], cwd=build, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr

    command = dict(instructions())["ENTRYPOINT"].strip('[]"').replace("/opt/", f"{opt}/")
    shutil.rmtree(build)
    assert __version__ in subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    listed = subprocess.run([command, "rules", "list"], capture_output=True, text=True, check=True).stdout
    assert "MG101" in listed


@pytest.mark.timeout(300)
def test_the_steps_of_the_action_find_what_a_request_adds(origin: Origin, tmp_path: Path) -> None:
    """The shell steps as the runner would run them; what other actions do is not ours to test."""
    run = run_of("GitHub Actions")
    clone = origin.clone(run.at, tmp_path / "clone")
    (clone.top / "venv.py").write_text("raise SystemExit('a module of the checkout was run')\n")
    shutil.copytree(clone.top, clone.top / "pip", ignore=shutil.ignore_patterns("*"))
    (clone.top / "pip" / "__init__.py").write_text("raise SystemExit('a module of the checkout was run')\n")
    known = {
        "steps.python.outputs.python-path": sys.executable,
        "github.action_path": str(ROOT),
        "runner.temp": str(tmp_path),
        "steps.scan.outputs.exit-code": "1",
        **{f"inputs.{name}": str(one["default"]) for name, one in ACTION["inputs"].items()},
        "inputs.args": "--fail-on=medium\n--min-confidence=low\n",
    }
    output = tmp_path / "output"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "PYTHON"))}
    environment |= run.environment(origin, tmp_path) | {"GITHUB_OUTPUT": str(output)}
    codes = []
    for step in ACTION["runs"]["steps"]:
        if "run" not in step:
            continue
        own = {
            name: re.sub(r"\$\{\{ (.*?) \}\}", lambda one: known[one[1]], text) for name, text in step["env"].items()
        }
        assert "${{" not in step["run"]
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=clone.top, env=environment | own, capture_output=True, text=True, check=False,
        )  # fmt: skip
        codes.append(done.returncode)
        assert "checkout was run" not in done.stderr

    assert codes == [0, 0, 1]
    assert output.read_text() == f"exit-code=1\nsarif-file={tmp_path}/monei-guard.sarif\n"
    assert '"MG101"' in (tmp_path / "monei-guard.sarif").read_text()
