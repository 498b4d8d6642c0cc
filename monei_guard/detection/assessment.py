"""What is said of one match: what stands around it, and what became of it."""

from dataclasses import dataclass

from monei_guard.detection.matcher import Candidate
from monei_guard.model.rule import Confidence, Environment, Severity


@dataclass(frozen=True, slots=True)
class MatchContext:
    """The neighbourhood of one value.

    `name` is the name path, outermost first, joined by ".", lower case ("moneisdk.apikey"), "" if there is none;
    `original_name` is the same as written. `line` is the value's line without the value, `near` some lines around it,
    both lower case.
    """

    name: str
    original_name: str
    line: bytes
    near: bytes


NO_CONTEXT = MatchContext("", "", b"", b"")  # of values that were dropped before anyone looked around


@dataclass(frozen=True, slots=True)
class Assessment:
    """What became of one candidate. `dropped` says why it is no finding ("" for a finding).

    `vendor` is whose key it is, also of one that is dropped because it is another company's.
    """

    candidate: Candidate
    around: MatchContext
    vendor: str = ""
    environment: Environment = Environment.UNKNOWN
    confidence: Confidence = Confidence.HIGH
    severity: Severity = Severity.HIGH
    dropped: str = ""
    secret: bool = True  # whether the value must be masked wherever it is shown
