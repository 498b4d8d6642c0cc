"""A rule's page, for `rules show`, `explain` and docs/rules/: Markdown under ruff's headings."""

import re

from monei_guard.model.rule import Example, Rule

_TEMPLATE = re.compile(r"<<(?P<kind>\w+)(?::(?P<argument>[^<>\n]*))?>>")
_WORDS = {
    "hex": "hex digits", "HEX": "upper-case hex digits", "alnum": "letters and digits", "upper": "capitals and digits",
    "lower": "small letters and digits", "digits": "digits", "base64": "base64 characters",
    "base64url": "base64url characters",
}  # fmt: skip


def rule_page(rule: Rule) -> str:
    """Return the page as Markdown, ending in a line feed."""
    title = f"{rule.code} {rule.id}" if rule.code else f"{rule.vendor} {rule.id}"
    parts = [f"# {title}", f"{rule.title}. Severity: {rule.severity.label}. Confidence: {rule.confidence.label}."]
    for heading, text in (
        ("What it does", rule.text.what),
        ("Why is this bad?", rule.text.why),
        ("Use instead", rule.text.instead),
    ):
        if text.strip():
            parts += [f"## {heading}", text.strip()]
    parts += _examples("Found", rule.examples)
    parts += _examples("Not found", rule.counter_examples)
    if rule.hint:
        parts += ["## When it is found", rule.hint]
    if rule.text.references:
        parts += ["## References", "\n".join(f"- {reference}" for reference in rule.text.references)]
    return "\n\n".join(parts) + "\n"


def _examples(heading: str, examples: tuple[Example, ...]) -> list[str]:
    shown = [f"In `{example.path}`: {example.because}.\n\n{_fenced(_described(example.text))}" for example in examples]
    return [f"## {heading}", *shown] if shown else []


def _fenced(text: str) -> str:
    fence = "`" * max(3, max((len(run) + 1 for run in re.findall("`{3,}", text)), default=3))
    body = text.rstrip("\n")
    return f"{fence}text\n{body}\n{fence}"


def _described(text: str) -> str:
    """Return an example's text with each made-up value described instead of made."""

    def words(found: re.Match[str]) -> str:
        kind, argument = found["kind"], found["argument"]
        if kind == "text":
            return argument or ""
        return f"‹{argument} {_WORDS[kind]}›" if kind in _WORDS else f"‹{kind}›"

    return _TEMPLATE.sub(words, text)
