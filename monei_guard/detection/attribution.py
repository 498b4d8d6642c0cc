"""Whose key is it? One match, then evidence for every company whose keys look so.

A dozen companies share `sk_live_`, and two are called Monei. Evidence adds up: the value's own shape, the name it is
given, hosts and SDKs on its line, near it, in its file, in the repository's dependency files. The best-supported
company owns the key if it leads clearly; otherwise nobody does. A company none of whose key formats fits the value is
no candidate.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import regex

from monei_guard.detection.assessment import MatchContext
from monei_guard.detection.patterns import compile_pattern
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
    anywhere: str  # see model.rule.VendorEvidence
    hinted_at: Search  # by that, in a text of any case


CompanyTest = Callable[[VendorSigns], bool]


def vendor_signs(evidence: Iterable[Rule]) -> tuple[VendorSigns, ...]:
    """Return the signs of all evidence rules, each pattern compiled when it is first asked.

    Of most companies only the form of their keys ever is. A pattern that does not compile raises regex.error then.
    """
    return tuple(_signs(rule) for rule in evidence)


def _signs(rule: Rule) -> VendorSigns:
    own = rule.evidence
    fits = cache(lambda: compile_pattern(rule.pattern, whole=True))
    names = cache(lambda: regex.compile(own.names))
    mentions = "|".join(f"(?:{part})" for part in (own.hosts, own.imports) if part)
    return VendorSigns(
        vendor=rule.vendor,
        fits=lambda value: not rule.pattern or fits().fullmatch(value) is not None,
        shape=own.shape,
        named=lambda name: bool(own.names) and names().search(name) is not None,
        mentioned=_searcher(mentions),
        declared=_searcher(own.packages),
        anywhere=own.anywhere,
        hinted_at=_searcher(f"(?im){own.anywhere}" if own.anywhere else ""),
    )


def _searcher(pattern: str) -> Search:
    compiled = cache(lambda: regex.compile(pattern.encode()))
    return lambda text: bool(pattern) and compiled().search(text) is not None


def attribute(
    value: bytes, around: MatchContext, signs: Iterable[VendorSigns], in_file: CompanyTest, declared: CompanyTest
) -> Attribution:
    """Return whose key `value` is.

    `in_file` and `declared` say whether a company is spoken of in the value's file and among the repository's
    dependencies; both are asked for every value, so they should remember their answers.
    """
    signs = tuple(signs)
    fitting = [company for company in signs if company.fits(value)]
    owner = _owner(fitting, around, in_file, declared)
    name = around.name.rpartition(".")[2]
    if owner.vendor and all(company.shape < UNIQUE_SHAPE for company in fitting if company.vendor == owner.vendor):
        named = {company.vendor for company in signs if company.named(name)}
        if named and owner.vendor not in named:
            # `stripeKey` is Stripe's whatever it is sent to, or nobody's where no known form of Stripe's fits.
            return _owner([company for company in fitting if company.vendor in named], around, in_file, declared)
    return owner


def _owner(
    companies: Iterable[VendorSigns], around: MatchContext, in_file: CompanyTest, declared: CompanyTest
) -> Attribution:
    """Return the best-supported of companies that the value's form fits, nobody where none leads clearly."""
    scores: dict[str, int] = {}
    unique: set[str] = set()
    for company in companies:
        score = company.shape + _context_score(company, around, in_file, declared)
        scores[company.vendor] = max(score, scores.get(company.vendor, score))
        if company.shape >= UNIQUE_SHAPE:
            unique.add(company.vendor)
    if len(unique) == 1:
        (owner,) = unique
        return Attribution(owner, scores[owner])
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    (vendor, score), (_, second) = [*ranked, ("", 0), ("", 0)][:2]
    if score < LEAD or score - second < LEAD:
        return Attribution("", score, second)
    return Attribution(vendor, score, second)


def _context_score(company: VendorSigns, around: MatchContext, in_file: CompanyTest, declared: CompanyTest) -> int:
    score = NAMED if company.named(around.name) else 0
    if company.mentioned(around.line):
        score += ON_LINE
    elif company.mentioned(around.near):
        score += NEAR
    elif in_file(company):
        score += IN_FILE
    if declared(company):
        score += DECLARED
    return score
