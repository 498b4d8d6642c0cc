"""A repository cannot switch off, unseen, what it is judged by: one line an attack."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from git_repository import GitRepository, new_repository
from guard_process import Outcome, run_process
from made_keys import api_key

MARK = "monei-guard:"  # apart, so that these lines are no directives themselves
LINE = f"MONEI_API_KEY={api_key('configured')}\n"
OFF = 'ignore = ["MG1"]\n'
SETTINGS = (OFF, 'select = ["MG4"]\n')


@pytest.mark.parametrize("command", [("history", "--no-cache"), ("range", "HEAD~1..HEAD")], ids=lambda one: one[0])
@pytest.mark.parametrize("settings", SETTINGS, ids=str.strip)
def test_what_was_scanned_decides_nothing_until_it_is_trusted(
    settings: str, command: tuple[str, ...], repository: GitRepository, guard: Callable[..., Outcome]
) -> None:
    repository.stage(".monei-guard.toml", settings)
    repository.commit(a=LINE)

    assert [one["code"] for one in guard(*command, cwd=repository.top).findings] == ["MG101"]
    assert guard(*command, "--trust-config", cwd=repository.top).findings == []


def test_a_suppression_in_the_past_is_honoured_only_where_it_is_trusted(
    repository: GitRepository, guard: Callable[..., Outcome]
) -> None:
    repository.commit(a=f"{LINE.strip()}  # {MARK} ignore[MG101] reason=because\n")

    assert guard("range", "HEAD~1..HEAD", cwd=repository.top).code == 1


def _link(repository: GitRepository, name: str, target: str) -> None:
    os.symlink(target, repository.top / name)
    repository.stage(name)


def _linked_file(repository: GitRepository) -> None:
    _link(repository, ".monei-guard.toml", "conf.toml")
    repository.commit_file("conf.toml", "")
    repository.git("checkout", "-q", "-b", "request")
    repository.stage("conf.toml", OFF)


def _linked_folder(repository: GitRepository) -> None:
    _link(repository, ".monei-guard.toml", "conf/c.toml")
    _link(repository, "conf", "strict")
    repository.stage("loose/c.toml", OFF)
    repository.commit_file("strict/c.toml", "")
    repository.git("checkout", "-q", "-b", "request")
    os.unlink(repository.top / "conf")
    _link(repository, "conf", "loose")


def _no_ancestor(repository: GitRepository) -> None:
    repository.git("checkout", "-q", "--orphan", "request")
    repository.stage(".monei-guard.toml", OFF)


def _own_rules(repository: GitRepository) -> None:
    repository.stage("mine.toml", 'id = "mine"\nkind = "evidence"\nvendor = "mine"\ntitle = "mine"\n')
    repository.commit_file(".monei-guard.toml", 'extend-rules = ["mine.toml"]\n')
    repository.git("checkout", "-q", "-b", "request")
    repository.stage("mine.toml", 'id = "mine"\nkind = "evidence"\nvendor = "mine"\ntitle = "ours"\n')


def _accepted(repository: GitRepository) -> None:
    repository.git("checkout", "-q", "-b", "request")
    repository.commit(a=LINE)
    accept = ("baseline", "create", "--reason", "all is well")
    assert run_process(*accept, cwd=repository.top).code == 0
    repository.stage(".monei-guard-baseline.json")


REQUESTS = {
    "a link's target": (_linked_file, "changes conf.toml"),
    "a link on the way": (_linked_folder, "changes conf,"),
    "no common ancestor": (_no_ancestor, "changes .monei-guard.toml"),
    "rules": (_own_rules, "changes mine.toml"),
    "a baseline entry": (_accepted, "accepts MG101 in a itself"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_what_a_request_changes_about_its_own_judgement_is_said(
    name: str, repository: GitRepository, guard: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    make, warning = REQUESTS[name]
    make(repository)
    repository.commit(b="harmless\n")
    monkeypatch.setenv("MONEI_GUARD_BASE", repository.git("rev-parse", "main").decode().strip())

    outcome = guard("ci", "--plain", cwd=repository.top)

    assert f"warning: what is scanned {warning}" in outcome.err.decode()


@pytest.mark.parametrize("place", ["/etc/hostname", "../outside.json", "link.json"])
def test_a_baseline_stands_in_the_repository(place: str, tmp_path: Path, guard: Callable[..., Outcome]) -> None:
    repository = new_repository(tmp_path / "inner")
    (tmp_path / "outside.json").write_text("precious\n")
    os.symlink("../outside.json", repository.top / "link.json")
    repository.commit_file(".monei-guard.toml", f'baseline = "{place}"\n')

    outcome = guard("scan", cwd=repository.top)

    assert outcome.code == 2
    assert "leads out of the repository" in outcome.text
    assert "precious" not in outcome.text


def test_the_baseline_of_a_repository_is_no_link_out_of_it(tmp_path: Path, guard: Callable[..., Outcome]) -> None:
    repository = new_repository(tmp_path / "inner")
    (tmp_path / "outside.json").write_text("precious\n")
    os.symlink("../outside.json", repository.top / ".monei-guard-baseline.json")
    repository.commit(a=LINE)

    outcome = guard("scan", cwd=repository.top)

    assert outcome.code == 2
    assert "leads out of the repository" in outcome.text
