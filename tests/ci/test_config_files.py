"""What is known of a CI system stands once: its files make the hook look, are CI's to the checks, and get its step."""

import re
from itertools import product

import pytest

from monei_guard.ci_platforms.config_files import CONFIG_FILES
from monei_guard.ci_platforms.registry import PLATFORMS
from monei_guard.ci_platforms.steps import WorkflowFile
from monei_guard.hygiene.readers.deployment_files import DeploymentFile, deployment_file
from monei_guard.hygiene.selection import concerns_hygiene

# Of these systems monei-guard has only the files, no way to tell what a run is about.
FILES_ALONE = {"AppVeyor", "AWS CodeBuild", "Cirrus CI", "Codemagic", "Google Cloud Build", "Semaphore"}
PATTERNS = [(system, pattern) for system, patterns in CONFIG_FILES.items() for pattern in patterns]


def examples(pattern: str) -> list[bytes]:
    """Return paths that a pattern stands for."""
    parts = re.split(r"(\*\*/|\*\*$|\*\*|\*|\{.*?\})", pattern)
    choices = {"**/": ["", "apps/api/"], "**": ["x", "x/y"], "*": ["", "-x"]}
    last = len(parts) - 2 if parts[-1] == "" else len(parts) - 1
    each = [
        part[1:-1].split(",") if part.startswith("{")
        else ["x.yml", "x/y.yaml"] if part == "**" and number == last
        else choices.get(part, [part])
        for number, part in enumerate(parts)
    ]  # fmt: skip
    return ["".join(chosen).encode() for chosen in product(*each)]


@pytest.mark.parametrize(("system", "pattern"), PATTERNS, ids=[pattern for _, pattern in PATTERNS])
def test_a_configuration_file_makes_the_hook_look_and_is_known_to_the_checks(system: str, pattern: str) -> None:
    paths = examples(pattern)
    assert paths
    assert [path for path in paths if not concerns_hygiene(path)] == []
    assert [path for path in paths if deployment_file(path) is not DeploymentFile.CI] == []
    assert [path for path in paths if deployment_file(path.upper()) is not DeploymentFile.CI] == []


def test_ordinary_files_are_no_configuration_of_ci() -> None:
    for path in (
        b".github/dependabot.yml",
        b"gitlab-ci.md",
        b"src/travis.yml",
        b"action.ymlx",
        b"azure-pipelines.json",
    ):
        assert deployment_file(path) is not DeploymentFile.CI


def test_every_platform_has_its_files_in_the_table_and_nobody_else_has() -> None:
    assert {platform.name for platform in PLATFORMS} | FILES_ALONE == set(CONFIG_FILES)
    for platform in PLATFORMS:
        assert platform.config_files == CONFIG_FILES[platform.name]


def test_a_step_belongs_into_a_file_of_its_platform() -> None:
    for platform in PLATFORMS:
        begins = tuple(
            pattern.removeprefix("**/").partition("*")[0].partition("{")[0] for pattern in platform.config_files
        )
        for step in platform.steps:
            path = step.folder + b"x.yml" if isinstance(step, WorkflowFile) else step.path.lower()
            assert path.decode().startswith(begins)
            assert deployment_file(path) is DeploymentFile.CI


def test_every_platform_but_one_has_a_step_that_runs_the_command() -> None:
    # TeamCity's is in its server, not in a file.
    assert [platform.name for platform in PLATFORMS if not platform.steps] == ["TeamCity"]
    for platform in PLATFORMS:
        for step in platform.steps:
            text = step.text if isinstance(step, WorkflowFile) else "\n".join(step.lines)
            assert re.search(r'monei-guard"? ci\b', text)
            assert "VERSION" in text
