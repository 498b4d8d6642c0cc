"""What makes a CI system run `monei-guard ci`, as values. `VERSION` stands for that of monei-guard; see docs/ci.md.

A system that reads every file of a folder gets a file of its own, one that has a single file for all jobs another job
at its end. In the files of the others a step has its place between other steps, which no machine should choose: what
to paste is shown.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """A file to write into a folder of which every file is read."""

    folder: bytes
    text: str


@dataclass(frozen=True, slots=True)
class AppendedJob:
    """Lines to add at the end of the file of all jobs."""

    path: bytes
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PastedStep:
    """Lines for a person to paste into the system's file."""

    path: bytes
    lines: tuple[str, ...]


Step: TypeAlias = WorkflowFile | AppendedJob | PastedStep
