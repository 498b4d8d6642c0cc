"""Every source of content is one thing to who scans it: options in, blobs and skipped entries out."""

import io
import os
from collections.abc import Callable
from functools import partial

import pytest
from git_repository import GitRepository

from monei_guard.git.repository import Repository, discover
from monei_guard.model.blob import Blob, Skipped
from monei_guard.sources.commit_message import message_items
from monei_guard.sources.commit_range import CommitRange, range_items
from monei_guard.sources.commit_tree import tree_items
from monei_guard.sources.dependency_files import dependency_items
from monei_guard.sources.exclusion import excluder
from monei_guard.sources.files import directory, named_file, standard_input
from monei_guard.sources.pushed_refs import Push, push_items
from monei_guard.sources.refs_and_reflogs import repository_names
from monei_guard.sources.source import Source, SourceOptions
from monei_guard.sources.staged_index import staged_items

LONG = "x" * 100 + "\n"

Maker = Callable[[Repository, str, str], Source]
# From a repository, its folder and its commit, in which each of these holds the long text.
SOURCES: dict[str, Maker] = {
    "a directory": lambda _found, top, _commit: partial(directory, os.fsencode(top)),
    "a file": lambda _found, top, _commit: partial(named_file, os.path.join(top, "go.mod").encode()),
    "standard input": lambda _found, _top, _commit: lambda options: standard_input(io.BytesIO(LONG.encode()), options),
    "the index": lambda found, _top, _commit: partial(staged_items, found),
    "a range": lambda found, _top, commit: partial(range_items, found, CommitRange((commit,))),
    "a commit's tree": lambda found, _top, commit: partial(tree_items, found, commit),
    "a push": lambda found, _top, commit: partial(push_items, found, Push(CommitRange((commit,)))),
    "a message": lambda found, top, _commit: partial(message_items, found, f"{top}/go.mod", is_edited=False),
    "dependency files": lambda _found, top, _commit: partial(dependency_items, os.fsencode(top)),
}
# These are asked for by their names: no pattern keeps them out.
NAMED = {"a file", "standard input", "a message", "dependency files"}


@pytest.fixture
def make(repository: GitRepository) -> Callable[[str], Source]:
    repository.stage("go.mod", LONG)
    commit = repository.commit()
    repository.stage("next/go.mod", LONG)

    def call(name: str) -> Source:
        found = discover(os.fsencode(repository.top))
        assert found is not None
        return SOURCES[name](found, str(repository.top), commit)

    return call


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_yields_its_content_as_often_as_it_is_asked(make: Callable[[str], Source], name: str) -> None:
    source = make(name)
    for _ in range(2):
        items = list(source(SourceOptions()))
        assert LONG.encode() in [bytes(item.content) for item in items if isinstance(item, Blob)]
        assert not [item for item in items if isinstance(item, Skipped)]


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_over_the_limit_is_skipped_with_a_reason(make: Callable[[str], Source], name: str) -> None:
    items = list(make(name)(SourceOptions(max_size=50)))
    assert LONG.encode() not in [bytes(item.content) for item in items if isinstance(item, Blob)]
    skipped = [item for item in items if isinstance(item, Skipped)]
    assert skipped
    assert all(item.incomplete and "50" in item.reason for item in skipped)


@pytest.mark.parametrize("name", SOURCES)
def test_what_the_configuration_excludes_is_skipped_and_nothing_is_missing(
    make: Callable[[str], Source], name: str
) -> None:
    items = list(make(name)(SourceOptions(excluded=excluder(["go.mod"]))))
    skipped = [item for item in items if isinstance(item, Skipped)]
    assert bool(skipped) == (name not in NAMED)
    assert not any(item.incomplete for item in skipped)


def test_names_beside_the_objects_are_a_source(repository: GitRepository) -> None:
    found = discover(os.fsencode(repository.top))
    assert found is not None
    source: Source = partial(repository_names, found, lambda data: b"main" in data)
    assert b"refs/heads/main" in [item.path for item in source(SourceOptions())]
