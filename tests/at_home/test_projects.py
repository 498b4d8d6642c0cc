"""Look-alikes of projects that use Monei: of each the program says what it must, and nothing else."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from at_home_projects import Commit, Known, Project, ProjectFile, Said, load_projects
from conftest import Guard
from git_repository import GitRepository, new_repository
from guard_process import Outcome

PROJECTS = load_projects()
_ONLY_INFORMATION = frozenset({"MG406"})  # below what --fail-on asks for
# What a commit does not tell: a file that is not part of it, and what code will need.
_NOT_STAGED = frozenset({"MG202", "MG206"})


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_what_must_be_said_is_said_and_nothing_else(project: Project, tmp_path: Path, guard: Guard) -> None:
    repository = new_repository(tmp_path / "repository")
    now: dict[str, ProjectFile] = {}
    for commit in project.commits:
        _write(commit, repository)
        outcome = guard("staged", cwd=repository.top)
        _compare("staged", outcome, _added(commit, now), () if now else project.elsewhere)
        repository.commit(commit.message)
        now.update((file.path, file) for file in commit.files)
    _compare("scan", guard("scan", cwd=repository.top), now.values(), project.elsewhere)
    ever = [file for commit in project.commits for file in commit.files if file.tracked]
    _compare("history", guard("history", "--no-cache", cwd=repository.top), ever)


def test_the_corpus_is_as_large_as_promised() -> None:
    sound = [project for project in PROJECTS if not _codes(project)]
    assert len(PROJECTS) >= 40
    assert len(sound) >= 18
    for project in PROJECTS:
        files = {file.path for commit in project.commits for file in commit.files}
        assert project.about, project.name
        assert 8 <= len(files) <= 25, (project.name, len(files))


def _codes(project: Project) -> set[str]:
    files = (file for commit in project.commits for file in commit.files)
    right = (said for file in files for said in (*file.said, *(known.said for known in file.known if known.missed)))
    return {said.code for said in (*right, *project.elsewhere)}


def _write(commit: Commit, repository: GitRepository) -> None:
    """Write what the commit brings, and stage it. What holds keys is its owner's alone to read."""
    for file in commit.files:
        if file.content is None:
            repository.git("rm", "-q", "--", file.path)
            continue
        repository.write(file.path, file.content)
        os.chmod(repository.place(file.path), 0o600)
        if file.tracked:
            repository.stage(file.path)


def _added(commit: Commit, before: dict[str, ProjectFile]) -> list[ProjectFile]:
    """Return the commit's files with what is said of the lines that it adds."""
    return [_new_lines(file, before.get(file.path)) for file in commit.files if file.tracked]


def _new_lines(file: ProjectFile, before: ProjectFile | None) -> ProjectFile:
    if before is None or before.content is None or file.content is None:
        return file
    lines, old = file.content.splitlines(), before.content.splitlines()
    said = tuple(one for one in file.said if lines[one.line - 1] not in old)
    known = tuple(one for one in file.known if lines[one.said.line - 1] not in old)
    return ProjectFile(file.path, file.tracked, file.content, said, known)


def _compare(command: str, outcome: Outcome, files: Iterable[ProjectFile], elsewhere: Iterable[Said] = ()) -> None:
    """Compare what `command` said with what stands in the files."""
    files = list(files)
    right = Counter(
        said for said in (*(one for file in files for one in file.said), *elsewhere) if _sees(command, said)
    )
    known = [one for file in files for one in file.known if _sees(command, one.said)]
    found = Counter(_said(finding) for finding in outcome.findings)
    if command == "history":  # of the versions of a file, one is named
        right, found = Counter(dict.fromkeys(right, 1)), Counter(dict.fromkeys(found, 1))
    now = right + Counter(one.said for one in known if not one.missed)
    missing, too_much = now - found, found - now
    assert not missing + too_much, _explained(command, missing, too_much, known)
    assert not outcome.report["skipped"]
    assert not outcome.report["errors"]
    assert outcome.code == bool({said.code for said in now} - _ONLY_INFORMATION)


def _sees(command: str, said: Said) -> bool:
    if command == "history":
        return said.code.startswith("MG1")
    return command == "scan" or said.code not in _NOT_STAGED


def _said(finding: dict[str, dict[str, str]]) -> Said:
    location = finding["location"]
    return Said(str(finding["code"]), location["path"], int(location["start_line"]))


def _explained(command: str, missing: Counter[Said], too_much: Counter[Said], known: list[Known]) -> str:
    mended = {one.said for one in known}
    lines = [f"{command}:"]
    lines += (f"  not said: {one.code} {one.path}:{one.line}{_mended(one in mended)}" for one in sorted(missing))
    lines += (f"  said: {one.code} {one.path}:{one.line}{_mended(one in mended)}" for one in sorted(too_much))
    return "\n".join(lines)


def _mended(yes: bool) -> str:
    return " (a known fault is mended: mend its mark)" if yes else ""
