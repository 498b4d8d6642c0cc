"""What it costs `history` to prove that everything named is stored: an audit as it is, and one that does not ask.

Run: python -m benchmarks.completeness REPOSITORY [--runs=N]. Whole processes, in turn; the ratios are to the audit that
does not ask.
"""

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.measure import Command, machine, measure, table
from monei_guard.commands.cli import run
from monei_guard.git.object_names import NameReader
from monei_guard.git.pack_index import StoredIds
from monei_guard.git.pack_walk import Walker
from monei_guard.history import findings, object_store, worker
from monei_guard.history.completeness import Completeness

_AUDIT = "--audit"  # marks the process that is measured


def main() -> None:
    """Measure a repository, or be the process that is measured."""
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if _AUDIT in sys.argv:
        sys.exit(audit(given[0], is_asked=len(given) > 1))
    if len(given) != 1:
        sys.exit("usage: python -m benchmarks.completeness REPOSITORY [--runs=N]")
    runs = next((int(one.partition("=")[2]) for one in sys.argv[1:] if one.startswith("--runs=")), 5)
    repository = Path(given[0]).resolve()
    arguments = [sys.executable, "-m", "benchmarks.completeness", _AUDIT, str(repository)]
    folder = Path(__file__).resolve().parents[1]
    commands = [Command("not asked", arguments, folder), Command("history", [*arguments, "asked"], folder)]
    print(machine(), "\n")
    print(table(f"{repository.parent.name}/{repository.name}", measure(commands, runs=runs)))


def audit(repository: str, *, is_asked: bool) -> int:
    """Do what `history` does."""
    arguments = ["history", repository, "--no-cache", "--quiet"]
    if is_asked:
        return run(arguments)
    with (
        patch.object(worker, "Walker", _incurious),
        patch.object(NameReader, "read", lambda *_: None),
        patch.object(object_store.ObjectStore, "stored_ids", lambda _store: StoredIds(())),
        patch.object(findings, "completeness", lambda *_: Completeness()),
    ):
        return run(arguments)


def _incurious(*arguments: Any) -> Walker:
    """Return a walker that tells nobody what is new in trees."""
    return Walker(*arguments[:7])


if __name__ == "__main__":
    main()
