"""Every platform's runs, against clones made as that platform makes them."""

from pathlib import Path

import pytest
from ci_runs import Ci, Origin, RecordedRun, recorded_runs

from monei_guard.ci_platforms.event import EventKind
from monei_guard.ci_platforms.registry import PLATFORMS, UNKNOWN, recognise

RUNS = recorded_runs()
REQUESTS = [run for run in RUNS if "request" in run.name]


def _id(run: RecordedRun) -> str:
    return f"{run.platform}: {run.name}"


@pytest.mark.parametrize("run", RUNS, ids=_id)
def test_a_run_reports_what_it_brings_and_no_more(run: RecordedRun, origin: Origin, tmp_path: Path, ci: Ci) -> None:
    clone = origin.clone(run.at, tmp_path / "clone")

    outcome = ci(run.environment(origin, tmp_path), clone.top)

    assert run.platform in outcome.err.decode()
    assert sorted({path for path, _ in outcome.places}) == sorted(run.finds), outcome.err.decode()
    assert outcome.code == (1 if run.finds else 0)


@pytest.mark.parametrize("run", REQUESTS, ids=_id)
def test_a_shallow_checkout_says_what_to_set_and_has_its_files_scanned(
    run: RecordedRun, origin: Origin, tmp_path: Path, ci: Ci
) -> None:
    clone = origin.clone(run.at, tmp_path / "clone", "--depth=1", "--single-branch", "--branch=main")

    outcome = ci(run.environment(origin, tmp_path), clone.top)

    deepen = next(one.deepen for one in PLATFORMS if one.name == run.platform)
    assert outcome.code == 3
    assert [error for error in outcome.report["errors"] if deepen in str(error)]
    assert {"a", "b"} <= {path for path, _ in outcome.places}


def test_every_platform_of_the_table_is_recorded() -> None:
    assert {run.platform for run in RUNS} == {platform.name for platform in PLATFORMS}


@pytest.mark.parametrize("run", RUNS, ids=_id)
def test_no_platform_is_taken_for_another(run: RecordedRun) -> None:
    found = [platform.name for platform in PLATFORMS if platform.recognises(run.variables)]

    assert found == [run.platform]


def test_where_no_platform_is_known_the_branch_is_compared_with_nothing() -> None:
    assert recognise({}) is UNKNOWN
    event = UNKNOWN.event({}, {})
    assert (event.kind, event.tips, event.bases) == (EventKind.PUSH, (), ())
