"""`check_rules` says what is wrong with a rule, and says nothing of a good one."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from monei_guard.detection.patterns import compile_pattern
from monei_guard.lints.example_project import codes_in_example
from monei_guard.model.rule import (
    Context,
    Example,
    Rule,
    RuleKind,
    RuleText,
    VendorEvidence,
    VerifyPolicy,
    VerifyScheme,
)
from monei_guard.ruleset.rule_check import ObservedMatch, check_rules
from monei_guard.ruleset.rule_files import load_bundled

PATTERN = r"{left}(?P<secret>zork_[0-9a-f]{16}){right}"
GOOD = Rule(
    code="ZK101",
    id="zork-key",
    kind=RuleKind.CREDENTIAL,
    title="Zork key",
    vendor="zork",
    pattern=PATTERN,
    keywords=("zork_",),
    precedence=7,
    hint="ask the wizard for another",
    text=RuleText(what="finds", why="bad", instead="better", references=("https://zork.example",)),
    examples=tuple(
        Example(text=f"{name}=zork_<<hex:16>>", because="assigned", vendor="zork") for name in ("a", "b", "c", "d")
    ),
    counter_examples=tuple(Example(text=f"{name}=zork_key_here", because="words") for name in ("a", "b", "c", "d")),
)


def judge(text: bytes, path: str) -> Sequence[ObservedMatch]:
    return [("ZK101", "zork", "unknown", found["secret"]) for found in compile_pattern(PATTERN).finditer(text)]


def complaints(*rules: Rule) -> list[str]:
    return [problem.what for problem in check_rules(rules, judge, compile_pattern, codes_in_example)]


def test_a_good_rule_has_no_problems() -> None:
    assert complaints(GOOD) == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (replace(GOOD, id="Zork Key"), "kebab-case"),
        (replace(GOOD, source="rules/zork/other.toml"), "not the file's name"),
        (replace(GOOD, code="101"), "as in MG101"),
        (replace(GOOD, title=" "), "title is empty"),
        (replace(GOOD, hint=""), "hint is missing"),
        (replace(GOOD, text=GOOD.text._replace(what="")), "text.what is missing"),
        (replace(GOOD, text=GOOD.text._replace(why="")), "text.why is missing"),
        (replace(GOOD, text=GOOD.text._replace(instead="")), "text.instead is missing"),
        (replace(GOOD, text=GOOD.text._replace(references=())), "text.references is missing"),
        (replace(GOOD, keywords=()), "keywords are missing"),
        (replace(GOOD, keywords=("frobozz",)), "holds none of the rule's keywords"),
        (replace(GOOD, pattern=""), "needs a pattern"),
        (replace(GOOD, pattern="zork_([0-9a-f]{16})"), "no group named secret"),
        (replace(GOOD, pattern="(?P<secret>zork_["), "does not compile"),
        (replace(GOOD, pattern=r"(?P<secret>zork_[0-9a-f]{16})"), "no left boundary: it matches behind 'x'"),
        (replace(GOOD, pattern=r"{left}(?P<secret>zork_(?:[0-9a-f]|[0-9a-f][0-9a-f])+){right}"), "it backtracks"),
        (replace(GOOD, examples=GOOD.examples[:3]), "has 3 of 4 examples"),
        (replace(GOOD, counter_examples=()), "has 0 of 4 counter-examples"),
        (replace(GOOD, examples=(*GOOD.examples, Example(text="zork_<<hex:16>>", because=" "))), "because of what"),
        (replace(GOOD, examples=(*GOOD.examples, Example(text="zork_<<hex:15>>", because="short"))), "is not reported"),
        (replace(GOOD, examples=(*GOOD.examples, Example(text="zork_<<rune:3>>", because="odd"))), "is not known"),
        (replace(GOOD, examples=(GOOD.examples[0]._replace(vendor="grue"),) * 4), "is given to 'zork', not 'grue'"),
        (replace(GOOD, examples=(GOOD.examples[0]._replace(environment="sandbox"),) * 4), "called 'unknown', not"),
        (replace(GOOD, counter_examples=GOOD.examples), "is reported, although: assigned"),
        (replace(GOOD, context=Context(name="(")), "context.name does not compile"),
        (replace(GOOD, context=Context(name="zork|")), "context.name matches the empty text"),
        (replace(GOOD, verify=VerifyPolicy(VerifyScheme.NEVER)), "verify.because is missing"),
        (replace(GOOD, verify=VerifyPolicy(VerifyScheme.BEARER, because="x")), "only for what is never sent"),
        (replace(GOOD, verify=VerifyPolicy(VerifyScheme.NEVER, "x", vouches=True)), "only for what may be sent"),
        (replace(GOOD, kind=RuleKind.LINT, verify=VerifyPolicy(VerifyScheme.API_KEY)), "verify is for credentials"),
        (replace(GOOD, kind=RuleKind.LINT), "a lint rule has no pattern"),
        (replace(GOOD, kind=RuleKind.EVIDENCE), "evidence is never reported"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_rule_is_told_what_to_mend(rule: Rule, said: str) -> None:
    assert any(said in what for what in complaints(rule)), complaints(rule)


def test_two_rules_may_not_share_code_id_or_precedence() -> None:
    found = complaints(GOOD, GOOD)
    assert sum("code ZK101 is used by 2 rules" in what for what in found) == 2
    assert sum("id zork-key is used by 2 rules" in what for what in found) == 2
    assert sum("precedence 7 is used by 2 rules" in what for what in found) == 2


def test_evidence_of_two_companies_may_share_an_id() -> None:
    value = Example(text="zork_<<hex:16>>", because="its form")
    evidence = Rule(
        code="", id="key", kind=RuleKind.EVIDENCE, title="a key", vendor="zork", pattern=PATTERN,
        evidence=VendorEvidence(names="zork", shape=3), examples=(value,),
        counter_examples=(Example(text="zork_<<hex:15>>", because="too short"),),
    )  # fmt: skip
    assert complaints(evidence, replace(evidence, vendor="frobozz")) == []
    assert "counter-example 1 fits the pattern" in complaints(replace(evidence, counter_examples=(value,)))
    assert "example 1 does not fit the pattern" in complaints(replace(evidence, examples=evidence.counter_examples))
    assert any("needs an example" in what for what in complaints(replace(evidence, examples=())))


def test_a_problem_names_the_file_and_the_rule() -> None:
    (problem,) = check_rules(
        [replace(GOOD, source="my/zork-key.toml", hint="")], judge, compile_pattern, codes_in_example
    )
    assert str(problem) == "my/zork-key.toml: ZK101: hint is missing"


def test_the_examples_of_a_lint_are_run() -> None:
    rule = next(rule for rule in load_bundled() if rule.code == "MG404")
    bad, good = rule.examples[0], rule.counter_examples[0]
    wrong = replace(rule, examples=(good, *rule.examples), counter_examples=(bad, *rule.counter_examples))
    assert complaints(rule) == []
    first, second = complaints(wrong)
    assert first == f"example 1 is not reported, although: {good.because}"
    assert second == f"counter-example 1 is reported, although: {bad.because}"
