"""One member of an archive, and how much of an archive is read: the limits against bombs."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from monei_guard.sources.containers.signatures import ArchiveLimits
from monei_guard.sources.containers.streams import BROKEN, LimitError

BROKEN_OFF = "damaged: what can be read of it was scanned"
_STEEP_FROM = 1 << 24  # bytes: below this the ratio of unpacked to packed size means nothing


@dataclass(slots=True)
class Budget:
    """What is left of the limits of one outermost archive. `packed` is its own size in bytes."""

    limits: ArchiveLimits
    packed: int
    unpacked: int = 0
    members: int = 0

    def spend(self, count: int) -> None:
        """Account for `count` unpacked bytes. Raises LimitError."""
        self.unpacked += count
        if self.unpacked > self.limits.total:
            raise LimitError(f"unpacks to more than {self.limits.total >> 20} MiB: the rest was not opened")
        if self.unpacked > max(_STEEP_FROM, self.packed * self.limits.ratio):
            raise LimitError(f"unpacks to more than {self.limits.ratio} times its size: the rest was not opened")

    def count(self) -> None:
        """Account for one member. Raises LimitError."""
        self.members += 1
        if self.members > self.limits.members:
            raise LimitError(f"has more than {self.limits.members} members: the rest was not opened")


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: its name as stored, what it holds, or why it was not read (all of it).

    `incomplete` is for what we gave up on: a limit, a form we cannot open, encryption. A fault of the file itself, of
    which all was read that anybody could read, is not.

    `note` is told with every finding; where that depends on the secret, it is made from the secret's bytes.
    """

    name: bytes
    content: bytes = b""
    reason: str = ""
    incomplete: bool = True
    note: str | Callable[[bytes], str] = ""


def read_member(
    stream: io.BufferedIOBase, name: bytes, budget: Budget, spend: Callable[[int], None] | None = None
) -> Member:
    """Return one member read from `stream`: whole, or what there is of it and why there is no more.

    `spend` is told the number of bytes where the stream does not do so itself. Raises LimitError.
    """
    parts: list[bytes] = []
    left = budget.limits.member
    try:
        while part := stream.read(min(1 << 20, left + 1)):
            if len(part) > left:
                reason = f"larger than {budget.limits.member} bytes: read in part"
                return Member(name, b"".join((*parts, part[:left])), reason)
            if spend is not None:
                spend(len(part))
            left -= len(part)
            parts.append(part)
    except BROKEN as error:
        return Member(name, b"".join(parts), f"{BROKEN_OFF} ({error})", incomplete=False)
    return Member(name, b"".join(parts))
