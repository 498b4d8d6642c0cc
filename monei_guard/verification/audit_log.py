"""A record of every request that was sent: when, where, with what outcome. Never a key, never a body.

One JSON object a line: `time` (UTC, ISO 8601), `host`, `path`, `status` (number, or null with `failure`), `failure`
and `key`, the keyed fingerprint: the first 32 hex digits of HMAC-SHA-256 over the credential, null for a request
without one. The HMAC key stands in `FILE.key`, so that a log can be handed on without giving anybody a hash to try
guesses on, and its owner can still tell which line is about which key.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monei_guard.errors import GuardError
from monei_guard.filesystem.links import refuse_links
from monei_guard.model.secret import Secret
from monei_guard.verification.responses import Answer, Reply

_KEY_BYTES = 32


class AuditLogError(GuardError):
    """The audit log cannot be written; nothing is sent without it."""


@dataclass(frozen=True, slots=True)
class AuditLog:
    """Appends to an open file descriptor, one write a line. `now` gives aware UTC times."""

    descriptor: int
    fingerprint_key: bytes
    now: Callable[[], datetime]

    def fingerprint(self, secret: Secret) -> str:
        """Return the keyed fingerprint of a credential."""
        return hmac.new(self.fingerprint_key, secret.reveal(), hashlib.sha256).hexdigest()[:32]

    def record(self, host: str, path: str, answer: Answer, secret: Secret | None) -> None:
        """Append one line. Raises AuditLogError when the disk is full or the file is gone."""
        entry = {
            "time": self.now().isoformat(timespec="milliseconds"),
            "host": host,
            "path": path,
            "status": answer.status if isinstance(answer, Reply) else None,
            "failure": None if isinstance(answer, Reply) else answer.kind.value,
            "key": self.fingerprint(secret) if secret else None,
        }
        try:
            os.write(self.descriptor, json.dumps(entry).encode() + b"\n")
        except OSError as error:
            raise AuditLogError(f"cannot write the audit log: {error.strerror}", hint="free some space") from error

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


def open_audit_log(path: Path, now: Callable[[], datetime]) -> AuditLog:
    """Open `path` for appending (mode 0600 when new) and read or make the key in `path` + ".key".

    Raises AuditLogError when either cannot be used, LinkInRepositoryError where a repository's link is in the way.
    """
    refuse_links(str(path), "the audit log")
    try:
        key = _read_or_make_key(path.with_name(path.name + ".key"))
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _CLOEXEC, 0o600)
    except OSError as error:
        raise AuditLogError(f"cannot open the audit log {path}: {error.strerror}", hint="name another file") from error
    return AuditLog(descriptor, key, now)


_CLOEXEC = getattr(os, "O_CLOEXEC", 0)  # absent on Windows, where descriptors are not inherited


def _read_or_make_key(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _CLOEXEC, 0o600)
    except FileExistsError:
        try:
            key = bytes.fromhex(path.read_text(encoding="ascii").strip())
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise AuditLogError(f"{path} is not a fingerprint key", hint="remove it, and a new one is made") from None
        return key
    key = secrets.token_bytes(_KEY_BYTES)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
    return key
