"""What `init` writes where nothing stands yet: configuration, the hook's entry, a CI step."""

from collections.abc import Callable
from dataclasses import dataclass

from monei_guard.hygiene.mending import Edit
from monei_guard.hygiene.text_edits import UnsuitableTextError, with_lines, with_pre_commit_hook

CONFIGURATION = """\
# Configuration of monei-guard; 'monei-guard scan --help' shows the options.
# Every setting has a default; take the '# ' away where you want another value.

# exclude = ["tests/fixtures/"]   # .gitignore patterns of paths that are not scanned
# ignore = ["MG206"]              # rules that do not apply here: 'monei-guard rules list' shows them
# min-confidence = "medium"       # low | medium | high
# fail-on = "low"                 # info | low | medium | high | critical
"""


def pre_commit_item(version: str) -> tuple[str, ...]:
    """Return the lines of an item for `.pre-commit-config.yaml`: the installed version, from the package index."""
    return (
        "- repo: local",
        "  hooks:",
        "    - id: monei-guard",
        "      name: monei-guard (what this commit would record)",
        "      entry: monei-guard staged",
        "      language: python",
        f'      additional_dependencies: ["monei-guard=={version}"]',
        "      pass_filenames: false",
        "      always_run: true",
    )


def github_workflow(version: str) -> str:
    """Return a GitHub Actions workflow that scans every push and pull request; it needs no secret and may not write."""
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
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: pipx run monei-guard=={version} scan .
"""


def gitlab_job(version: str) -> tuple[str, ...]:
    """Return a job for `.gitlab-ci.yml`. The stage `.pre` exists in every pipeline."""
    return (
        "monei-guard:",
        "  stage: .pre",
        "  image: python:3.13-slim",
        "  before_script:",
        "    - apt-get update -qq && apt-get install -qq -y git",
        f"    - pip install --quiet monei-guard=={version}",
        "  script:",
        "    - monei-guard scan .",
    )


# Configuration of CI systems that is not edited by machine: what to add by hand.
CI_BY_HAND = {
    b".circleci/config.yml": "CircleCI",
    b"bitbucket-pipelines.yml": "Bitbucket Pipelines",
    b"azure-pipelines.yml": "Azure Pipelines",
    b"Jenkinsfile": "Jenkins",
    b".travis.yml": "Travis CI",
    b".drone.yml": "Drone",
}


@dataclass(frozen=True, slots=True)
class Starters:
    """What the folder has already, as far as starter files are concerned."""

    version: str
    paths: frozenset[bytes]
    read: Callable[[bytes], bytes | None]


def starter_edits(now: Starters) -> tuple[list[Edit], list[str]]:
    """Return the files to write, and what to add by hand. Nothing that mentions monei-guard already is touched."""
    edits: list[Edit] = []
    by_hand: list[str] = []
    if not _is_configured(now):
        edits.append(Edit(b".monei-guard.toml", None, CONFIGURATION.encode(), "a configuration to start from"))
    _pre_commit(now, edits, by_hand)
    _ci(now, edits, by_hand)
    return edits, by_hand


def uses_hook_manager(now: Starters) -> bool:
    """Whether a hook manager owns `.git/hooks`, so that a hook written there would be overwritten or ignored."""
    managers = (b".pre-commit-config.yaml", b"lefthook.yml", b"lefthook.yaml", b".lefthook.yml", b".overcommit.yml")
    return any(name in now.paths for name in managers) or any(path.startswith(b".husky/") for path in now.paths)


def _is_configured(now: Starters) -> bool:
    return b".monei-guard.toml" in now.paths or b"[tool.monei-guard" in (now.read(b"pyproject.toml") or b"")


def _pre_commit(now: Starters, edits: list[Edit], by_hand: list[str]) -> None:
    path = b".pre-commit-config.yaml"
    before = now.read(path) if path in now.paths else None
    if before is not None and b"monei-guard" not in before:
        after = with_pre_commit_hook(before, pre_commit_item(now.version))
        if after is None:
            by_hand.append("add a hook that runs 'monei-guard staged' to .pre-commit-config.yaml: its list of repos is "
                           "not written in the usual form")  # fmt: skip
        else:
            edits.append(Edit(path, before, after, "run monei-guard before every commit"))
    others = [p for p in (b"lefthook.yml", b"lefthook.yaml", b".lefthook.yml", b".husky/pre-commit") if p in now.paths]
    by_hand.extend(
        f"add the command 'monei-guard staged' to {name.decode()}"
        for name in others if b"monei-guard" not in (now.read(name) or b"")
    )  # fmt: skip


def _ci(now: Starters, edits: list[Edit], by_hand: list[str]) -> None:
    workflows = [p for p in now.paths if p.startswith(b".github/workflows/") and p.endswith((b".yml", b".yaml"))]
    if workflows and not any(b"monei-guard" in (now.read(path) or b"") for path in workflows):
        path = b".github/workflows/monei-guard.yml"
        edits.append(Edit(path, None, github_workflow(now.version).encode(), "scan every push and pull request"))
    gitlab = now.read(b".gitlab-ci.yml") if b".gitlab-ci.yml" in now.paths else None
    if gitlab is not None and b"monei-guard" not in gitlab:
        try:
            after = with_lines(gitlab, gitlab_job(now.version), "Keys are found before the pipeline does anything else")
            edits.append(Edit(b".gitlab-ci.yml", gitlab, after, "scan in every pipeline"))
        except UnsuitableTextError as error:
            by_hand.append(f".gitlab-ci.yml: {error}")
    for path, name in CI_BY_HAND.items():
        if path in now.paths and b"monei-guard" not in (now.read(path) or b""):
            command = f"pip install monei-guard=={now.version} && monei-guard scan ."
            by_hand.append(f"add a step to {name} ({path.decode()}): {command}")
