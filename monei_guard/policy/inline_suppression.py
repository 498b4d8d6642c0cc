"""Suppressions written beside the code, in any comment syntax.

A directive is the tool's name, a colon and one of these:

    ignore[MG101] reason="documented sample" until=2027-06-30    behind code: for its line; alone: for the next
    ignore-start[MG304, MG405] reason="a block" … ignore-end     for what stands between
    ignore-file[MG101] reason="all of a file of made-up keys"    for the file

A directive that is expired (MG901), suppresses nothing (MG902), names a code that does not exist (MG903) or cannot be
read (MG904) suppresses nothing and is a finding of its own. Those four cannot be suppressed from inside a file.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate, islice
from types import MappingProxyType

from monei_guard.model.blob import View
from monei_guard.model.finding import Finding, Suppression, Triaged, fingerprint
from monei_guard.model.location import Origin, Span
from monei_guard.model.rule import Environment, Rule, RuleKind
from monei_guard.ruleset.bundled import DIRECTIVE

MARKER = DIRECTIVE.encode()
EXPIRED, UNUSED, UNKNOWN_CODE, MALFORMED = "MG901", "MG902", "MG903", "MG904"

# Other scanners' markers, honoured only where the configuration names the tool; and how many lines below they hold.
FOREIGN_MARKERS: Mapping[str, tuple[tuple[bytes, int], ...]] = MappingProxyType({
    "gitleaks": ((b"gitleaks:allow", 0),),
    "betterleaks": ((b"betterleaks:allow", 0),),
    "detect-secrets": ((b"pragma: allowlist secret", 0), (b"pragma: allowlist nextline secret", 1)),
    "ggshield": ((b"ggignore", 0),),
})  # fmt: skip

_DIRECTIVE = re.compile(
    rb"(?<![\w.-])monei-guard:[ \t]*(?P<verb>[a-z-]{1,32})(?P<codes>\[[^\]\r\n]{0,500}\])?(?P<rest>[^\r\n]{0,2000})"
)
_ATTRIBUTE = re.compile(rb"""[ \t,]*([A-Za-z_-]{1,20})=(?:"([^"]*)"|'([^']*)'|([^\s"',;]+))""")
_CODE = re.compile(r"[A-Z]{2,8}[0-9]{3}")
# Words that show that a suppression was meant, if misspelt: any other sentence may begin with the tool's name.
_MEANT = re.compile(rb"ig|allow|disable|suppress|skip|off|exclude|except|no-?qa|no-?lint")
_VERBS = ("ignore", "ignore-file", "ignore-start", "ignore-end")
# Everything that opens a comment somewhere; in prose only HTML's does, so that documentation can show the syntax.
_OPENER = re.compile(rb"#|//|/\*|<!--|--|;|%|\{\{!|\(\*|\bREM\b|^\s*[*'\"]|^\s*$", re.IGNORECASE)
_JSON_OPENER = re.compile(rb"[\"#/]")
_JSON = (b".json", b".ipynb", b".jsonc", b".webmanifest")
_PROSE = (b".md", b".markdown", b".mdx", b".rst", b".adoc")
_PROSE_COMMENTS = ((b"<!--", b"-->"), (b"{/*", b"*/}"))
# What may stand before a directive that is alone on its line.
_ALONE = re.compile(rb'(?:[^A-Za-z0-9]|REM\b|"[_$]?comment")*', re.IGNORECASE)
# Limits, so that no file can make reading its directives slow.
_BYTES_BEFORE = 4096  # bytes
_MAX_STACK = 20  # directives above one line
_MAX_DIRECTIVES = 1000  # in one file


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive. It covers lines `[first, last]`; `problem` says why it cannot be read ("" if it can).

    `codes` is empty for a foreign marker, which holds for every credential rule.
    """

    verb: str
    codes: tuple[str, ...]
    reason: str
    until: date | None
    span: Span
    line: int
    first: int
    last: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class InlinePolicy:
    """How directives are judged on `today`.

    `rules` are all rules there are, by code; `checked` the codes that were looked for in this content (a directive
    for another code cannot be called unused), `lints` those that were if the content was linted too; `foreign` names
    tools of FOREIGN_MARKERS.
    """

    today: date
    rules: Mapping[str, Rule]
    checked: frozenset[str]
    require_reason: bool = True
    foreign: tuple[str, ...] = ()
    lints: frozenset[str] = frozenset()


def find_directives(view: View, policy: InlinePolicy) -> tuple[Directive, ...]:
    """Return the directives in a root view, in order. Names and messages have none: nobody reviews them as code."""
    blob, data = view.blob, view.data
    if blob.is_name or blob.origin is Origin.MESSAGE:
        return ()
    lines = _Lines(data) if MARKER in data or policy.foreign else None
    if lines is None:
        return ()
    own = _close_blocks(_read_all(data, lines, policy, blob.path or b""))
    return (*own, *_foreign_directives(data, lines, policy.foreign))


def triage_content(
    findings: Sequence[Finding],
    view: View,
    policy: InlinePolicy | None,
    shown_path: str | None = None,
    *,
    is_linted: bool = False,
) -> list[Triaged]:
    """Return one content's findings, suppressed where a good directive covers them, then those about the directives.

    `view` is the content's root view; without a `policy` directives mean nothing; `shown_path` replaces the displayed
    path. `findings` must be all of the content's, before any limit to new lines: the directives of the others would
    else look unused.
    """
    directives = find_directives(view, policy) if policy is not None else ()
    if policy is None or not directives:
        return [Triaged(finding) for finding in findings]
    if is_linted:
        policy = replace(policy, checked=policy.checked | policy.lints)
    problems = [_fault(directive, policy) for directive in directives]
    good = [directive for directive, fault in zip(directives, problems, strict=True) if not fault]
    used: dict[Directive, Suppression] = {}
    triaged = []
    for finding in findings:
        covering = next((directive for directive in good if _covers(directive, finding)), None)
        if covering is not None and covering not in used:
            used[covering] = _suppression(covering, finding.location.path, findings)
        triaged.append(Triaged(finding, None if covering is None else used[covering]))
    faults = [
        (directive, fault or _unused(directive, used, policy))
        for directive, fault in zip(directives, problems, strict=True)
    ]
    triaged += [Triaged(finding) for finding in _own_findings(faults, view, policy, shown_path)]
    return triaged


class _Lines:
    """From byte offsets to line numbers (from 1) and lines."""

    def __init__(self, data: bytes) -> None:
        self.texts = data.split(b"\n")
        self.starts = [0, *accumulate(len(text) + 1 for text in self.texts[:-1])]

    def number(self, offset: int) -> int:
        return bisect_right(self.starts, offset)

    def target(self, number: int) -> int:
        """Return the line that a directive alone on line `number` is about: the next without one."""
        following = number + 1
        while following < min(len(self.texts), number + _MAX_STACK) and MARKER in self.texts[following - 1]:
            following += 1
        return following


def _matches(data: bytes, path: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the matches that stand in a comment, as far as that can be told without knowing the language."""
    lowered = path.lower()
    for match in _DIRECTIVE.finditer(data):
        before = _before(data, match.start())
        if lowered.endswith(_PROSE):
            earlier = data[max(match.start() - _BYTES_BEFORE, 0) : match.start()]
            inside = any(earlier.rfind(start) > earlier.rfind(end) for start, end in _PROSE_COMMENTS)
        else:
            inside = bool((_JSON_OPENER if lowered.endswith(_JSON) else _OPENER).search(before))
        if inside and _MEANT.match(match["verb"]):
            yield match


def _before(data: bytes, at: int) -> bytes:
    """Return what stands before `at` on its line (the nearest bytes of it, on a very long one)."""
    start = max(at - _BYTES_BEFORE, 0)
    return data[max(start, data.rfind(b"\n", start, at) + 1) : at]


def _read_all(data: bytes, lines: _Lines, policy: InlinePolicy, path: bytes) -> Iterator[Directive]:
    for number, match in enumerate(_matches(data, path), 1):
        directive = _read(match, lines, policy)
        if number > _MAX_DIRECTIVES:
            yield replace(directive, problem=f"it is one of more than {_MAX_DIRECTIVES} in one file")
            return
        yield directive


def _read(match: re.Match[bytes], lines: _Lines, policy: InlinePolicy) -> Directive:
    verb = match["verb"].decode()
    number = lines.number(match.start())
    codes = tuple(part.strip() for part in (match["codes"] or b"[]")[1:-1].decode("utf-8", "replace").split(","))
    codes = tuple(code for code in codes if code)
    attributes, problem = _attributes(match["rest"])
    until, bad_date = _date(attributes.get("until"))
    problem = _verb_problem(verb, codes) or problem or bad_date
    if not problem and policy.require_reason and verb != "ignore-end" and not attributes.get("reason", "").strip():
        problem = 'it gives no reason="…"'
    first, last = number, number
    if verb == "ignore-file":
        first, last = 1, len(lines.texts)
    elif verb == "ignore" and _ALONE.fullmatch(_before(match.string, match.start())):
        last = lines.target(number)
    return Directive(
        verb, codes, attributes.get("reason", "").strip(), until, Span(match.start(), match.start("rest")),
        number, first, last, problem,
    )  # fmt: skip


def _attributes(rest: bytes) -> tuple[dict[str, str], str]:
    """Return `name="value"` pairs at the beginning of `rest`, and what is wrong with them ("" for nothing)."""
    attributes: dict[str, str] = {}
    at = 0
    while match := _ATTRIBUTE.match(rest, at):
        name = match[1].decode()
        if name not in {"reason", "until"}:
            return attributes, f"{name!r} is not known to it (reason, until)"
        if name in attributes:
            return attributes, f"it gives {name} twice"
        value = next(group for group in match.groups()[1:] if group is not None)
        attributes[name] = value.decode("utf-8", "replace")
        at = match.end()
    if re.match(rb"[ \t,]*(reason|until)[ \t]*=", rest[at:]):
        return attributes, "a quotation mark is missing, or there is a space beside ="
    return attributes, ""


def _date(text: str | None) -> tuple[date | None, str]:
    if text is None:
        return None, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return None, "until is no date like 2027-06-30"


def _verb_problem(verb: str, codes: tuple[str, ...]) -> str:
    if verb not in _VERBS:
        return f"{verb!r} is not one of {', '.join(_VERBS)}"
    if verb == "ignore-end":
        return ""
    if not codes:
        return "it names no code in brackets, like ignore[MG101]"
    if not all(_CODE.fullmatch(code) for code in codes):
        return "the brackets hold something that is no code like MG101"
    return ""


def _close_blocks(directives: Iterable[Directive]) -> list[Directive]:
    """Give each `ignore-start` the lines down to its `ignore-end`; one without the other is malformed."""
    done: list[Directive] = []
    open_blocks: list[int] = []
    for directive in directives:
        done.append(directive)
        if directive.verb == "ignore-start":
            open_blocks.append(len(done) - 1)
        elif directive.verb == "ignore-end":
            if open_blocks:
                start = open_blocks.pop()
                done[start] = replace(done[start], last=directive.line)
            else:
                done[-1] = replace(directive, problem="no ignore-start[…] stands before it")
    for start in open_blocks:
        done[start] = replace(done[start], problem=done[start].problem or "no ignore-end follows it")
    return done


def _foreign_directives(data: bytes, lines: _Lines, tools: Iterable[str]) -> Iterator[Directive]:
    for tool in tools:
        for marker, step in FOREIGN_MARKERS[tool]:
            reason = f"marked for {tool}: {marker.decode()}"
            for match in islice(re.finditer(re.escape(marker), data), _MAX_DIRECTIVES):
                number = lines.number(match.start())
                yield Directive("foreign", (), reason, None, Span(*match.span()), number, number + step, number + step)


def _suppression(directive: Directive, path: str | None, findings: Iterable[Finding]) -> Suppression:
    """Return what the directive says, with any of the content's secrets in its reason masked."""
    reason = directive.reason
    for finding in findings:
        if finding.secret is not None:
            reason = reason.replace(finding.secret.reveal().decode("utf-8", "replace"), finding.secret.redacted)
    until = directive.until.isoformat() if directive.until else None
    return Suppression("inline", reason, until, f"{path or '-'}:{directive.line}")


def _covers(directive: Directive, finding: Finding) -> bool:
    if directive.verb == "ignore-end" or finding.kind is RuleKind.SUPPRESSION:
        return False
    if finding.location.start_line > directive.last or finding.location.end_line < directive.first:
        return False
    return finding.code in directive.codes if directive.codes else finding.secret is not None


def _fault(directive: Directive, policy: InlinePolicy) -> tuple[str, str] | None:
    """Return code and message if the directive must not suppress."""
    if directive.verb == "foreign":
        return None
    if directive.problem:
        return MALFORMED, f"this suppression cannot be read: {directive.problem}"
    for code in directive.codes:
        rule = policy.rules.get(code)
        if rule is None:
            return UNKNOWN_CODE, f"this suppression names {code}, which does not exist"
        if rule.kind is RuleKind.SUPPRESSION:
            return UNKNOWN_CODE, f"{code} cannot be suppressed from inside a file"
    if directive.until is not None and directive.until < policy.today:
        return EXPIRED, f"this suppression of {', '.join(directive.codes)} expired on {directive.until.isoformat()}"
    return None


def _unused(
    directive: Directive, used: Mapping[Directive, Suppression], policy: InlinePolicy
) -> tuple[str, str] | None:
    if (
        directive in used
        or directive.verb in {"ignore-end", "foreign"}
        or not policy.checked.issuperset(directive.codes)
    ):
        return None
    return UNUSED, f"this suppression of {', '.join(directive.codes)} suppresses nothing"


def _own_findings(
    faults: Iterable[tuple[Directive, tuple[str, str] | None]],
    view: View,
    policy: InlinePolicy,
    shown_path: str | None,
) -> Iterator[Finding]:
    """Yield a finding for each faulty directive. It has no snippet: a secret may stand on the same line."""
    seen: Counter[str] = Counter()
    for directive, fault in faults:
        if fault is None or fault[0] not in policy.checked:
            continue
        code, message = fault
        rule = policy.rules[code]
        identity = fingerprint(view.blob.path or b"", *map(str.encode, (code, *directive.codes, directive.verb)))
        seen[identity] += 1
        yield Finding(
            code=code, rule=rule.id, kind=rule.kind, severity=rule.severity, confidence=rule.confidence,
            vendor=rule.vendor, environment=Environment.UNKNOWN, message=message, hint=rule.hint, secret=None,
            location=view.locate(directive.span, shown_path), fingerprint=f"{identity}:{seen[identity]}",
        )  # fmt: skip
