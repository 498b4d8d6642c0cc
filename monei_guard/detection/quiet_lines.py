"""Text in which nothing can be found, known by its lines.

Versions of a file share nearly all their lines, and where every file names the company every version would be decoded
and matched from its beginning. So each distinct line is read once: in all encodings, by the pattern of every rule as if
its keywords stood near. A line that leaves nothing to be judged by what surrounds it is quiet, and so is a text of
quiet lines. Of everything else nothing is said here: it is read whole.

Lines that may be read together with the next one (`Decoder.across_lines`) are remembered together with it. A line that
may be read together with others further away is never quiet.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple, Protocol

import regex

from monei_guard.decoding.split_strings import CONSTANTS, assigned_names, may_fold, used_names
from monei_guard.decoding.views import decoded_views
from monei_guard.detection.assignment import REACH_AFTER, REACH_BEFORE
from monei_guard.detection.line_ranges import changed_lines, lines_after, lines_before
from monei_guard.detection.matcher import Candidate, Matcher, SlowRuleError
from monei_guard.detection.open_lines import ACROSS_LINES, OpenLines
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.location import Origin, Span
from monei_guard.model.rule import Rule

_LARGEST = 1 << 23  # bytes of one text
_AT_ONCE = 1 << 17  # bytes that are read together
_LONGEST_LINE = 1 << 16
_MOST_KEPT = 1 << 25  # bytes of all lines
_ENTRY = 100  # bytes that a line costs beside its own, about
_BETWEEN = b";"  # a line that no decoder reads together with the one before it or after it


class Judge(Protocol):
    """What the engine knows of a match (`detection.engine.Engine`)."""

    @property
    def matcher(self) -> Matcher:
        """All rules."""

    def is_dropped(self, candidate: Candidate) -> bool:
        """Return whether a match is neither a finding nor to be masked, whatever stands around it."""

    def ruled_out_by_context(self, view: View) -> Callable[[Candidate], bool]:
        """Return a test for matches in a view that what stands around them rules out, whoever's they would be."""


class _Suspect(NamedTuple):
    """A match on a line, by its offsets there, that only what stands around it can rule out."""

    rule: Rule
    start: int
    end: int


class QuietLines:
    """Remembers lines."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._matcher = judge.matcher
        self._quiet: set[bytes] = set()
        self._open = OpenLines()
        self._suspects: dict[bytes, tuple[_Suspect, ...]] = {}
        self._loud: set[bytes] = set()
        self._quiet_runs: set[bytes] = set()
        self._loud_runs: set[bytes] = set()
        self._constants: dict[bytes, frozenset[bytes]] = {}  # lines that give names a literal, and these names
        self._hidden_uses: dict[bytes, frozenset[bytes]] = {}  # lines with names in expressions, once they are decoded
        self._signed: set[bytes] = set()  # lines with the sign of a rule that looks beyond a line
        self._quiet_passages: set[int] = set()  # hashes of what is around signs
        self._fallen: set[int | None] = set()  # hashes of matches with all that is around them
        self._seen: set[bytes] = set()  # lines of texts that were left to be read whole
        self._kept = 0

    def learn(self, contents: Iterable[bytes]) -> None:
        """Read the lines of several texts at once, which costs less than one text after the other."""
        self._make_room()
        together: list[bytes] = []
        seen: set[bytes] = set()
        for content in contents:
            lines = content.split(b"\n") if len(content) <= _AT_ONCE and b"\0" not in content else []
            unknown = self._unknown(lines)
            if not self._loud.isdisjoint(lines) or self._is_new(lines, [line for line in unknown if line not in seen]):
                seen.update(unknown)
            elif unknown:
                together += (*lines, _BETWEEN)
        try:
            self._learn(together)
        except SlowRuleError:
            return  # each text by itself, then

    def are_all_of(self, view: View) -> bool:
        """Return whether there is nothing to be found in a root view; False says nothing."""
        content = view.data
        if len(content) > _LARGEST or b"\0" in content or self._may_match_beyond_lines(content):
            return False
        lines = content.split(b"\n")
        if self._quiet.issuperset(lines):
            return True
        if not self._loud.isdisjoint(lines):
            return False
        self._make_room()
        try:
            unknown = self._unknown(lines)
            if self._is_new(lines, unknown):
                self._seen.update(unknown)
                self._kept += sum(map(len, unknown)) + _ENTRY * len(unknown)
                return False
            return (
                self._learn(lines)
                and self._are_quiet_together(lines)
                and self._are_quiet_around_signs(lines)
                and not self._may_fold(content, lines)
                and self._all_fall_in_context(view, lines)
            )
        except SlowRuleError:
            return False

    @cached_property
    def _signs(self) -> "tuple[regex.Pattern[bytes], ...]":
        return tuple(regex.compile(rule.line_sign.encode()) for rule in self._matcher.rules if rule.line_sign)

    def _may_match_beyond_lines(self, content: bytes) -> bool:
        """Return whether a rule may match of which nobody has said how far around a line it looks."""
        keywords = self._matcher.unbound_keywords
        return bool(keywords) and any(keyword in content.lower() for keyword in keywords)

    def _unknown(self, lines: list[bytes]) -> list[bytes]:
        quiet, may_go_on, suspects = self._quiet, self._open.ends, self._suspects
        return [line for line in lines if line not in quiet and line not in may_go_on and line not in suspects]

    def _is_new(self, lines: list[bytes], unknown: list[bytes]) -> bool:
        """Return whether most lines of a text were never seen: to learn them costs more than to read it whole once."""
        return 2 * sum(line not in self._seen for line in unknown) > len(lines)

    def _learn(self, lines: list[bytes]) -> bool:
        """Read the lines not met before; return whether none of them is loud."""
        unknown = set(self._unknown(lines))
        if not unknown:
            return True
        numbers = [number for number, line in enumerate(lines) if line in unknown]
        text: list[bytes] = []
        met: set[bytes] = set()
        before, size = numbers[0], 0
        for number in numbers:
            line = lines[number]
            if line in met:
                continue
            if number > before + 1:
                text.append(_BETWEEN)
            met.add(line)
            text.append(line)
            before = number
            size += len(line) + 1
            if size > _AT_ONCE:
                self._read(text)
                text, size = [], 0
        self._read(text)
        return self._loud.isdisjoint(met)

    def _read(self, text: list[bytes]) -> None:
        """Remember what each line of a text is."""
        noise = self._noise(text)
        for number, line in enumerate(text):
            found = noise.get(number, ())
            if found is None or len(line) > _LONGEST_LINE:
                self._loud.add(line)
                continue
            is_signed = any(sign.search(line) for sign in self._signs)
            if is_signed:
                self._signed.add(line)
            constants = assigned_names(line)
            if constants:
                self._constants[line] = constants
            if found or is_signed or constants:
                self._suspects[line] = found
            if not self._open.note(line) and not found and not is_signed and not constants:
                self._quiet.add(line)
            self._kept += len(line) + _ENTRY

    def _are_quiet_together(self, lines: list[bytes]) -> bool:
        """Return whether the lines that may be read together leave nothing behind but what each has by itself."""
        unknown = []
        for run in self._open.runs(lines):
            together = b"\n".join(run)
            if together in self._quiet_runs:
                continue
            if together in self._loud_runs:
                return False
            unknown.append(run)
        if not unknown:
            return True
        noise = self._noise([line for run in unknown for line in (*run, _BETWEEN)])
        loud = {number for number, found in noise.items() if found is None}
        at = 0
        for run in unknown:
            together = b"\n".join(run)
            self._kept += len(together) + _ENTRY
            # A name on one line may be given the literal on the next.
            is_loud = not loud.isdisjoint(range(at, at + len(run))) or not assigned_names(
                together
            ) <= frozenset().union(*(self._constants.get(line, ()) for line in run))
            (self._loud_runs if is_loud else self._quiet_runs).add(together)
            at += len(run) + 1
        return self._loud_runs.isdisjoint(b"\n".join(run) for run in unknown)

    def _may_fold(self, content: bytes, lines: list[bytes]) -> bool:
        """Return whether a constant may be a part of another line's value."""
        given = self._constants.keys() & set(lines)
        if not given:
            return False
        names = frozenset().union(*(self._constants[line] for line in given))
        hidden = self._hidden_uses.keys() & set(lines)
        return may_fold(content) or any(not names.isdisjoint(self._hidden_uses[line]) for line in hidden)

    def _are_quiet_around_signs(self, lines: list[bytes]) -> bool:
        """Return whether the rules that look beyond a line find nothing near their signs."""
        if self._signed.isdisjoint(lines):
            return True
        deadline = self._matcher.deadline()
        for number in [number for number, line in enumerate(lines) if line in self._signed]:
            text = b"\n".join(lines[lines_before(lines, number) : lines_after(lines, number)])
            passage = hash(text)
            if passage in self._quiet_passages:
                continue
            root = View(Blob(text, Origin.HISTORY), text, text_encoding="latin-1")
            for view in (root, *decoded_views(root)):
                if isinstance(view, Skipped) or any(
                    not self._judge.is_dropped(found) for found in self._matcher.beyond_lines(view.data, deadline)
                ):
                    return False
            self._quiet_passages.add(passage)
            self._kept += _ENTRY
        return True

    def _all_fall_in_context(self, view: View, lines: list[bytes]) -> bool:
        """Return whether what stands around them rules out all matches on suspect lines."""
        if self._suspects.keys().isdisjoint(lines):
            return True
        is_ruled_out = self._judge.ruled_out_by_context(view)
        at = 0
        for line in lines:
            suspects = self._suspects.get(line)
            if suspects and not self._fall_in_context(view, at, suspects, is_ruled_out):
                return False
            at += len(line) + 1
        return True

    def _fall_in_context(
        self, view: View, line_start: int, suspects: tuple[_Suspect, ...], is_ruled_out: Callable[[Candidate], bool]
    ) -> bool:
        """Return whether the matches on one line are ruled out; the same ones with the same around them only once."""
        first = max(0, line_start + min(suspect.start for suspect in suspects) - REACH_BEFORE)
        last = line_start + max(suspect.end for suspect in suspects) + REACH_AFTER
        # The name of a file may say more; it is read once.
        passage = None if view.blob.path is not None else hash((line_start - first, view.data[first:last]))
        if passage in self._fallen:
            return True
        candidates = (
            Candidate(rule, line_start + start, line_start + end, view.data[line_start + start : line_start + end])
            for rule, start, end in suspects
        )
        fall = all(map(is_ruled_out, candidates))
        if fall and passage is not None:
            self._fallen.add(passage)
            self._kept += _ENTRY
        return fall

    def _noise(self, lines: Sequence[bytes]) -> dict[int, tuple[_Suspect, ...] | None]:
        """Return the matches on lines, by their numbers; None for a loud one. Raises SlowRuleError."""
        text = b"\n".join(lines)
        root = View(Blob(text, Origin.HISTORY), text, text_encoding="latin-1")
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        suspects: defaultdict[int, list[_Suspect]] = defaultdict(list)
        deadline = self._matcher.deadline()
        for candidate in self._left(root, deadline):
            number = bisect_right(starts, candidate.start) - 1
            suspects[number].append(
                _Suspect(candidate.rule, candidate.start - starts[number], candidate.end - starts[number])
            )
        noise: dict[int, tuple[_Suspect, ...] | None] = {number: tuple(found) for number, found in suspects.items()}
        for item in (root, *decoded_views(root)):
            if isinstance(item, Skipped):
                return dict.fromkeys(range(len(lines)))
            self._note_hidden_uses(item, lines, starts)
            for place in self._loud_places(item, deadline):
                _, span = item.root_span(place)
                first, last = bisect_right(starts, span.start) - 1, bisect_right(starts, max(span.start, span.end - 1))
                noise.update(dict.fromkeys(range(first, last)))
        return noise

    def _note_hidden_uses(self, view: View, lines: Sequence[bytes], starts: list[int]) -> None:
        if view.parent is None:
            return
        for changed in changed_lines(view):
            names = used_names(view.data[changed.start : changed.end])
            if names:
                _, span = view.root_span(changed)
                for number in range(
                    bisect_right(starts, span.start) - 1, bisect_right(starts, max(span.start, span.end - 1))
                ):
                    line = lines[number]
                    self._hidden_uses[line] = self._hidden_uses.get(line, frozenset()) | names
                    self._kept += _ENTRY

    def _left(self, view: View, deadline: float) -> Iterator[Candidate]:
        """Return the matches in what is new in a view that their values do not rule out."""
        return self._matcher.left_everywhere(view.data, changed_lines(view), deadline, self._judge.is_dropped)

    def _loud_places(self, view: View, deadline: float) -> Iterator[Span]:
        """Yield where in a view something may be found once more is known than the line it stands on."""
        data = view.data
        if view.parent is not None:
            yield from (Span(candidate.start, candidate.end) for candidate in self._left(view, deadline))
            for sign in self._signs:
                yield from (Span(*found.span()) for found in sign.finditer(data))
        for one in ACROSS_LINES:
            # A constant of the text itself is looked at together with all of it (`_may_fold`).
            if one.elsewhere is not None and (one is not CONSTANTS.across_lines or view.parent is not None):
                yield from (Span(at, at + 1) for at in one.elsewhere(data))

    def _make_room(self) -> None:
        if self._kept > _MOST_KEPT:
            for kept in (
                self._quiet,
                self._open,
                self._suspects,
                self._loud,
                self._quiet_runs,
                self._loud_runs,
                self._constants,
                self._hidden_uses,
                self._signed,
                self._seen,
                self._quiet_passages,
                self._fallen,
            ):
                kept.clear()
            self._kept = 0
