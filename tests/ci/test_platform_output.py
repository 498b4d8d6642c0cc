"""What each platform reads of a run is there, in the form it reads, and no key is in it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from ci_runs import Ci, Origin, RecordedRun, github_event, line, recorded_runs
from git_repository import GitRepository, new_repository
from guard_process import Outcome
from junitparser import JUnitXml
from made_keys import api_key

RUNS = [run for run in recorded_runs() if "request" in run.name]
KEYS = [api_key(name).encode() for name in ("old", "m", "a", "b", "env")]
JUNIT = {
    "GitLab CI/CD": "monei-guard-junit.xml",
    "CircleCI": "monei-guard-junit.xml",
    "Bitbucket Pipelines": "test-results/monei-guard.xml",
    "Azure Pipelines": "monei-guard-junit.xml",
    "Jenkins": "monei-guard-junit.xml",
    "Buildkite": "monei-guard-junit.xml",
    "TeamCity": "monei-guard-junit.xml",
}


def run_of(platform: str) -> RecordedRun:
    return next(run for run in RUNS if run.platform == platform)


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.platform}: {run.name}")
def test_no_key_reaches_the_log_or_a_file(run: RecordedRun, origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone(run.at, tmp_path / "clone")
    before = set(clone.top.rglob("*"))
    summary = tmp_path / "summary.md"
    variables = run.environment(origin, tmp_path) | {"GITHUB_STEP_SUMMARY": str(summary)}

    outcome = ci(variables, clone.top, plain=True)

    made = [path for path in set(clone.top.rglob("*")) - before if path.is_file() and ".git" not in path.parts]
    written = [outcome.out, outcome.err, *(path.read_bytes() for path in (*made, summary) if path.exists())]
    assert outcome.code == 1
    assert not [key for key in KEYS for text in written if key in text]


@pytest.mark.parametrize("platform", JUNIT)
def test_a_platform_that_reads_junit_finds_it(platform: str, origin: Origin, tmp_path: Path, ci: Ci) -> None:
    run = run_of(platform)
    clone = origin.clone(run.at, tmp_path / "clone")

    outcome = ci(run.environment(origin, tmp_path), clone.top, plain=True)

    document = JUnitXml.fromfile(str(clone.top / JUNIT[platform]))
    assert sum(suite.failures for suite in document) == 2
    assert ("##teamcity[importData type='junit'" in outcome.out.decode()) == (platform == "TeamCity")


def test_gitlab_gets_its_secret_detection_report(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    run = run_of("GitLab CI/CD")
    clone = origin.clone(run.at, tmp_path / "clone")

    ci(run.environment(origin, tmp_path), clone.top, plain=True)

    report = json.loads((clone.top / "gl-secret-detection-report.json").read_text())
    assert sorted(one["location"]["file"] for one in report["vulnerabilities"]) == ["a", "b"]


@pytest.mark.parametrize("platform", ["GitHub Actions", "Gitea or Forgejo Actions"])
def test_actions_get_annotations_and_a_summary_after_what_stands_there(
    platform: str, origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    run = run_of(platform)
    clone = origin.clone(run.at, tmp_path / "clone")
    summary = tmp_path / "summary.md"
    summary.write_text("# Written before\n")

    outcome = ci(run.environment(origin, tmp_path) | {"GITHUB_STEP_SUMMARY": str(summary)}, clone.top, plain=True)

    assert len(re.findall(r"^::error file=[ab],line=1,.*title=MG101 api-key", outcome.out.decode(), re.MULTILINE)) == 2
    assert summary.read_text().startswith("# Written before\n## monei-guard: ❌ 2 findings")


def test_a_key_that_a_later_commit_took_out_is_annotated_without_a_place(
    origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    clone = origin.clone("main", tmp_path / "clone")
    clone.commit(gone=line("a"), moved=line("b"))
    clone.git("rm", "-q", "gone")
    head = clone.commit(moved="# a line more\n" + line("b"))
    payload = {"before": origin.commits["main"], "after": head}
    variables = github_event(tmp_path, **payload) | {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"}

    out = ci(variables, clone.top, plain=True).out.decode()

    assert re.search(r"^::error title=MG101 api-key::Monei API key \(gone:1:15\)", out, re.MULTILINE)
    assert re.search(r"^::error title=MG101 api-key::Monei API key \(moved:1:15\)", out, re.MULTILINE)


def test_a_report_for_a_program_has_standard_output_for_itself(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    run = run_of("GitHub Actions")
    clone = origin.clone(run.at, tmp_path / "clone")

    outcome = ci(run.environment(origin, tmp_path), clone.top, "--report", f"sarif={tmp_path / 'x.sarif'}")

    assert len(outcome.findings) == 2
    assert len(json.loads((tmp_path / "x.sarif").read_text())["runs"][0]["results"]) == 2


def test_a_report_that_is_asked_for_replaces_the_platforms_own(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    run = run_of("GitLab CI/CD")
    clone = origin.clone(run.at, tmp_path / "clone")

    ci(run.environment(origin, tmp_path), clone.top, "--report", f"junit={tmp_path / 'mine.xml'}")

    assert (tmp_path / "mine.xml").exists()
    assert not (clone.top / "monei-guard-junit.xml").exists()


def test_plain_writes_nothing_for_the_platform(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    run = run_of("GitLab CI/CD")
    clone = origin.clone(run.at, tmp_path / "clone")
    before = set(clone.top.iterdir())

    outcome = ci(run.environment(origin, tmp_path), clone.top, "--plain", plain=True)

    assert outcome.code == 1
    assert set(clone.top.iterdir()) == before


def test_what_a_bypassed_hook_would_have_said_is_said_here(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    """`git commit --no-verify` with a `.env` that nothing ignores: its key, and that it is tracked."""
    clone = origin.clone("main", tmp_path / "clone")
    head = clone.commit_file(".env", line("env"))
    variables = {"DRONE": "true", "DRONE_BUILD_EVENT": "push", "DRONE_COMMIT_SHA": head,
                 "DRONE_COMMIT_BEFORE": origin.commits["main"], "DRONE_BRANCH": "main"}  # fmt: skip

    outcome = ci(variables, clone.top)

    assert {"MG101", "MG201"} <= {one["code"] for one in outcome.findings}
    assert {path for path, _ in outcome.places} == {".env"}


def drone_request(origin: Origin) -> dict[str, str]:
    return {"DRONE": "true", "DRONE_BUILD_EVENT": "pull_request", "DRONE_TARGET_BRANCH": "main",
            "DRONE_COMMIT_SHA": origin.commits["feature"]}  # fmt: skip


def test_what_the_platform_rebases_onto_a_request_is_not_the_requests(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = GitRepository(new_repository(tmp_path / "clone").top)
    clone.git("remote", "add", "origin", origin.repository.top.as_uri())
    clone.git("fetch", "-q", "origin", "+refs/heads/main:")
    clone.git("checkout", "-q", "-B", "main", "FETCH_HEAD")
    clone.git("fetch", "-q", "origin", f"{origin.commits['feature']}:")
    clone.git("rebase", "-q", origin.commits["feature"])

    outcome = ci(drone_request(origin), clone.top)

    assert sorted(path for path, _ in outcome.places) == ["a", "b"]


def test_where_the_target_branch_was_not_fetched_everything_is_looked_at(
    origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    clone = GitRepository(new_repository(tmp_path / "clone").top)
    clone.git("fetch", "-q", origin.repository.top.as_uri(), f"{origin.commits['feature']}:")
    clone.git("checkout", "-q", "FETCH_HEAD")

    outcome = ci(drone_request(origin), clone.top)

    assert sorted({path for path, _ in outcome.places}) == ["a", "b", "old"]
    assert "the target branch is not in this checkout (fetch it" in outcome.err.decode()


def test_the_message_of_a_pushed_tag_is_scanned(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone("main", tmp_path / "clone")
    clone.git("tag", "-a", "v2", "-m", line("env"), origin.commits["main"])
    variables = {"DRONE": "true", "DRONE_BUILD_EVENT": "tag", "DRONE_COMMIT_SHA": origin.commits["main"],
                 "DRONE_TAG": "v2", "DRONE_REPO_BRANCH": "main"}  # fmt: skip

    assert [one["location"]["origin"] for one in ci(variables, clone.top).findings] == ["message"]


def test_a_clone_without_old_contents_says_what_to_set(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone("feature", tmp_path / "clone", "--filter=blob:none")
    variables = {"CIRCLECI": "true", "CIRCLE_BRANCH": "feature", "CIRCLE_SHA1": origin.commits["feature"]}

    outcome = ci(variables, clone.top)

    assert outcome.code == 3
    assert "checkout: {method: full}" in json.dumps(outcome.report["errors"])
    assert {"a", "b"} <= {path for path, _ in outcome.places}


def test_a_schedule_in_a_shallow_checkout_is_incomplete(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone("main", tmp_path / "clone", "--depth=1")
    variables = {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_SHA": origin.commits["main"]}

    outcome = ci(variables, clone.top)

    assert outcome.code == 3
    assert "too shallow to look at everything: set the job's variable 'GIT_DEPTH: 0'" in json.dumps(
        outcome.report["errors"]
    )


def test_a_repository_of_sha256_is_compared_too(tmp_path: Path, ci: Ci) -> None:
    made = new_repository(tmp_path / "r", "--object-format=sha256")
    before = made.commit(a=line("a"))
    after = made.commit(b=line("b"))
    variables = {"DRONE": "true", "DRONE_BUILD_EVENT": "push", "DRONE_COMMIT_SHA": after, "DRONE_COMMIT_BEFORE": before}

    assert ci(variables, made.top).places == [("b", 1)]


def test_outside_ci_what_the_default_branch_lacks_is_looked_at(origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone("feature", tmp_path / "clone")

    outcome = ci({}, clone.top, "--base", "origin/main")

    assert sorted(path for path, _ in outcome.places) == ["a", "b"]
    assert "no CI system that is known" in outcome.err.decode()


def test_a_repository_without_a_commit_is_clean(tmp_path: Path, ci: Ci) -> None:
    assert ci({}, new_repository(tmp_path / "r").top).code == 0


def test_without_a_repository_it_is_misuse(tmp_path: Path, guard: Callable[..., Outcome]) -> None:
    outcome = guard("ci", cwd=tmp_path)

    assert outcome.code == 2
    assert "check out the repository before this step" in outcome.err.decode()


@pytest.mark.parametrize("base", ["HEAD~1", "a..b", "--all", "x y"])
def test_a_base_that_is_no_id_and_no_branch_is_misuse(base: str, origin: Origin, tmp_path: Path, ci: Ci) -> None:
    outcome = ci({"MONEI_GUARD_BASE": base}, origin.clone("feature", tmp_path / "clone").top)

    assert outcome.code == 2
    assert "neither a commit id nor a branch" in outcome.err.decode()


def test_a_folder_that_cannot_be_written_costs_the_report_and_nothing_else(
    origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    """A file in place of the folder: root, as who CI often runs, may write into any folder."""
    clone = origin.clone("main", tmp_path / "clone")
    head = clone.commit_file("test-results", "x\n")
    variables = {"BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_ID": "1", "BITBUCKET_COMMIT": head,
                 "BITBUCKET_PR_DESTINATION_BRANCH": "main"}  # fmt: skip

    outcome = ci(variables, clone.top)

    assert outcome.code == 0
    assert "note: no junit report: test-results/monei-guard.xml cannot be written here" in outcome.err.decode()
