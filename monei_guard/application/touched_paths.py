"""The files that a run came across, for the checks that look at more than content."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from monei_guard.model.blob import Blob, Skipped


@dataclass(slots=True)
class TouchedPaths:
    """Passes items on and remembers the paths of the blobs among them."""

    _paths: set[bytes] = field(default_factory=set)

    def follow(self, items: Iterable[Blob | Skipped]) -> Iterator[Blob | Skipped]:
        """Yield the items."""
        for item in items:
            if isinstance(item, Blob) and item.path is not None:
                self._paths.add(item.path)
            yield item

    @property
    def paths(self) -> frozenset[bytes]:
        """Those that have passed."""
        return frozenset(self._paths)
