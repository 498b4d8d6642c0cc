"""A Markdown to-do: which secrets to rotate, where each stands, in which order."""

from collections.abc import Iterator, Sequence

from monei_guard.model.finding import Triaged
from monei_guard.model.rule import Environment
from monei_guard.reporting.html_summary import secret_key
from monei_guard.reporting.markdown import code
from monei_guard.reporting.terminal import location_text


def rotation_list(real: Sequence[tuple[Triaged, str]], made: str) -> str:
    """Return the list for findings judged real, each with the reason given; `made` is the day (ISO)."""
    return "".join(_lines(real, made))


def _lines(real: Sequence[tuple[Triaged, str]], made: str) -> Iterator[str]:
    groups: dict[str, list[tuple[Triaged, str]]] = {}
    for triaged, reason in real:
        groups.setdefault(secret_key(triaged.finding), []).append((triaged, reason))
    yield f"# To rotate ({made})\n\n"
    if not groups:
        yield "Nothing was judged real.\n"
    for group in sorted(groups.values(), key=_urgency):
        finding = group[0][0].finding
        name = code(finding.secret.redacted) if finding.secret is not None else code(finding.message)
        answer = next(
            (triaged.verification.verdict for triaged, _ in group if triaged.verification is not None), "not asked"
        )
        yield f"- [ ] {name} {finding.code} {finding.rule}, {finding.severity.label}, environment "
        yield f"{finding.environment.value}, API: {answer}\n"
        yield "  - [ ] make a new key, put it where the program reads it, deploy\n"
        yield f"  - [ ] revoke the old one. {code(finding.hint)}\n" if finding.hint else "  - [ ] revoke the old one\n"
        for triaged, reason in group:
            commit = triaged.finding.location.commit
            since = f", commit {code(commit[:12])}" if commit else ""
            yield f"  - [ ] remove it from {code(location_text(triaged.finding.location))}{since}: {code(reason)}\n"


def _urgency(group: list[tuple[Triaged, str]]) -> tuple[bool, int, bool]:
    live = any(triaged.verification is not None and triaged.verification.verdict == "live" for triaged, _ in group)
    finding = group[0][0].finding
    return (
        not live,
        -max(triaged.finding.severity for triaged, _ in group),
        finding.environment is not Environment.PRODUCTION,
    )
