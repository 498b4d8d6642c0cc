"""What can be configured, with its defaults. Apart from `loading`: most repositories have no configuration.

The file in force and what it turns off are part of every report.
"""

import os
from dataclasses import dataclass, field

from monei_guard.model.levels import Confidence, Severity
from monei_guard.policy.selection import Selection
from monei_guard.sources.containers.signatures import ARCHIVE_DEPTH, ArchiveLimits
from monei_guard.sources.source import MAX_SIZE


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides what is scanned and what counts. `source` is the file it came from, None for the defaults."""

    selection: Selection = field(default_factory=Selection)
    fail_on: Severity = Severity.LOW
    exclude: tuple[str, ...] = ()  # gitignore patterns, relative to the scanned root
    extend_rules: tuple[str, ...] = ()  # absolute paths
    max_size: int = MAX_SIZE  # bytes
    archive_depth: int = ARCHIVE_DEPTH  # archives inside one another; 0: none is opened
    baseline: str | None = None  # absolute path
    require_reason: bool = True  # in suppressions
    markers_of: tuple[str, ...] = ()  # tools whose suppressions are honoured too
    source: str | None = None

    @property
    def archives(self) -> ArchiveLimits:
        """Return how far archives are opened."""
        return ArchiveLimits(depth=self.archive_depth, member=self.max_size)

    @property
    def turned_off(self) -> tuple[str, ...]:
        """Return, in words, each thing the configuration file switches off."""
        switched_off = []
        if self.selection.select:
            switched_off.append(f"only {', '.join(self.selection.select)}")
        if self.selection.ignore:
            switched_off.append(f"without {', '.join(self.selection.ignore)}")
        if self.selection.min_confidence > Confidence.LOW:
            switched_off.append(f"nothing below {self.selection.min_confidence.label} confidence")
        if self.fail_on > Severity.LOW:
            switched_off.append(f"findings below {self.fail_on.label} severity do not fail the run")
        if self.exclude:
            switched_off.append(f"paths excluded: {', '.join(self.exclude)}")
        if self.archive_depth < ARCHIVE_DEPTH:
            switched_off.append(f"archives opened {self.archive_depth} deep")
        if self.extend_rules:
            switched_off.append(f"rules from {', '.join(map(os.path.basename, self.extend_rules))} say whose a key is")
        if not self.require_reason:
            switched_off.append("suppressions need no reason")
        if self.markers_of:
            switched_off.append(f"suppressions for {', '.join(self.markers_of)} hold too")
        return tuple(switched_off)
