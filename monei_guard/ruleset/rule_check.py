"""Rules that test themselves: what a rule file must hold, and whether its examples come true.

`rules check` and the test-suite run this over the built-in rules; users run it over their own. Compiling and judging
are handed in, since both belong to later stages.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

import regex

from monei_guard.model.rule import Example, Rule, RuleKind, VerifyScheme
from monei_guard.ruleset.rule_files import RuleError
from monei_guard.ruleset.templates import expand

__all__ = ["ObservedMatch", "PatternCompiler", "Problem", "RuleRunner", "check_rules", "expand"]

_EXAMPLES = 4  # a rule with fewer has not been thought through
_PUMPED = 200_000  # bytes of each hostile input
_SECONDS = 3.0  # for one hostile input; a good pattern takes some 20 ms
_WORD_CHARACTERS = (b"x", b"o", b"7", b"_")
_CODE = re.compile(r"[A-Z]{2,8}\d{3,4}")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# (code, vendor, environment, secret) of every finding in one text.
ObservedMatch = tuple[str, str, str, bytes]


# The codes that one lint reports in an example: its text and path.
LintCodes = Callable[[Rule, str, str], Sequence[str]]


class RuleRunner(Protocol):
    """Runs the whole engine over one text."""

    def __call__(self, text: bytes, path: str) -> Sequence[ObservedMatch]:
        """Return the findings in `text`, read from a file of that name."""


class PatternCompiler(Protocol):
    """Compiles a rule's pattern for bytes."""

    def __call__(self, pattern: str, *, whole: bool = False) -> regex.Pattern[bytes]:
        """Return the pattern; `whole` drops the boundaries, for use with fullmatch. Raises regex.error."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a rule: the file, the rule's code or id, and what to mend."""

    source: str
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.source or self.rule}: {self.rule}: {self.what}"


def check_rules(
    rules: Iterable[Rule], runner: RuleRunner, compile_pattern: PatternCompiler, lint_codes: LintCodes
) -> list[Problem]:
    """Return everything wrong with `rules`, in their order; an empty list is a pass."""
    every = tuple(rules)
    found = list(_clashes(every))
    for rule in every:
        complaints = list(_check_rule(rule, runner, compile_pattern, lint_codes))
        found.extend(Problem(rule.source, rule.code or rule.id, what) for what in complaints)
    return found


def _clashes(rules: Sequence[Rule]) -> Iterator[Problem]:
    for what in ("code", "id", "precedence"):
        counts = Counter(_identity(rule, what) for rule in rules)
        for rule in rules:
            value = _identity(rule, what)
            if value and counts[value] > 1:
                yield Problem(rule.source, rule.code or rule.id, f"{what} {value} is used by {counts[value]} rules")


def _identity(rule: Rule, what: str) -> str:
    """Return what no other rule may share, "" where anything goes. Evidence ids are unique within a company."""
    if what == "precedence":
        return str(rule.precedence) if rule.kind is RuleKind.CREDENTIAL else ""
    if what == "code":
        return rule.code
    return f"{rule.vendor}/{rule.id}" if rule.kind is RuleKind.EVIDENCE else rule.id


def _check_rule(
    rule: Rule, runner: RuleRunner, compile_pattern: PatternCompiler, lint_codes: LintCodes
) -> Iterator[str]:
    yield from _check_names(rule)
    yield from _check_contexts(rule)
    yield from _check_verify(rule)
    try:
        pattern = compile_pattern(rule.pattern) if rule.pattern else None
    except regex.error as error:
        yield f"the pattern does not compile: {error}"
        return
    if rule.kind is RuleKind.CREDENTIAL:
        if pattern is None:
            yield "a credential rule needs a pattern"
        elif "secret" not in pattern.groupindex:
            yield "the pattern has no group named secret: (?P<secret>…)"
        else:
            yield from _check_credential(rule, pattern, runner)
    elif rule.kind is RuleKind.EVIDENCE and rule.pattern:
        yield from _check_evidence(rule, compile_pattern(rule.pattern, whole=True))
    elif pattern is not None and rule.kind is not RuleKind.EVIDENCE:
        yield f"a {rule.kind} rule has no pattern: its logic is code"
    if rule.kind is RuleKind.LINT:
        yield from _check_lint(rule, lint_codes)


def _check_names(rule: Rule) -> Iterator[str]:
    if not _ID.fullmatch(rule.id):
        yield f"id {rule.id!r} is not in kebab-case"
    source = PurePath(rule.source)
    if source.suffix == ".toml" and source.stem != rule.id:
        yield f"id {rule.id!r} is not the file's name"
    if not rule.title.strip():
        yield "title is empty"
    if rule.kind is RuleKind.EVIDENCE:
        if rule.code:
            yield "evidence is never reported, so it has no code"
        return
    if not _CODE.fullmatch(rule.code):
        yield f"code {rule.code!r} is not letters and digits, as in MG101"
    for name, text in (
        ("hint", rule.hint),
        ("text.what", rule.text.what),
        ("text.why", rule.text.why),
        ("text.instead", rule.text.instead),
        ("text.references", " ".join(rule.text.references)),
    ):
        about_ourselves = name == "text.references" and rule.kind is RuleKind.SUPPRESSION
        if not text.strip() and not about_ourselves:
            yield f"{name} is missing"


def _check_contexts(rule: Rule) -> Iterator[str]:
    context, evidence = rule.context, rule.evidence
    for name, pattern in (
        ("context.name", context.name),
        ("context.not-name", context.not_name),
        ("context.value", context.value),
        ("evidence.names", evidence.names),
        ("evidence.hosts", evidence.hosts),
        ("evidence.imports", evidence.imports),
        ("evidence.packages", evidence.packages),
        ("evidence.anywhere", evidence.anywhere),
    ):
        try:
            matches_nothing = regex.search(pattern, "") if pattern else None
        except regex.error as error:
            yield f"{name} does not compile: {error}"
        else:
            if matches_nothing is not None:
                yield f"{name} matches the empty text, that is: everywhere"


def _check_verify(rule: Rule) -> Iterator[str]:
    policy = rule.verify
    if policy is None:
        return
    never = policy.scheme is VerifyScheme.NEVER
    if rule.kind is not RuleKind.CREDENTIAL:
        yield f"verify is for credentials, not for {rule.kind}"
    if never is not bool(policy.because.strip()):
        yield "verify.because is missing" if never else "verify.because is only for what is never sent"
    if never and policy.vouches:
        yield "verify.vouches is only for what may be sent"


def _check_credential(rule: Rule, pattern: regex.Pattern[bytes], runner: RuleRunner) -> Iterator[str]:
    if not rule.keywords:
        yield "keywords are missing: without one the prefilter would never let the rule see any text"
    values: list[bytes] = []
    for kind, examples in (("example", rule.examples), ("counter-example", rule.counter_examples)):
        if len(examples) < _EXAMPLES:
            yield f"has {len(examples)} of {_EXAMPLES} {kind}s"
        for number, example in enumerate(examples, 1):
            if not example.because.strip():
                yield f"{kind} {number} does not say because of what"
            try:
                text = _text(rule, example)
            except RuleError as error:
                yield f"{kind} {number}: {error}"
                continue
            if kind == "example":
                yield from (f"example {number}: {what}" for what in _check_example(rule, example, text, runner))
                values += [match["secret"] for match in pattern.finditer(text)][:1]
            elif any(code == rule.code for code, *_ in runner(text, example.path)):
                yield f"counter-example {number} is reported, although: {example.because}"
    yield from _check_left_boundary(pattern, values)
    yield from _check_speed(rule, pattern, values)


def _check_lint(rule: Rule, lint_codes: LintCodes) -> Iterator[str]:
    for kind, examples in (("example", rule.examples), ("counter-example", rule.counter_examples)):
        if len(examples) < _EXAMPLES:
            yield f"has {len(examples)} of {_EXAMPLES} {kind}s"
        for number, example in enumerate(examples, 1):
            if not example.because.strip():
                yield f"{kind} {number} does not say because of what"
            try:
                text = _text(rule, example).decode()
            except RuleError as error:
                yield f"{kind} {number}: {error}"
                continue
            if (rule.code in lint_codes(rule, text, example.path)) is not (kind == "example"):
                outcome = "is not reported" if kind == "example" else "is reported"
                yield f"{kind} {number} {outcome}, although: {example.because}"


def _text(rule: Rule, example: Example) -> bytes:
    return expand(example.text, f"{rule.code or rule.id}/{example.because}").encode()


def _check_example(rule: Rule, example: Example, text: bytes, runner: RuleRunner) -> Iterator[str]:
    if not any(keyword.encode() in text.lower() for keyword in rule.keywords):
        yield "holds none of the rule's keywords, so the prefilter would pass it by"
    findings = runner(text, example.path)
    own = [finding for finding in findings if finding[0] == rule.code]
    if not own:
        others = ", ".join(sorted(code for code, *_ in findings)) or "nothing"
        yield f"is not reported ({others} was), although: {example.because}"
        return
    _, vendor, environment, _ = own[0]
    if example.vendor is not None and vendor != example.vendor:
        yield f"is given to {vendor!r}, not {example.vendor!r}"
    if example.environment is not None and environment != example.environment:
        yield f"is called {environment!r}, not {example.environment!r}"


def _check_left_boundary(pattern: regex.Pattern[bytes], values: Iterable[bytes]) -> Iterator[str]:
    """Prove that a value is not found as the tail of a longer word."""
    for value in values:
        for character in _WORD_CHARACTERS:
            if any(match.start("secret") == 1 for match in pattern.finditer(character + value)):
                behind = character.decode()
                yield f"the pattern has no left boundary: it matches behind {behind!r} (begin it with {{left}})"
                return


def _check_speed(rule: Rule, pattern: regex.Pattern[bytes], values: Iterable[bytes]) -> Iterator[str]:
    """Prove that no text makes the pattern run away."""
    for name, data in _hostile_texts(rule, tuple(values)):
        try:
            for _ in pattern.finditer(data, timeout=_SECONDS):
                pass
        except TimeoutError:
            yield f"the pattern needs more than {_SECONDS:g} s for {len(data) // 1000} kB of {name}: it backtracks"
            return


def _hostile_texts(rule: Rule, values: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    units = {f"the character {char!r}": char.encode() for char in "aA0_-./+= \n\"'\\%"}
    units |= {f"{pair!r}": pair.encode() for pair in ("a-", "a_", "a.", "a=", "0-", "a b", "a\n", "Aa0", "\\n", "%20")}
    for keyword in rule.keywords:
        units |= {f"the keyword {keyword!r}": keyword.encode(), f"'{keyword} '": keyword.encode() + b" "}
    for value in values[:1]:
        for length in sorted({1, len(value) // 2, max(len(value) - 1, 1), len(value)}):
            units[f"the first {length} characters of an example"] = value[:length]
            units[f"the first {length} characters of an example and a hyphen"] = value[:length] + b"-"
    for name, unit in units.items():
        yield name, unit * (_PUMPED // len(unit))
    for value in values[:1]:
        for char in b"a0-_.":
            tail = bytes([char]) * _PUMPED
            yield f"an example and {chr(char)!r}", value[:-1] + tail + b"~"
            yield f"an example, {chr(char)!r} and a letter", value[:-1] + tail + b"Z"
            yield f"{chr(char)!r} and an example", tail + value


def _check_evidence(rule: Rule, pattern: regex.Pattern[bytes]) -> Iterator[str]:
    if "secret" not in pattern.groupindex:
        yield "the pattern has no group named secret: (?P<secret>…)"
    if not rule.examples or not rule.counter_examples:
        yield "needs an example and a counter-example of the company's values"
    for should_fit, kind, examples in (
        (True, "example", rule.examples),
        (False, "counter-example", rule.counter_examples),
    ):
        for number, example in enumerate(examples, 1):
            try:
                fits = pattern.fullmatch(_text(rule, example)) is not None
            except RuleError as error:
                yield f"{kind} {number}: {error}"
                continue
            if fits is not should_fit:
                yield f"{kind} {number} {'does not fit' if should_fit else 'fits'} the pattern"
