"""The second stage: a rule's own pattern, near its keywords only, under a time limit."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from time import monotonic, process_time
from typing import TYPE_CHECKING

from monei_guard.detection.patterns import compile_pattern
from monei_guard.errors import GuardError
from monei_guard.model.blob import View
from monei_guard.model.location import Span
from monei_guard.model.rule import Rule

if TYPE_CHECKING:
    import regex

# A keyword names a value that follows it, or one that stood just before ("value": …, "name": …).
_BEFORE = 1024
_AFTER = 4096
_LONGEST_KEPT = 4096  # bytes of a line that is remembered
_MOST_KEPT = 1 << 25  # bytes of all of them
_SET_ENTRY = 100  # bytes that a line costs beside its own, about
_LONGEST_RUN = 128  # bytes of a run that is remembered
_MOST_RUNS = 1 << 17
_FRAMES = (b" %b ", b'="%b"', b": %b\n")  # what may stand around a run, as far as it says whether dashes belong to it
_STALE = 0.02  # seconds
_LEAST = 0.001  # seconds: no time is left
_TOKEN = 8192  # a window is widened so far to begin and end between tokens


class SlowRuleError(GuardError):
    """Content on which a rule did not finish in time; it was not scanned to the end."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A match before judgement: byte offsets of the secret in the view's data."""

    rule: Rule
    start: int
    end: int
    value: bytes = field(repr=False)


class Matcher:
    """All credential rules, each compiled when it is first needed."""

    def __init__(self, rules: Iterable[Rule], *, seconds: float = 10.0) -> None:
        self.rules = tuple(rules)
        self.keywords = frozenset(keyword for rule in self.rules for keyword in rule.keywords)
        self.seconds = seconds
        self._compiled: dict[str, regex.Pattern[bytes]] = {}
        self._clean_lines: dict[str, set[bytes]] = {}  # by rule code
        self._kept_bytes = 0
        self._dull_runs: set[bytes] = set()
        self._read_for = self._read_at = self._seconds_left = 0.0

    def deadline(self) -> float:
        """Return when looking at a blob that begins now has to end, in seconds of this process's own time."""
        return process_time() + self.seconds

    def candidates(self, view: View, deadline: float) -> Iterator[Candidate]:
        """Yield every match of every rule in the view. Raises SlowRuleError at the deadline."""
        for rule, start, end in self._searches(view.data):
            yield from self._search(rule, view.data, start, end, deadline)

    def surviving(self, view: View, deadline: float, is_dropped: Callable[[Candidate], bool]) -> Iterator[Candidate]:
        """Yield the matches in the view that `is_dropped`, which asks for nothing but rule and value, leaves.

        Versions of a file share nearly all their lines, so a line that left nothing behind is not searched again; of a
        rule that sees beyond a line every match is yielded. Raises SlowRuleError at the deadline.
        """
        for rule, start, end in self._searches(view.data):
            if rule.within_line:
                yield from self._search_lines(rule, view.data, start, end, deadline, is_dropped)
            else:
                yield from self._search(rule, view.data, start, end, deadline)

    @cached_property
    def unbound_keywords(self) -> tuple[bytes, ...]:
        """The keywords, lower case, of the rules that look beyond a line and do not say by what sign."""
        unbound = (rule for rule in self.rules if not rule.within_line and not rule.line_sign)
        return tuple(keyword.encode() for rule in unbound for keyword in rule.keywords)

    @cached_property
    def _by_prefix(self) -> tuple[tuple[Rule, tuple[bytes, ...]], ...]:
        """The rules within a line whose values are no mere runs, with prefixes of which one stands in each value."""
        return tuple(
            (rule, tuple(word.encode() for word in rule.keywords if all(word.endswith("_") for word in rule.keywords)))
            for rule in self.rules
            if rule.within_line and not rule.value_run
        )

    @cached_property
    def _by_run(self) -> tuple[tuple[re.Pattern[bytes], tuple[Rule, ...]], ...]:
        """The rules whose values are runs of some characters, by the pattern of these."""
        rules = [rule for rule in self.rules if rule.within_line and rule.value_run]
        runs = dict.fromkeys(rule.value_run for rule in rules)
        return tuple((re.compile(run.encode()), tuple(rule for rule in rules if rule.value_run == run)) for run in runs)

    def left_everywhere(
        self, data: bytes, ranges: Sequence[Span], deadline: float, is_dropped: Callable[[Candidate], bool]
    ) -> Iterator[Candidate]:
        """Yield what `is_dropped` leaves of the matches of all rules within a line, as if their keywords stood near.

        `ranges` are whole lines. Raises SlowRuleError at the deadline.
        """
        lower = data.lower()
        for rule, prefixes in self._by_prefix:
            if not prefixes or any(prefix in lower for prefix in prefixes):
                for start, end in ranges:
                    found = self._search(rule, data, start, end, deadline)
                    yield from (candidate for candidate in found if not is_dropped(candidate))
        for run, rules in self._by_run:
            for start, end in ranges:
                values = {value for value in run.findall(data, start, end) if value not in self._dull_runs}
                dull = [self._is_dull(value, rules, deadline, is_dropped) for value in values]
                if not all(dull):
                    for rule in rules:
                        found = self._search(rule, data, start, end, deadline)
                        yield from (candidate for candidate in found if not is_dropped(candidate))

    def beyond_lines(self, data: bytes, deadline: float) -> Iterator[Candidate]:
        """Yield the matches of the rules that look beyond a line and say by what sign."""
        for rule in self.rules:
            if rule.line_sign:
                yield from self._search(rule, data, 0, len(data), deadline)

    def _is_dull(
        self, run: bytes, rules: tuple[Rule, ...], deadline: float, is_dropped: Callable[[Candidate], bool]
    ) -> bool:
        """Return whether a run leaves nothing wherever it stands; remembered, for the same words come in every line."""
        if len(run) > _LONGEST_RUN:
            return False
        is_value = run[:1] != b"-" and run[-1:] != b"."  # nothing else can be one, wherever the run stands
        is_dull = is_value and all(is_dropped(Candidate(rule, 0, len(run), run)) for rule in rules)
        if not is_dull and not self._leaves_nothing(run, rules, deadline, is_dropped):
            return False
        if len(self._dull_runs) >= _MOST_RUNS:
            self._dull_runs.clear()
        self._dull_runs.add(run)
        return True

    def _leaves_nothing(
        self, run: bytes, rules: tuple[Rule, ...], deadline: float, is_dropped: Callable[[Candidate], bool]
    ) -> bool:
        for frame in _FRAMES if run.startswith(b"-") else _FRAMES[:1]:
            text = frame % run
            for rule in rules:
                if not all(map(is_dropped, self._search(rule, text, 0, len(text), deadline))):
                    return False
        return True

    def _searches(self, data: bytes) -> Iterator[tuple[Rule, int, int]]:
        """Yield each rule with each range of the data in which it may match."""
        lower = data.lower()
        occurrences = {keyword: list(_occurrences(lower, keyword.encode())) for keyword in self.keywords}
        for rule in self.rules:
            anchors = tuple(anchor.encode() for anchor in rule.anchors)
            for start, end in _windows(lower, (occurrences[keyword] for keyword in rule.keywords)):
                if not anchors or any(data.find(anchor, start, end) >= 0 for anchor in anchors):
                    yield rule, start, end

    def _search_lines(
        self, rule: Rule, data: bytes, start: int, end: int, deadline: float, is_dropped: Callable[[Candidate], bool]
    ) -> Iterator[Candidate]:
        """Yield what is left of the matches in a range, line by line; lines that leave nothing are remembered."""
        clean = self._clean_lines.setdefault(rule.code, set())
        lines = data[start:end].split(b"\n")
        if clean.issuperset(lines):
            return
        at, last = start, len(lines) - 1
        for number, line in enumerate(lines):
            line_start, at = at, at + len(line) + 1
            if line in clean:
                continue
            line_end = line_start + len(line)
            left = False
            for candidate in self._search(rule, data, line_start, line_end, deadline):
                if self._left(deadline) <= _LEAST:  # a line may hold hundreds of thousands that are dropped
                    raise SlowRuleError(
                        f"not all matches could be judged in {self.seconds:g} s",
                        hint="what was found before is reported; scan the file in parts for the rest",
                    )
                if not is_dropped(candidate):
                    left = True
                    yield candidate
            # A window may begin or end within a line: what is left out there could be a part of another match.
            is_whole = (number > 0 or not start or data[start - 1 : start] == b"\n") and (
                number < last or end == len(data) or data[end : end + 1] == b"\n"
            )
            if not left and is_whole and len(line) <= _LONGEST_KEPT:
                self._keep(clean, line)

    def _keep(self, clean: set[bytes], line: bytes) -> None:
        self._kept_bytes += len(line) + _SET_ENTRY
        if self._kept_bytes > _MOST_KEPT:
            for lines in self._clean_lines.values():
                lines.clear()
            self._kept_bytes = len(line) + _SET_ENTRY
        clean.add(line)

    def _left(self, deadline: float) -> float:
        """Return the seconds left until a deadline, as of a moment ago: asking for the process's own time is dear."""
        now = monotonic()
        if deadline != self._read_for or now - self._read_at > _STALE:
            self._read_for, self._read_at = deadline, now
            self._seconds_left = max(deadline - process_time(), _LEAST)
        return self._seconds_left

    def _search(self, rule: Rule, data: bytes, start: int, end: int, deadline: float) -> Iterator[Candidate]:
        pattern = self._compiled.get(rule.code)
        if pattern is None:
            pattern = self._compiled[rule.code] = compile_pattern(rule.pattern)
        try:
            for match in pattern.finditer(data, start, end, timeout=self._left(deadline)):
                first, last = match.span("secret")
                yield Candidate(rule, first, last, data[first:last])
        except TimeoutError:
            raise SlowRuleError(
                f"rule {rule.code} did not come to its end in {self.seconds:g} s",
                hint="what was found before is reported; scan the file in parts for the rest",
            ) from None


def _windows(lower: bytes, occurrences: Iterable[list[int]]) -> list[tuple[int, int]]:
    """Return the merged byte ranges around a rule's keywords; `occurrences` are the offsets of each."""
    offsets = [at for every in occurrences for at in every]
    windows: list[tuple[int, int]] = []
    for offset in sorted(set(offsets)):
        start, end = max(0, offset - _BEFORE), min(len(lower), offset + _AFTER)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(end, windows[-1][1]))
        else:
            windows.append((start, end))
    return [(_token_start(lower, start), _token_end(lower, end)) for start, end in windows]


def _occurrences(lower: bytes, needle: bytes) -> Iterator[int]:
    """Yield the first and last of each crowd of occurrences: the windows of those between them lie in theirs."""
    at = lower.find(needle)
    while at >= 0:
        yield at
        last = lower.rfind(needle, at + 1, at + _BEFORE + len(needle))
        if last >= 0:
            yield last
        at = lower.find(needle, max(at, last) + 1)


def _token_start(data: bytes, start: int) -> int:
    before = data[max(0, start - _TOKEN) : start]
    return start - len(before) + max(before.rfind(b"\n"), before.rfind(b" "), before.rfind(b'"')) + 1 if before else 0


def _token_end(data: bytes, end: int) -> int:
    ends = [at for at in (data.find(mark, end, end + _TOKEN) for mark in (b"\n", b" ", b'"')) if at >= 0]
    return min(ends, default=min(len(data), end + _TOKEN))
