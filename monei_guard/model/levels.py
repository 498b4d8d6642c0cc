"""How bad and how sure: two ordered scales that never mix."""

from enum import IntEnum


class Severity(IntEnum):
    """How bad it is if true. Ordered."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """Return the lower-case word used in every output."""
        return self.name.lower()


class Confidence(IntEnum):
    """How sure we are. Ordered, and never mixed with severity."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        """Return the lower-case word used in every output."""
        return self.name.lower()
