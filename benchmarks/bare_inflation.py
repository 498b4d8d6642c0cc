"""The floor: inflate every entry of all packs once, on all processors, and do nothing with it.

Run: python -m benchmarks.bare_inflation REPOSITORY blob|all
"""

import os
import sys
import zlib

import numpy as np
from deflate import zlib_decompress

from monei_guard.git.delta_families import Share, needed_entries, share_out
from monei_guard.git.pack_entries import BLOB, COMMIT, TAG, TREE
from monei_guard.git.pack_walk import faster_by_zlib
from monei_guard.git.repository import discover
from monei_guard.history.object_store import open_store
from monei_guard.history.process_pool import default_jobs, work_through


def main() -> None:
    """Inflate and print how much that was."""
    repository = discover(os.fsencode(sys.argv[1]))
    assert repository is not None
    kinds = (BLOB,) if sys.argv[2] == "blob" else (BLOB, TREE, COMMIT, TAG)
    total = 0
    for pack in open_store(repository).packs:
        everything = needed_entries(pack.entries, np.ones(len(pack.index.offsets), dtype=bool))
        packed, entries = memoryview(pack.data), pack.entries

        def work(share: Share, packed: memoryview = packed, entries=entries) -> int:  # type: ignore[no-untyped-def] # noqa: ANN001 - bound early, its type is the pack's
            size = 0
            start, end, length = (part[share.members] for part in (entries.start, entries.end, entries.size))
            short = faster_by_zlib(np.frombuffer(packed, dtype=np.uint8), start, length).tolist()
            for low, high, inflated, by_zlib in zip(start.tolist(), end.tolist(), length.tolist(), short, strict=True):
                stream = packed[low:high]
                size += len(zlib.decompress(stream) if by_zlib else zlib_decompress(stream, inflated))
            return size

        total += sum(
            size
            for _, size in work_through(share_out(entries, everything, kinds, 4 << 20), work, default_jobs())
            if isinstance(size, int)
        )
    print(total)


if __name__ == "__main__":
    main()
