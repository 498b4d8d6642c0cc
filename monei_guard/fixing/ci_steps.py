"""What `init` offers for the CI systems of a repository: a step that runs `monei-guard ci`.

A system that reads every file of a folder gets a file of its own, GitLab a job at the end of its one file. In the files
of the others a step has its place between other steps, which no machine should choose: what to paste is shown. All of
each is in docs/ci.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

from monei_guard.fixing.fixes import Edit
from monei_guard.fixing.text_edits import UnsuitableTextError, with_lines

_YAML = (b".yml", b".yaml")
_NAME = b"monei-guard"


@dataclass(frozen=True, slots=True)
class Paste:
    """Lines for a person to paste into the file of a CI system."""

    where: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CiSteps:
    """Files to write, lines to paste, and what could not be done."""

    edits: tuple[Edit, ...]
    pastes: tuple[Paste, ...]
    problems: tuple[str, ...]


def github_workflow(version: str) -> str:
    """Return a workflow for GitHub, Gitea or Forgejo that scans what comes in; it needs no secret and may not write."""
    return f"""\
name: monei-guard
on:
  push:
  pull_request:
permissions:
  contents: read
jobs:
  monei-guard:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - run: pipx install monei-guard=={version}
      - run: monei-guard ci
"""


def woodpecker_workflow(version: str) -> str:
    """Return a workflow for Woodpecker's folder."""
    return f"""\
when:
  - event: [push, pull_request, tag, cron]
clone:
  git:
    image: woodpeckerci/plugin-git
    settings:
      partial: false
      fetch-target-branch: true
steps:
  - name: monei-guard
    image: python:3.13
    commands:
      - pip install --quiet monei-guard=={version}
      - monei-guard ci
"""


def gitlab_job(version: str) -> tuple[str, ...]:
    """Return a job for `.gitlab-ci.yml`. The stage `.pre` exists in every pipeline."""
    return (
        "monei-guard:",
        "  stage: .pre",
        "  image: python:3.13-slim",
        "  variables:",
        '    GIT_DEPTH: "0"',
        "  before_script:",
        "    - apt-get update -qq && apt-get install -qq -y --no-install-recommends git",
        f"    - pip install --quiet monei-guard=={version}",
        "  script:",
        "    - monei-guard ci",
        "  rules:",
        '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"',
        "    - if: $CI_COMMIT_BRANCH",
        "    - if: $CI_COMMIT_TAG",
        "  artifacts:",
        "    when: always",
        "    reports:",
        "      secret_detection: gl-secret-detection-report.json",
        "      junit: monei-guard-junit.xml",
    )


# Folder of which every file is read -> what to write there, and under which name.
_FOLDERS: dict[bytes, Callable[[str], str]] = {
    b".github/workflows/": github_workflow,
    b".gitea/workflows/": github_workflow,
    b".forgejo/workflows/": github_workflow,
    b".woodpecker/": woodpecker_workflow,
}

# One file of everything -> the system's name, and lines to paste, `VERSION` in them.
_FILES: dict[bytes, tuple[str, tuple[str, ...]]] = {
    b".circleci/config.yml": ("CircleCI", (
        "environment:",
        "  MONEI_GUARD_BASE: << pipeline.git.base_revision >>",
        "steps:",
        "  - checkout:",
        "      method: full",
        "  - run: pip install --quiet monei-guard==VERSION",
        "  - run: monei-guard ci",
        "  - store_test_results:",
        "      path: monei-guard-junit.xml",
    )),
    b"bitbucket-pipelines.yml": ("Bitbucket Pipelines", (
        "clone:",
        "  depth: full",
        "script:",
        "  - pip install --quiet monei-guard==VERSION",
        "  - monei-guard ci",
    )),
    b"azure-pipelines.yml": ("Azure Pipelines", (
        "- checkout: self",
        "  fetchDepth: 0",
        "  persistCredentials: false",
        "- script: pipx install monei-guard==VERSION",
        "- script: monei-guard ci",
        "- task: PublishTestResults@2",
        "  condition: always()",
        "  inputs:",
        "    testResultsFiles: monei-guard-junit.xml",
    )),
    b"Jenkinsfile": ("Jenkins", (
        """sh 'python -I -m venv "$WORKSPACE_TMP/monei-guard"'""",
        """sh '"$WORKSPACE_TMP/monei-guard/bin/pip" install --quiet monei-guard==VERSION'""",
        """sh '"$WORKSPACE_TMP/monei-guard/bin/monei-guard" ci'""",
    )),
    b".buildkite/pipeline.yml": ("Buildkite", (
        "- label: monei-guard",
        "  command: |",
        "    pipx install monei-guard==VERSION",
        "    monei-guard ci",
        "  artifact_paths: monei-guard-junit.xml",
    )),
    b".woodpecker.yml": ("Woodpecker", (
        "- name: monei-guard",
        "  image: python:3.13",
        "  commands:",
        "    - pip install --quiet monei-guard==VERSION",
        "    - monei-guard ci",
    )),
    b".drone.yml": ("Drone", (
        "- name: monei-guard",
        "  image: python:3.13",
        "  commands:",
        "    - pip install --quiet monei-guard==VERSION",
        "    - monei-guard ci",
    )),
    b".travis.yml": ("Travis CI", (
        "git:",
        "  depth: false",
        "install: pip install --quiet monei-guard==VERSION",
        "script: monei-guard ci",
    )),
}  # fmt: skip


def ci_steps(version: str, paths: frozenset[bytes], read: Callable[[bytes], bytes | None]) -> CiSteps:
    """Return a step for each CI system whose files are among `paths` and do not mention monei-guard yet."""
    edits: list[Edit] = []
    problems: list[str] = []
    for folder, content in _FOLDERS.items():
        there = [path for path in paths if path.startswith(folder) and path.endswith(_YAML)]
        if there and not any(_NAME in (read(path) or b"") for path in there):
            edits.append(Edit(folder + b"monei-guard.yml", None, content(version).encode(), "scan what comes in"))
    gitlab = read(b".gitlab-ci.yml") if b".gitlab-ci.yml" in paths else None
    if gitlab is not None and _NAME not in gitlab:
        try:
            after = with_lines(gitlab, gitlab_job(version), "Keys are found before the pipeline does anything else")
            edits.append(Edit(b".gitlab-ci.yml", gitlab, after, "scan in every pipeline"))
        except UnsuitableTextError as error:
            problems.append(f".gitlab-ci.yml: {error}")
    pastes = tuple(
        Paste(f"add a step to {name} ({path.decode()})", tuple(line.replace("VERSION", version) for line in lines))
        for path, (name, lines) in _FILES.items()
        if path in paths and _NAME not in (read(path) or b"")
    )
    return CiSteps(tuple(edits), pastes, tuple(problems))
