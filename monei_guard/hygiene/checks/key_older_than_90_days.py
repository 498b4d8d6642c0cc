"""MG209 key-older-than-90-days: history first saw the key long ago, and the files still use it.

Ninety days is what the Monei documentation asks for (authentication and security pages); `--max-key-age` changes it.
Only `audit` knows the history; without it the check says nothing.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monei_guard.hygiene.findings import about_key, shown
from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.model.finding import Finding
from monei_guard.model.rule import Rule

if TYPE_CHECKING:
    from monei_guard.model.secret import Secret


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each key in use, at its first place, when history has held it for too long."""
    if files.first_seen is None:
        return
    now = files.now or datetime.now(UTC)
    seen: set[Secret] = set()
    for path, findings in files.findings.items():
        for key in findings:
            if key.secret is None or key.secret in seen or not files.reports(path):
                continue
            seen.add(key.secret)
            first = files.first_seen(key.secret)
            if first is None:
                continue
            days = (now - first).days
            if days > files.max_key_age_days:
                message = (
                    f"this key is {days} days old (first committed {first.date().isoformat()}) and still in use; "
                    f"rotate keys every {files.max_key_age_days} days"
                )
                yield about_key(rule, key, message, blanks={"path": shown(path)})
