"""The files that a run came across, for the checks that look at more than content."""

from collections.abc import Iterable, Iterator

from monei_guard.model.blob import Blob, Skipped


class TouchedPaths:
    """Passes items on and remembers the paths of the blobs among them."""

    def __init__(self) -> None:
        self._paths: set[bytes] = set()

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
