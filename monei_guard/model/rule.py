"""A rule as data: how a credential looks, what it means, what to do about it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from monei_guard.model.levels import Confidence as Confidence  # noqa: PLC0414 - a rule's levels are part of it
from monei_guard.model.levels import Severity as Severity  # noqa: PLC0414


class Environment(StrEnum):
    """Which side of the API a key opens."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    UNKNOWN = "unknown"


class RuleKind(StrEnum):
    """Which stage applies the rule."""

    CREDENTIAL = "credential"  # detection: a pattern whose `secret` group is the key
    EVIDENCE = "evidence"  # detection: another company's key format, known so that it is not called Monei's
    HYGIENE = "hygiene"  # hygiene: a check of the repository, code in hygiene/<id>.py
    LINT = "lint"  # lints: a check of code, in lints/
    SUPPRESSION = "suppression"  # policy: MG9xx


class Unattributed(StrEnum):
    """What becomes of a match that no evidence gives to any company."""

    KEEP = "keep"  # the shape alone proves the vendor
    UNKNOWN = "unknown"  # reported as nobody's, confidence low; information where nothing speaks of the rule's company
    DROP = "drop"  # the bare shape is too common to report


class Example(NamedTuple):
    """Text that a rule must find (or, as a counter-example, must not), and the reason why.

    `text` is a template: `<<hex:32>>`, `<<alnum:24>>`, `<<digits:6>>`, `<<base64:69>>` become values made from a
    seed, so that no real-looking key stands in the repository (`ruleset.rule_check.expand`).
    """

    text: str
    because: str
    path: str = "example.txt"
    vendor: str | None = None
    environment: str | None = None


class RuleText(NamedTuple):
    """The rule's page, in ruff's headings."""

    what: str = ""
    why: str = ""
    instead: str = ""
    references: tuple[str, ...] = ()


class Context(NamedTuple):
    """What must surround a match before it counts. Empty strings ask for nothing."""

    name: str = ""  # pattern searched in the assigned name path ("monei.api_key", "X-API-KEY", "MoneiSDK.apiKey")
    not_name: str = ""  # pattern that must not be found there
    vendor: str = ""  # the company the evidence must point at
    value: str = ""  # pattern the whole value must match (fullmatch)
    random: bool = False  # the value must look generated


class VendorEvidence(NamedTuple):
    """Signs that a company is meant. Patterns are searched in lower-cased text; "" never matches."""

    names: str = ""  # in the assigned name
    hosts: str = ""  # host names
    imports: str = ""  # SDK packages, classes and headers in the file
    packages: str = ""  # package names in dependency files
    anywhere: str = ""  # the least sign of the company in any text: an extended regular expression of POSIX
    shape: int = 0  # weight of the value's own shape (0: not distinctive, 8: unique)


class VerifyScheme(StrEnum):
    """How a credential is put before the API, if at all."""

    API_KEY = "api-key"  # in the header X-API-KEY
    BEARER = "bearer"  # as a token in the header Authorization
    NEVER = "never"


class VerifyPolicy(NamedTuple):
    """Whether the API may be asked about what a rule finds. Only a built-in rule has one."""

    scheme: VerifyScheme
    because: str = ""  # why it is never sent
    vouches: bool = False  # the value has no shape of its own: that this rule found it is what makes it Monei's


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule file. `code` is "" for evidence, which is never reported."""

    code: str
    id: str
    kind: RuleKind
    title: str
    vendor: str = "monei"
    severity: Severity = Severity.HIGH
    confidence: Confidence = Confidence.HIGH
    pattern: str = ""
    keywords: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()  # how values begin that are to be masked wherever they stand, beside the keywords
    within_line: bool = False  # no match reaches over a line's end, or depends on what stands beyond it
    value_run: str = (
        ""  # pattern of the runs of characters of which each value is one, but for dashes and dots around it
    )
    line_sign: str = ""  # pattern that matches on the line of every value, of a rule that looks beyond that line
    anchors: tuple[str, ...] = ()  # of these at least one stands in every match, in this case; none: nothing is certain
    precedence: int = 0  # of two overlapping matches the higher one is the more informative
    guessable: bool = False
    unattributed: Unattributed = Unattributed.KEEP
    context: Context = field(default_factory=Context)
    evidence: VendorEvidence = field(default_factory=VendorEvidence)
    verify: VerifyPolicy | None = None  # without one, only a value of a shape that nobody else has is sent
    hint: str = ""
    text: RuleText = field(default_factory=RuleText)
    examples: tuple[Example, ...] = ()
    counter_examples: tuple[Example, ...] = ()
    source: str = ""  # the file it was read from, for messages
