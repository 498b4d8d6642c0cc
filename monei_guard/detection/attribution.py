"""Whose key is it? One match, then evidence for every company whose keys look so.

A dozen companies share `sk_live_`, and two are called Monei. Evidence adds up: the value's own shape, the name it is
given, hosts and SDKs on its line, near it, in its file, in the repository's dependency files. The best-supported
company owns the key if it leads clearly; otherwise nobody does. A company whose known key formats exclude the value
counts only where the name says so, and loses a tie: that tells Monei from MONEI.com, whose names are the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import regex

from monei_guard.detection.patterns import compile_pattern
from monei_guard.detection.surroundings import Surroundings
from monei_guard.model.rule import Rule

NAMED = 6  # the assigned name carries the company's name
ON_LINE = 5
NEAR = 3
IN_FILE = 2
DECLARED = 1  # among the repository's dependencies
UNIQUE_SHAPE = 8  # no other company's keys look so: decides alone
LEAD = 2  # by how much the first must lead the second

Search = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Attribution:
    """The company the evidence points at ("" for nobody), its score, and the score of the next one."""

    vendor: str
    score: int
    second: int = 0


@dataclass(frozen=True, slots=True)
class VendorSigns:
    """One company's evidence, compiled."""

    vendor: str
    fits: Callable[[bytes], bool]  # can this value be the company's?
    shape: int
    named: Callable[[str], bool]
    mentioned: Search  # a host or an SDK
    declared: Search


def vendor_signs(evidence: Iterable[Rule]) -> tuple[VendorSigns, ...]:
    """Return the compiled signs of all evidence rules. Raises regex.error for a pattern that does not compile."""
    return tuple(_signs(rule) for rule in evidence)


def _signs(rule: Rule) -> VendorSigns:
    own = rule.evidence
    pattern = compile_pattern(rule.pattern, whole=True) if rule.pattern else None
    names = regex.compile(own.names) if own.names else None
    mentions = "|".join(f"(?:{part})" for part in (own.hosts, own.imports) if part)
    return VendorSigns(
        vendor=rule.vendor,
        fits=(lambda value: pattern.fullmatch(value) is not None) if pattern else (lambda _value: True),
        shape=own.shape,
        named=(lambda name: names.search(name) is not None) if names else (lambda _name: False),
        mentioned=_searcher(mentions),
        declared=_searcher(own.packages),
    )


def _searcher(pattern: str) -> Search:
    if not pattern:
        return lambda _text: False
    compiled = regex.compile(pattern.encode())
    return lambda text: compiled.search(text) is not None


def attribute(
    value: bytes, around: Surroundings, file_head: bytes, signs: Iterable[VendorSigns], manifests: Callable[[], bytes]
) -> Attribution:
    """Return whose key `value` is. `file_head` and the result of `manifests` are lower case."""
    scores: dict[str, int] = {}
    fitting: set[str] = set()  # companies whose known key formats include this value
    known: set[str] = set()  # companies whose key formats are known at all
    unique: set[str] = set()
    for company in signs:
        if company.shape:
            known.add(company.vendor)
        if company.fits(value):
            score = company.shape + _context_score(company, around, file_head, manifests)
            fitting |= {company.vendor} if company.shape else set()
            unique |= {company.vendor} if company.shape >= UNIQUE_SHAPE else set()
        else:
            score = NAMED if company.named(around.name) else 0
        scores[company.vendor] = max(score, scores.get(company.vendor, 0))
    if len(unique) == 1:
        (owner,) = unique
        return Attribution(owner, scores[owner])
    excluded = known - fitting

    def rank(item: tuple[str, int]) -> tuple[int, bool]:
        return -item[1], item[0] in excluded

    (vendor, score), (rival, second) = sorted([*scores.items(), ("", 0), ("", 0)], key=rank)[:2]
    leads = score - second >= LEAD or (score == second and vendor not in excluded and rival in excluded)
    return Attribution(vendor if score >= LEAD and leads else "", score, second)


def _context_score(company: VendorSigns, around: Surroundings, file_head: bytes, manifests: Callable[[], bytes]) -> int:
    score = NAMED if company.named(around.name) else 0
    if company.mentioned(around.line):
        score += ON_LINE
    elif company.mentioned(around.near):
        score += NEAR
    elif company.mentioned(file_head):
        score += IN_FILE
    if company.declared(manifests()):
        score += DECLARED
    return score
