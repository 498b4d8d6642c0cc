"""Recorded CI runs: the variables and payloads of each platform, as its documentation gives them, and a repository.

Each file of tests/ci/recorded names the pages it was written from. `<main>`, `<feature:12>` and the like stand for
commits of the repository below, `<gone>` for one that no longer exists, `<zero>` for the id of zeros.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
from git_repository import GitRepository, new_repository
from guard_process import Outcome
from made_keys import api_key

Ci = Callable[..., Outcome]  # a platform's variables, a folder, arguments

RECORDED = Path(__file__).parent / "ci" / "recorded"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One run: `at` is the commit that is checked out, `finds` the files whose keys it has to report."""

    platform: str
    name: str
    at: str
    finds: tuple[str, ...]
    variables: Mapping[str, str]
    payload: str | None

    def environment(self, origin: "Origin", folder: Path) -> dict[str, str]:
        """Return the variables with the origin's commits in them; the payload is written to `folder`."""
        filled = {name: origin.fill(value) for name, value in self.variables.items()}
        if self.payload is not None:
            path = folder / "event.json"
            path.write_text(origin.fill((RECORDED / "github" / f"{self.payload}.json").read_text()))
            filled["GITHUB_EVENT_PATH"] = str(path)
        return filled


def recorded_runs() -> list[RecordedRun]:
    """Return every recorded run."""
    found = []
    for path in sorted(RECORDED.glob("*.toml")):
        document = tomli.loads(path.read_text())
        for run in document["run"]:
            variables = document["variables"] | run["variables"]
            name, finds = run["name"], tuple(run["finds"])
            found.append(RecordedRun(document["platform"], name, run["at"], finds, variables, run.get("payload")))
    return found


def line(name: str) -> str:
    """Return the line with a key that stands in the file `name`."""
    return f"MONEI_API_KEY={api_key(name)}\n"


@dataclass(frozen=True, slots=True)
class Origin:
    """What the CI systems clone: `old` and then `main` on the branch main; from `old`, `first` and `feature`.

    `feature` is a branch and, as annotated tag v1, `tag`; `merge` is a trial merge of it into main that only
    refs/pull/1/merge leads to. Each of old, main, first and feature adds a file with a key: old, m, a, b.
    """

    repository: GitRepository
    commits: Mapping[str, str]

    def fill(self, text: str) -> str:
        """Return the text with every `<name>` and `<name:length>` replaced."""
        return re.sub(r"<(\w+)(?::(\d+))?>", lambda one: self.commits[one[1]][: int(one[2] or 64)], text)

    def clone(self, at: str, folder: Path, *arguments: str) -> GitRepository:
        """Return a clone with the commit `at` checked out as CI systems do, without a branch."""
        self.repository.git("clone", "-q", "--no-checkout", *arguments, self.repository.top.as_uri(), str(folder))
        clone = GitRepository(folder)
        depth = [one for one in arguments if one.startswith("--depth")]
        clone.git("fetch", "-q", *depth, "origin", self.commits[at])
        clone.git("checkout", "-q", "--detach", self.commits[at])
        return clone


def new_origin(folder: Path) -> Origin:
    """Make the repository."""
    made = new_repository(folder)
    made.git("config", "uploadpack.allowAnySHA1InWant", "true")
    made.git("config", "uploadpack.allowFilter", "true")
    old = made.commit("old", old=line("old"))
    made.git("checkout", "-q", "-b", "feature")
    first = made.commit("first", a=line("a"))
    feature = made.commit("feature", b=line("b"))
    made.git("tag", "-a", "v1", "-m", "version 1")
    made.git("checkout", "-q", "main")
    main = made.commit("main", m=line("m"))
    made.git("checkout", "-q", "--detach")
    made.git("merge", "-q", "--no-ff", "-m", "trial merge", "feature")
    made.git("update-ref", "refs/pull/1/merge", "HEAD")
    merge = made.git("rev-parse", "HEAD").decode().strip()
    made.git("checkout", "-q", "main")
    tag = made.git("rev-parse", "refs/tags/v1").decode().strip()
    commits = {
        "old": old, "main": main, "first": first, "feature": feature, "merge": merge, "tag": tag,
        "zero": "0" * 40, "gone": "123456789abcdef0" * 2 + "12345678",
    }  # fmt: skip
    return Origin(made, commits)


def github_event(folder: Path, **payload: Any) -> dict[str, str]:
    """Return GitHub's variables for a payload of one's own, which is written to `folder`."""
    path = folder / "event.json"
    path.write_text(json.dumps(payload))
    return {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(path)}
