"""What a check yields before it becomes a finding."""

from typing import TYPE_CHECKING, NamedTuple

from monei_guard.model.rule import Confidence

if TYPE_CHECKING:
    from monei_guard.lints.analysis.trace import Step, Trace


class Violation(NamedTuple):
    """One place that breaks a rule. Offsets are bytes of the view.

    `message` says what happens here, `trace` where the value came from, `fix` the corrected code in the file's own
    style ("" where there is no single one). `confidence` lowers the rule's own.
    """

    start: int
    end: int
    message: str
    trace: "Trace | None" = None
    fix: str = ""
    confidence: Confidence | None = None
    steps: "tuple[Step, ...]" = ()
