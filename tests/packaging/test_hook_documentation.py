"""What docs/pre-commit.md and docs/pre-receive.md show is what is shipped."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PRE_COMMIT = (ROOT / "docs" / "pre-commit.md").read_text(encoding="utf-8")
PRE_RECEIVE = (ROOT / "docs" / "pre-receive.md").read_text(encoding="utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_every_id_is_documented_with_its_stages() -> None:
    rows = dict(re.findall(r"^\| `(monei-guard[a-z-]*)` \| (.*?) \|", PRE_COMMIT, re.MULTILINE))
    assert {hook["id"]: ", ".join(f"`{one}`" for one in hook["stages"]) for hook in HOOKS} == rows


def test_the_minimum_version_is_the_documented_one() -> None:
    assert {hook["minimum_pre_commit_version"] for hook in HOOKS} == {"3.2.0"}
    assert "pre-commit 3.2," in PRE_COMMIT


def test_the_shown_configuration_names_ids_that_there_are() -> None:
    first = re.search(r"```yaml\n(.*?)```", PRE_COMMIT, re.DOTALL)
    assert first is not None
    (repo,) = yaml.safe_load(first[1])["repos"]
    assert {hook["id"] for hook in repo["hooks"]} < {hook["id"] for hook in HOOKS}


def test_the_shown_pre_receive_hook_is_the_shipped_one() -> None:
    shipped = (ROOT / "hooks" / "pre-receive").read_text(encoding="utf-8")
    assert f"```sh\n{shipped}```" in PRE_RECEIVE
