"""What it costs `history` to say where 100 secrets lived: an audit that finds nothing against audits that do.

Run: python -m benchmarks.attribution REPOSITORY [--runs=N]. Hits are pretended, since nobody commits a real key for
this: the workers report blobs that were drawn beforehand, the same ones every time, of HEAD or of all of history.
Whole processes, in turn; the ratios are to the audit without hits.
"""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.measure import Command, machine, measure, table
from monei_guard.commands.cli import run
from monei_guard.git.pack_entries import BLOB
from monei_guard.git.pack_index import among
from monei_guard.history import object_store
from monei_guard.history.worker import Collector, Examiner, LooseShare, MatchedObject, PackShare, ShareResult

_HITS = 100
_AUDIT = "--audit"  # marks the process that is measured


def main() -> None:
    """Measure a repository, or be the process that is measured."""
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if _AUDIT in sys.argv:
        sys.exit(audit(given[0], Path(given[1]).read_text(encoding="ascii").split()))
    if len(given) != 1:
        sys.exit("usage: python -m benchmarks.attribution REPOSITORY [--runs=N]")
    runs = next((int(one.partition("=")[2]) for one in sys.argv[1:] if one.startswith("--runs=")), 5)
    repository = Path(given[0]).resolve()
    variants = {
        "nothing found": [],
        f"{_HITS} blobs of HEAD": drawn(blobs_of_head(repository)),
        f"{_HITS} blobs of all of history": drawn(blobs_stored(repository)),
    }
    print(machine(), "\n")
    with tempfile.TemporaryDirectory() as folder:
        commands = []
        for number, (name, blobs) in enumerate(variants.items()):
            chosen = Path(folder, str(number))
            chosen.write_text("\n".join(blobs), encoding="ascii")
            arguments = [sys.executable, "-m", "benchmarks.attribution", _AUDIT, str(repository), str(chosen)]
            commands.append(Command(name, arguments, Path(__file__).resolve().parents[1]))
        print(table(f"{repository.parent.name}/{repository.name}", measure(commands, runs=runs)))


def drawn(blobs: list[str]) -> list[str]:
    """Return some of the blobs, always the same ones."""
    blobs = sorted(set(blobs))
    return random.Random(1).sample(blobs, min(_HITS, len(blobs)))  # noqa: S311 - the same sample every time


def blobs_of_head(repository: Path) -> list[str]:
    """Return the ids of the blobs in HEAD's tree."""
    listed = _git(repository, "ls-tree", "-r", "HEAD").splitlines()
    return [line.split()[2] for line in listed if line.split()[1] == "blob"]


def blobs_stored(repository: Path) -> list[str]:
    """Return the ids of all blobs in the object store."""
    asked = "--batch-check=%(objecttype) %(objectname)"
    listed = _git(repository, "cat-file", "--batch-all-objects", "--buffer", "--unordered", asked).splitlines()
    return [line.split()[1] for line in listed if line.startswith("blob ")]


def _git(repository: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(repository), *arguments], capture_output=True, text=True, errors="replace", check=True
    ).stdout


def audit(repository: str, blobs: list[str]) -> int:
    """Run `monei-guard history` in this process, with a secret pretended in each of the packed blobs given."""
    with patch.object(object_store, "Examiner", pretending(blobs)):
        return run(["history", repository, "--no-cache", "--quiet", f"--output={os.devnull}"])


def pretending(blobs: list[str]) -> type[Examiner]:
    """Return an examiner that also reports the blobs given."""

    class Pretending(Examiner):
        __slots__ = ()

        def examine(self, task: PackShare | LooseShare, collector: Collector[object] | None = None) -> ShareResult:
            seen = Examiner.examine(self, task, collector)
            if isinstance(task, PackShare) and task.share.kind == BLOB and blobs:
                index = self.packs[task.pack].index
                sought = np.sort(np.array([bytes.fromhex(blob) for blob in blobs], dtype=index.ids.dtype))
                rows = np.searchsorted(index.ids, sought[among(sought, index.ids)])
                there = task.share.members[np.isin(index.rank[task.share.members], rows)].tolist()
                seen.matched_objects.extend(
                    MatchedObject(index.object_id(position), "blob", ("pretended",)) for position in there
                )
            return seen

    return Pretending


if __name__ == "__main__":
    main()
