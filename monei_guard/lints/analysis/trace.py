"""The way of a value through the code, as people are told it."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from monei_guard.model.blob import View


class Step(NamedTuple):
    """One stop on a value's way: what happens there, in which file, and where (byte offsets)."""

    message: str
    view: "View"
    start: int
    end: int


class Trace(NamedTuple):
    """A credential that reached an expression: what it is, how its source is written, and its way (source first)."""

    noun: str  # "key" | "token" | "secret" | "PIN"
    name: str  # as shown to people; never a value
    steps: tuple[Step, ...]
    by_name: bool = False  # only the name says so

    def then(self, step: Step) -> "Trace":
        """Return the trace with one more stop; a stop on the same line as the last one adds nothing."""
        return self._replace(steps=(*self.steps, step))
