"""A record on the server of what a pre-receive hook let through although it was found, or was not looked at.

One JSON object a line in `monei-guard.log` of the git directory: `time` (UTC, ISO 8601), `pusher`, `updates` (`ref`,
`old`, `new`), `because` and `what`. Secrets are masked in it as everywhere.
"""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from monei_guard.errors import GuardError
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.reporting.redaction import without_keys, without_secrets
from monei_guard.reporting.terminal import location_text
from monei_guard.sources.pushed_refs import Update

LOG_NAME = "monei-guard.log"
# Who pushes, as GitLab, Gitea and Forgejo, gitolite, a web server and the operating system say, in this order.
_WHO = ("GL_USERNAME", "GITEA_PUSHER_NAME", "GL_USER", "REMOTE_USER", "LOGNAME", "USER")
_MOST = 1000  # updates and things of one push that are listed; the rest is counted


class PushLogError(GuardError):
    """The log cannot be written; nothing is let through without it."""


def log_passed(
    git_dir: bytes, updates: Sequence[Update], because: str, what: Sequence[str], variables: Mapping[str, str]
) -> None:
    """Append what was let through. Raises PushLogError."""
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "pusher": next((without_secrets(variables[name]) for name in _WHO if variables.get(name)), None),
        "updates": [
            {"ref": without_keys(display_path(update.ref)), "old": update.old, "new": update.new}
            for update in updates[:_MOST]
        ],
        "because": because,
        "what": [without_keys(text) for text in what[:_MOST]],
        "more": max(len(what) - _MOST, 0) + max(len(updates) - _MOST, 0),
    }
    path = os.path.join(git_dir, LOG_NAME.encode())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with open(descriptor, "ab", buffering=0) as file:
            file.write(json.dumps(entry).encode() + b"\n")
    except OSError as error:
        raise PushLogError(
            f"cannot write {LOG_NAME} in the repository: {error.strerror}",
            hint="the administrator has to make it writable: nothing is let through unrecorded",
        ) from error


def in_words(finding: Finding) -> str:
    """Return a finding as the log has it: code, place, commit, masked secret."""
    commit = f" commit {finding.location.commit}" if finding.location.commit is not None else ""
    secret = f" {finding.secret.redacted}" if finding.secret is not None else ""
    return f"{finding.code} {location_text(finding.location)}{commit}{secret}"
