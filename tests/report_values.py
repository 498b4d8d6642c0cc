"""Findings and reports for the tests of reporting and policy, made from seeds: no key stands in the repository."""

import random
import string

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Finding, Life, Related, Snippet, SnippetLine, Suppression, Triaged, Verification
from monei_guard.model.location import Location, Origin
from monei_guard.model.rule import Confidence, Environment, Rule, RuleKind, RuleText, Severity
from monei_guard.model.secret import Secret
from monei_guard.reporting.report import Configuration, Coverage, Report, make_report

# What a hostile repository may put into a path, a branch, a message or an author's name.
HOSTILE = (
    "\x1b[2J\x1b[1;31mred",
    "\x9b2Jc1",
    "::warning::forged",
    "\n::error file=app.js,line=1::forged",
    "\r\n##[error]forged",
    "##vso[task.setvariable variable=x]forged",
    "a ##teamcity[buildStatus text='x']",
    "a\u202egnp.exe",
    "\u2066isolated\u2069",
    "line\u2028separator\u2029",
    "zero\u200bwidth\ufeff",
    "\x00nul\x7fdel\x08\x08\x08",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "</script><script>alert(1)</script>",
    "javascript:alert(1)",
    "[click](https://evil.example/)",
    "![x](https://evil.example/pixel.png)",
    "`code` **bold** | table | @team #1",
    "{0} {{1}} %s %(x)s ${{ github.token }}",
    '=HYPERLINK("https://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "]]><x/>",
    "&lt;&#x3c;",
    "..\\..\\windows",
    "caf\u00e9 \u65e5\u672c \U0001f511",
    "\U000e0041tag",
)  # fmt: skip


def hex_digits(count: int, seed: int = 0) -> str:
    """Return `count` lower-case hex digits made from `seed`."""
    return "".join(random.Random(seed).choices(string.hexdigits[:16], k=count))  # noqa: S311 - not a real key


def api_key(seed: int = 0) -> bytes:
    """Return a value of the API key's shape that no one was ever issued."""
    return f"mni_{hex_digits(32, seed)}".encode()


def location(path: str | None = "src/pay.js", line: int = 3, **changes: object) -> Location:
    """Return a place in `path`, 36 characters wide."""
    values: dict[str, object] = {
        "path": path,
        "start_line": line,
        "start_column": 14,
        "end_line": line,
        "end_column": 50,
        "start_byte": 40 + line,
        "end_byte": 76 + line,
        "origin": Origin.WORKTREE,
    }
    return Location(**(values | changes))  # type: ignore[arg-type] # checked by the dataclass's users


def finding(seed: int = 0, **changes: object) -> Finding:
    """Return a finding of MG101; `changes` replace fields."""
    secret = Secret(api_key(seed))
    text = f'const key = "{secret.redacted}";'
    start = text.index("mni_")
    values: dict[str, object] = {
        "code": "MG101",
        "rule": "api-key",
        "severity": Severity.CRITICAL,
        "confidence": Confidence.HIGH,
        "vendor": "monei",
        "kind": RuleKind.CREDENTIAL,
        "environment": Environment.PRODUCTION,
        "message": "Monei API key in source",
        "hint": "Revoke it in the dashboard, then read it from the environment.",
        "secret": secret,
        "location": location(),
        "fingerprint": hex_digits(32, seed + 1000),
        "snippet": Snippet(
            lines=(SnippetLine(2, ""), SnippetLine(3, text), SnippetLine(4, "pay(key);")),
            focus=3,
            caret_start=start,
            caret_end=start + len(secret.redacted),
        ),
    }
    return Finding(**(values | changes))  # type: ignore[arg-type] # as above


def full_finding(text: str = "plain", seed: int = 7) -> Finding:
    """Return a finding with every optional part filled, `text` standing wherever a repository's text can."""
    place = location(
        path=text, commit="c" * 40, author=text, date="2026-03-01T10:00:00+00:00", encoding_path=("base64",)
    )
    return finding(
        seed,
        message=text,
        hint=text,
        location=place,
        related=(Related(text, location(path=text, line=9)),),
        life=Life("a" * 40, "b" * 40, 3, (f"refs/heads/{text}",), in_head=True, in_worktree=False),
        snippet=Snippet((SnippetLine(3, text),), 3, 0, len(text)),
    )


def rule(code: str = "MG101", **changes: object) -> Rule:
    """Return a rule with all its text."""
    values: dict[str, object] = {
        "code": code,
        "id": "api-key",
        "kind": RuleKind.CREDENTIAL,
        "title": "Monei API key",
        "severity": Severity.CRITICAL,
        "pattern": "x",
        "hint": "Revoke it.",
        "text": RuleText("What it is.", "Why it is bad.", "Use the environment.", ("https://docs.monei.cc/",)),
    }
    return Rule(**(values | changes))  # type: ignore[arg-type] # as above


def full_report(text: str = "plain") -> Report:
    """Return a report with one of everything, `text` standing wherever a repository's text can."""
    triaged = (
        Triaged(finding()),
        Triaged(full_finding(text), Suppression("inline", text, "2027-01-01", text)),
        Triaged(full_finding(text, 8), None, Verification("live", text, Environment.SANDBOX, "api.monei.cc")),
        Triaged(finding(9, secret=None, location=location(path=None, origin=Origin.MESSAGE), snippet=None)),
        Triaged(finding(10, secret=Secret(b"4711", guessable=True))),
    )
    return make_report(
        triaged,
        (Skipped(text.encode("utf-8", "surrogatepass"), text), Skipped(None, "a limit", incomplete=False)),
        (text,),
        version="0.1.0",
        rules=(rule(),),
        coverage=Coverage(12, 10, 3_400_000),
        configuration=Configuration("pyproject.toml", (text,)),
    )
