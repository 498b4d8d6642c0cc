"""Which objects commits, tags and trees name (`gitdatamodel`), so that it can be told whether all of those are there.

Trees are by far the most, and nearly every one is a delta: only what its base does not have is looked at. What follows
a zero byte there is an id, unless that byte stands in an id itself. Those that are stored are not looked at further;
of the few others it is made sure in the whole tree that they are ids.
"""

from dataclasses import dataclass

import numpy as np

from monei_guard.git.delta_windows import News
from monei_guard.git.pack import Pack
from monei_guard.git.pack_entries import COMMIT, TAG, TREE, TYPE_NAMES, Bytes, Flags
from monei_guard.git.pack_index import Ids, Offsets, StoredIds
from monei_guard.git.tree_id_search import name_before
from monei_guard.git.tree_objects import tree_entries

_TREE_LINE, _PARENT_LINE, _OBJECT_LINE = b"tree ", b"parent ", b"object "
_SUBMODULE = b"160000 "
_TOGETHER = 4 << 20  # bytes of trees that are looked at together
_KINDS = {name: kind for kind, name in TYPE_NAMES.items()}

# What an object is to the one that names it.
AS_TREE, AS_PARENT, AS_ENTRY, AS_TARGET = "its tree", "its parent", "an entry", "what it tags"


@dataclass(frozen=True, slots=True)
class Unstored:
    """Objects that are named and not stored, joined raw ids: `ids` are named by `namers`, one by one, as `role`.

    `promised` says that they are named in a pack of a partial clone, whose remote has promised to have them.
    """

    role: str
    ids: bytes
    namers: bytes
    promised: bool = False


class NameReader:
    """Reads what the objects of one pack, or those given one by one, name; then take what of it is not stored.

    `submodules` are the raw ids of commits that trees name as submodules: those are in repositories of their own.
    """

    def __init__(self, stored: StoredIds, id_length: int, pack: Pack | None = None) -> None:
        self.submodules: set[bytes] = set()
        self._stored = stored
        self._width = id_length
        self._pack = pack
        self._found: dict[str, list[tuple[bytes, bytes]]] = {}
        self._begin()

    def _begin(self) -> None:
        self._positions: list[Offsets] = []
        self._contents: list[bytes] = []
        self._news: list[tuple[Offsets, Offsets, Offsets]] = []
        self._size = 0

    def take(self, kind: int, positions: Offsets, contents: list[bytes], news: News | None) -> None:
        """Take some objects of the pack, and which stretches of them are new (all, with None)."""
        if kind == COMMIT:
            self._commits(positions, contents)
        elif kind == TAG:
            self._tags(positions, contents)
        elif kind == TREE and news is not None:
            owner = news.owner + len(self._contents)
            self._news.append((owner, news.low, news.high))
            self._positions.append(positions)
            self._contents += contents
            self._size += sum(map(len, contents))
            if self._size > _TOGETHER:
                self._trees()

    def read(self, kind: str, object_id: str, content: bytes) -> None:
        """Take one object that is in no pack."""
        ids: dict[str, list[bytes]] = {}
        if kind == "tree":
            entries = [(mode, raw_id) for mode, _, raw_id in tree_entries(content, self._width)]
            self.submodules.update(raw_id for mode, raw_id in entries if mode + b" " == _SUBMODULE)
            ids[AS_ENTRY] = [raw_id for mode, raw_id in entries if mode + b" " != _SUBMODULE]
        elif kind in _KINDS:
            for role, raw_id in _named_in_head(content, self._width):
                ids.setdefault(role, []).append(raw_id)
        for role, named in ids.items():
            self._add(role, np.array(named, dtype=f"S{self._width}"), bytes.fromhex(object_id) * len(named))

    def unstored(self) -> list[Unstored]:
        """Return what is named and not stored."""
        if self._contents:
            self._trees()
        promised = self._pack is not None and self._pack.is_promised
        return [
            Unstored(role, b"".join(ids for ids, _ in found), b"".join(namers for _, namers in found), promised)
            for role, found in self._found.items()
        ]

    def _add(self, role: str, ids: Ids, namers: bytes | Offsets) -> None:
        """Note those of `ids` that are not stored; `namers` are joined raw ids, or positions in the pack."""
        if not len(ids):
            return
        rows = np.nonzero(~self._stored.has(ids))[0]
        if not len(rows):
            return
        if isinstance(namers, bytes):
            self._note(role, ids[rows], np.frombuffer(namers, dtype=f"S{self._width}")[rows].tobytes())
        else:
            self._note(role, ids[rows], self._raw_ids(namers[rows]))

    def _note(self, role: str, ids: Ids, namers: bytes) -> None:
        self._found.setdefault(role, []).append((ids.tobytes(), namers))

    def _tags(self, positions: Offsets, contents: list[bytes]) -> None:
        for position, content in zip(positions.tolist(), contents, strict=True):
            for role, raw_id in _named_in_head(content, self._width):
                self._add(role, np.array([raw_id], dtype=f"S{self._width}"), np.array([position]))

    def _commits(self, positions: Offsets, contents: list[bytes]) -> None:
        """Read the tree and the first two parents of all commits at once, further parents one by one."""
        digits = 2 * self._width
        second = len(_TREE_LINE) + digits + 1
        third = second + len(_PARENT_LINE) + digits + 1
        most = third + len(_PARENT_LINE) + digits + 1
        joined = b"".join([content[:most].ljust(most, b"\0") for content in contents])
        table: Bytes = np.frombuffer(joined, dtype=np.uint8).reshape(-1, most)
        present = np.ones(len(contents), dtype=bool)
        for role, word, at in ((AS_TREE, _TREE_LINE, 0), (AS_PARENT, _PARENT_LINE, second),
                               (AS_PARENT, _PARENT_LINE, third)):  # fmt: skip
            start = at + len(word)
            present &= (table[:, at:start] == np.frombuffer(word, dtype=np.uint8)).all(axis=1)
            ids, sound = _from_hex(table[present, start : start + digits], self._width)
            self._add(role, ids[sound], positions[present][sound])
        for row in np.nonzero(present)[0].tolist():
            if contents[row].startswith(_PARENT_LINE, most):
                parents = [raw_id for _, raw_id in _named_in_head(contents[row], self._width)][3:]
                ids = np.array(parents, dtype=f"S{self._width}")
                self._add(AS_PARENT, ids, np.repeat(positions[row], len(parents)))

    def _trees(self) -> None:
        """Read what is new in the trees that were taken."""
        contents, width = self._contents, self._width
        positions = np.concatenate(self._positions)
        owner, low, high = (np.concatenate(parts) for parts in zip(*self._news, strict=True))
        joined = b"".join(contents)
        lengths = np.fromiter(map(len, contents), dtype=np.int64, count=len(contents))
        ends = np.cumsum(lengths)
        begins = ends - lengths
        self._begin()
        data: Bytes = np.frombuffer(joined, dtype=np.uint8)
        # an id of which anything is new starts behind a zero byte that stands at most its own length before that
        first = np.maximum(low - width, 0) + begins[owner]
        last = np.minimum(high + begins[owner], ends[owner] - width)  # behind it there is no room for an id
        count = np.maximum(last - first, 0)
        at = np.arange(int(count.sum())) + np.repeat(first - (np.cumsum(count) - count), count)
        is_zero = data.take(at) == 0
        zeros = at[is_zero]
        if not len(zeros):
            return
        ids = np.ndarray(max(len(joined) - width + 1, 0), f"S{width}", joined, strides=(1,))  # one starts at each byte
        strange = np.nonzero(~self._stored.has(ids[zeros + 1]))[0]
        strange = strange[~self._inside_stored(data, ids, zeros[strange])]
        tree = np.repeat(owner, count)[is_zero][strange]
        named: list[int] = []
        namers: list[int] = []
        for zero, row in zip(zeros[strange].tolist(), tree.tolist(), strict=True):
            content, end = contents[row], zero + 1 + width - int(begins[row])
            name = name_before(content, end, width)
            if name is None:
                continue
            start = end - width - 1 - len(name) - len(_SUBMODULE)
            if content.startswith(_SUBMODULE, max(start, 0)):
                self.submodules.add(content[end - width : end])
            else:
                named.append(zero + 1)
                namers.append(row)
        if named:
            self._note(AS_ENTRY, ids[named], self._raw_ids(positions[namers]))

    def _raw_ids(self, positions: Offsets) -> bytes:
        if self._pack is None:
            return b""
        return self._pack.index.ids[self._pack.index.rank[positions]].tobytes()

    def _inside_stored(self, data: Bytes, ids: Ids, zeros: Offsets) -> Flags:
        """Return which of some zero bytes stand inside an id that is stored: another zero byte stands before that."""
        inside = np.zeros(len(zeros), dtype=bool)
        for back in range(1, self._width + 1):
            rows = np.nonzero(~inside & (zeros >= back))[0]
            rows = rows[data[zeros[rows] - back] == 0]
            inside[rows] = self._stored.has(ids[zeros[rows] - back + 1])
        return inside


def _named_in_head(content: bytes, width: int) -> list[tuple[str, bytes]]:
    """Return what the head of a commit or of a tag names, each with its role."""
    found = []
    for line in content.partition(b"\n\n")[0].split(b"\n"):
        for role, word in ((AS_TREE, _TREE_LINE), (AS_PARENT, _PARENT_LINE), (AS_TARGET, _OBJECT_LINE)):
            digits = line.removeprefix(word)
            if line.startswith(word) and len(digits) == 2 * width and not digits.strip(b"0123456789abcdef"):
                found.append((role, bytes.fromhex(digits.decode())))
                break
        else:
            break
    return found


_DIGITS = np.full(256, 16, dtype=np.uint8)
_DIGITS[np.frombuffer(b"0123456789abcdef", dtype=np.uint8)] = np.arange(16)


def _from_hex(table: Bytes, width: int) -> tuple[Ids, Flags]:
    """Return the raw ids that rows of hexadecimal digits stand for, and which rows are such."""
    values = _DIGITS[table]
    raw = (values[:, ::2] << 4) | (values[:, 1::2] & 15)
    sound: Flags = np.all(values < 16, axis=1)  # noqa: PLR2004 - what is no digit
    return np.ascontiguousarray(raw).view(f"S{width}").ravel(), sound
