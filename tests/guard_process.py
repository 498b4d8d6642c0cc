"""Running monei-guard: as a process of its own, and what came of it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exit code and every byte that was written."""

    code: int
    out: bytes
    err: bytes

    @property
    def report(self) -> Any:
        """The JSON report on standard output."""
        return json.loads(self.out)

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of the JSON report."""
        found: list[dict[str, Any]] = self.report["findings"]
        return found

    @property
    def places(self) -> list[tuple[str, int]]:
        """Path and line of each finding."""
        return [(one["location"]["path"], one["location"]["start_line"]) for one in self.findings]

    @property
    def skipped(self) -> dict[str | None, str]:
        """Reason by path of what was not scanned."""
        return {one["path"]: one["reason"] for one in self.report["skipped"]}

    @property
    def text(self) -> str:
        """Everything that was written."""
        return (self.out + self.err).decode("utf-8", "replace")


def run_process(
    *arguments: str | bytes, cwd: Path, stdin: bytes | None = None, timeout: float = 60, **env: str
) -> Outcome:
    """Run `python -m monei_guard` in `cwd` with `env` added to the environment."""
    done = subprocess.run(
        [sys.executable, "-m", "monei_guard", *arguments],
        cwd=cwd, env=os.environ | env, input=b"" if stdin is None else stdin, capture_output=True, check=False,
        timeout=timeout,
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout, done.stderr)
