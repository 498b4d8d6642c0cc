"""The common case of a hook, decided before the command line is even built: nothing in this commit concerns us.

A yes is final, a no means nothing: the `staged` command then looks properly. tests/git/test_clean_commit.py holds that
whatever `staged` would report gets a no here.
"""

import os

from monei_guard.configuration.location import configuration_in
from monei_guard.detection.prefilter import Prefilter
from monei_guard.errors import GuardError
from monei_guard.git.repository import Repository, discover
from monei_guard.hygiene.selection import concerns_hygiene
from monei_guard.model.blob import Blob, Skipped
from monei_guard.ruleset.bundled import DIRECTIVE, credential_keywords
from monei_guard.sources.containers.signatures import is_container
from monei_guard.sources.source import SourceOptions
from monei_guard.sources.staged_index import staged_items

# In these pre-commit hands on its --from-ref and --to-ref.
NAMED_RANGE = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")


def is_clean_commit() -> bool:
    """Return whether `monei-guard staged`, run here without options, certainly has nothing to say."""
    if NAMED_RANGE[0] in os.environ:
        return False
    try:
        repository = discover(".", as_hook=True)
        if repository is None or repository.work_tree is None or configuration_in(os.fsdecode(repository.work_tree)):
            return False
        return _holds_nothing(repository)
    except GuardError:
        return False


def _holds_nothing(repository: Repository) -> bool:
    prefilter = Prefilter((*credential_keywords(), DIRECTIVE))
    return not any(_needs_scan(item, prefilter) for item in staged_items(repository, SourceOptions()))


def _needs_scan(item: Blob | Skipped, prefilter: Prefilter) -> bool:
    if isinstance(item, Skipped) or item.path is None or concerns_hygiene(item.path):
        return True
    if prefilter.hits(item.path) or prefilter.hits(item.content):
        return True
    return is_container(item)
