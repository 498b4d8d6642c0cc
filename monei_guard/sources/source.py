"""What every source of content has in common."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from monei_guard.git.repository import GIT_TIMEOUT
from monei_guard.model.blob import Blob, Skipped

MAX_SIZE = 64 * 1000 * 1000


class SourceOptions(NamedTuple):
    """What a run asks of every source: `max_size` in bytes; `excluded` tells paths that are not to be scanned.

    Paths are relative to the root of the source. `git_timeout` is in seconds, for one answer of git.
    """

    max_size: int = MAX_SIZE
    excluded: Callable[[bytes], bool] | None = None
    git_timeout: float = GIT_TIMEOUT


class Source(Protocol):
    """A place that holds content: given the options of a run, it yields that, and what it passes over.

    The functions of this package are sources once all but the options is given: `partial(staged_items, repository)`.
    """

    def __call__(self, options: SourceOptions) -> Iterator[Blob | Skipped]:
        """Yield blobs, and an entry for each that was not read."""
        ...
