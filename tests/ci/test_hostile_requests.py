"""What whoever opens a pull request can write must neither steer the log nor hide a key in silence."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ci_runs import Ci, Origin, github_event, line
from guard_process import Outcome
from made_keys import api_key

from monei_guard.ci_platforms.event import branch_name, branches, ids, tag_ref
from monei_guard.ruleset.bundled import DIRECTIVE

NAMES = [
    "::error::x", "-x", "main\n::add-mask::x", "main^{/x}", "main@{upstream}", "a..b", "main:file", "--all",
    "x/", "a//b", "refs/pull/1/merge", "x\u0000y", "x" * 300, "*", "", ".x", "a/.b", None, 7, {"a": 1}, ["main"],
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_a_name_that_git_would_read_more_into_is_no_name(name: object) -> None:
    assert branch_name(name) is None
    assert branches(name) == tag_ref(name) == ()


@pytest.mark.parametrize("value", ["0" * 40, "0" * 64, "HEAD", "abc", "--all", "g" * 40, "a" * 65, "A" * 40, None, []])
def test_what_is_no_id_is_none(value: object) -> None:
    assert ids(value) == ()


def feature_run(origin: Origin, event: str, payload: Path) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(payload), "GITHUB_EVENT_NAME": event,
        "GITHUB_SHA": origin.commits["feature"], "GITHUB_REF": "refs/heads/feature",
    }  # fmt: skip


@pytest.mark.parametrize("payload", [
    b'{"pull_request": []}', b'{"pull_request": {}}', b'{"before": 7, "after": {}}',
    b'{"pull_request": {"head": {"sha": "--all"}, "base": {"sha": ["x"], "ref": "-x"}}}',
    b'{"before": "refs/heads/main", "after": "HEAD"}',
])  # fmt: skip
@pytest.mark.parametrize("event", ["pull_request", "push", "merge_group"])
def test_where_a_payload_says_nothing_more_is_looked_at(
    payload: bytes, event: str, origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    clone = origin.clone("feature", tmp_path / "clone")
    (tmp_path / "event.json").write_bytes(payload)

    outcome = ci(feature_run(origin, event, tmp_path / "event.json"), clone.top)

    assert outcome.code == 1, outcome.text
    assert {"a", "b"} <= {path for path, _ in outcome.places}


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b"7" * 5000])
def test_a_payload_that_cannot_be_read_leaves_the_run_incomplete(
    payload: bytes, origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    clone = origin.clone("feature", tmp_path / "clone")
    (tmp_path / "event.json").write_bytes(payload)

    outcome = ci(feature_run(origin, "pull_request", tmp_path / "event.json"), clone.top)

    assert outcome.code == 3
    assert "the event's payload" in json.dumps(outcome.report["errors"])
    assert {"a", "b"} <= {path for path, _ in outcome.places}


def test_a_payload_that_is_a_pipe_is_not_waited_for(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone("feature", tmp_path / "clone")
    os.mkfifo(tmp_path / "pipe")

    assert ci(feature_run(origin, "push", tmp_path / "pipe"), clone.top).code == 3


def test_the_request_of_a_fork_whose_commits_are_not_checked_out_is_not_called_clean(
    origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    """pull_request_target checks out the target branch: nothing of the request is in it."""
    clone = origin.clone("main", tmp_path / "clone", "--single-branch", "--branch=main")
    request = {"head": {"sha": origin.commits["gone"]}, "base": {"sha": origin.commits["main"], "ref": "main"}}
    variables = github_event(tmp_path, pull_request=request) | {"GITHUB_EVENT_NAME": "pull_request_target"}

    outcome = ci(variables, clone.top)

    assert outcome.code == 3
    assert "is not in this checkout" in json.dumps(outcome.report["errors"])


def test_nothing_that_a_request_names_is_a_command_of_the_log(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone("feature", tmp_path / "clone")
    evil = "x\n::stop-commands::e\n##vso[task.setvariable]x\n##teamcity[buildStatus text='x']\x1b[2J" + api_key("title")
    request = {
        "title": evil, "body": evil, "head": {"sha": evil, "ref": evil}, "base": {"sha": "", "ref": evil},
    }  # fmt: skip
    variables = github_event(tmp_path, pull_request=request) | {
        "GITHUB_EVENT_NAME": evil, "GITHUB_HEAD_REF": evil, "GITHUB_BASE_REF": evil, "GITHUB_REF": evil,
        "GITHUB_SHA": evil, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }  # fmt: skip

    outcome = ci(variables, clone.top, plain=True)

    written = outcome.text + (tmp_path / "summary.md").read_text()
    assert api_key("title") not in written
    assert "\x1b" not in written
    started = [one for one in written.splitlines() if one.startswith(("::", "##"))]
    assert all(one.startswith(("::error ", "::warning ", "::notice ", "## monei-guard")) for one in started)


def request_to(origin: Origin, folder: Path, head: str) -> dict[str, str]:
    payload = {"head": {"sha": head}, "base": {"sha": origin.commits["main"], "ref": "main"}}
    return github_event(folder, pull_request=payload) | {"GITHUB_EVENT_NAME": "pull_request"}


@pytest.mark.parametrize(("name", "content"), [
    (".monei-guard.toml", 'ignore = ["MG1"]\n'),
    (".monei-guard.toml", 'exclude = ["*"]\n'),
    ("pyproject.toml", '[tool.monei-guard]\nselect = ["MG4"]\n'),
])  # fmt: skip
def test_a_configuration_that_the_request_brings_is_named_wherever_it_is_read(
    name: str, content: str, origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    clone = origin.clone("feature", tmp_path / "clone")
    head = clone.commit_file(name, content)
    summary = tmp_path / "summary.md"
    variables = request_to(origin, tmp_path, head) | {"GITHUB_STEP_SUMMARY": str(summary)}

    outcome = ci(variables, clone.top, plain=True)

    assert outcome.code == 0
    warning = f"what is scanned changes {name}, by which it is judged (turns off: "
    assert f"::warning title=monei-guard::{warning}" in outcome.out.decode()
    assert f"note: in force: {clone.top / name}" in outcome.err.decode()
    assert warning in outcome.err.decode()
    assert warning in summary.read_text()

    strict = ci(variables, clone.top, "--no-trust-config")

    assert sorted(path for path, _ in strict.places) == ["a", "b"]
    assert "nothing that the checkout itself says is trusted" in strict.err.decode()


def test_a_configuration_that_was_there_before_is_named_without_a_warning(
    tmp_path: Path, origin: Origin, ci: Ci
) -> None:
    clone = origin.clone("main", tmp_path / "clone")
    base = clone.commit_file(".monei-guard.toml", 'ignore = ["MG206"]\n')
    head = clone.commit(c=line("c"))
    payload = {"before": base, "after": head, "repository": {"default_branch": "main"}}
    variables = github_event(tmp_path, **payload) | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}

    outcome = ci(variables, clone.top)

    assert outcome.places == [("c", 1)]
    assert "note: in force: " in outcome.err.decode()
    assert "warning" not in outcome.err.decode()


def test_what_a_directive_hides_is_named(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone("main", tmp_path / "clone")
    hidden = line("c").rstrip() + f'  # {DIRECTIVE} ignore[MG101] reason="only a test"\n'
    head = clone.commit_file("c", hidden)

    outcome = ci(request_to(origin, tmp_path, head), clone.top, plain=True)

    assert outcome.code == 0
    assert "::notice title=monei-guard::suppressed: MG101 at c:1:15 (inline: only a test)" in outcome.out.decode()


def test_a_baseline_that_the_request_brings_is_named(
    origin: Origin, tmp_path: Path, ci: Ci, guard: Callable[..., Outcome]
) -> None:
    clone = origin.clone("feature", tmp_path / "clone")
    guard("baseline", "create", "--reason", "all is well", cwd=clone.top, plain=True)
    clone.stage(".monei-guard-baseline.json")
    head = clone.commit()

    outcome = ci(request_to(origin, tmp_path, head), clone.top)

    assert "what is scanned changes .monei-guard-baseline.json" in outcome.err.decode()


@pytest.mark.parametrize("link", ["gl-secret-detection-report.json", "monei-guard-junit.xml"])
def test_no_report_is_written_through_a_link_of_the_checkout(link: str, origin: Origin, tmp_path: Path, ci: Ci) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious\n")
    clone = origin.clone("main", tmp_path / "clone")
    (clone.top / link).symlink_to(victim)
    head = clone.commit_file("c", "nothing\n")
    variables = {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_SHA": head,
                 "CI_COMMIT_BEFORE_SHA": origin.commits["main"], "CI_COMMIT_BRANCH": "main"}  # fmt: skip

    outcome = ci(variables, clone.top)

    assert victim.read_text() == "precious\n"
    assert outcome.code == 3
    assert "symbolic link" in json.dumps(outcome.report["errors"])


def test_a_tag_that_is_named_like_a_commit_is_not_taken_for_it(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone("feature", tmp_path / "clone")
    clone.git("tag", origin.commits["main"][:12], origin.commits["feature"])
    variables = {
        "BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_ID": "1", "BITBUCKET_COMMIT": origin.commits["feature"],
        "BITBUCKET_PR_DESTINATION_COMMIT": origin.commits["main"][:12],
    }  # fmt: skip

    outcome = ci(variables, clone.top)

    assert sorted(path for path, _ in outcome.places) == ["a", "b"]
