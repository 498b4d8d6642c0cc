"""What a match is by its value alone. Nearly all candidates of the open patterns are words, and fail here cheaply."""

import re

import regex

from monei_guard.detection.assessment import NO_CONTEXT, Assessment
from monei_guard.detection.matcher import Candidate
from monei_guard.detection.placeholders import is_generated, placeholder_reason
from monei_guard.model.rule import Rule

_PREFIX = re.compile(rb"[A-Za-z]{2,5}_(?:(?:live|test|prod|sandbox)_)?")


def dropped_by_value(candidate: Candidate) -> Assessment | None:
    """Return why the candidate is no finding whatever stands around it, or None where that has to be looked at."""
    rule, value = candidate.rule, candidate.value
    unfit = _unfit_value(rule, value)
    if unfit:
        return Assessment(candidate, NO_CONTEXT, dropped=unfit, secret=is_prefixed(rule))
    filler = placeholder_reason(value)
    if filler:
        return Assessment(candidate, NO_CONTEXT, dropped=f"placeholder: {filler}", secret=False)
    return None


def is_prefixed(rule: Rule) -> bool:
    """Return whether the rule's values are credentials by their form, whatever they are given to."""
    return not rule.context.name and not rule.guessable


def _unfit_value(rule: Rule, value: bytes) -> str:
    """Return which condition of the rule's context the value itself does not meet, or ""."""
    context = rule.context
    if context.value and not regex.fullmatch(context.value.encode(), value):
        return "its form is not the one this rule looks for"
    if context.random and not is_generated(_body(value)):
        return "it does not look generated"
    return ""


def _body(value: bytes) -> bytes:
    """Return the value without its vendor prefix: `sk_live_` says nothing about how random the rest is."""
    prefix = _PREFIX.match(value)
    return value[prefix.end() :] if prefix else value
