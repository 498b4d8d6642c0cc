"""A secret value that cannot be printed by accident."""

import hashlib
from typing import NoReturn

from monei_guard.model.masking import redact


class Secret:
    """The bytes of a credential.

    Every accidental way out (repr, str, format, pickle, copy) shows the redacted form or is refused; `reveal` is the
    only door, and only matching, masking, verification and `--reveal` use it. `guessable` marks values so small that
    a hash would give them away (a PIN): `sha256` is then None.
    """

    __slots__ = ("_guessable", "_value")

    def __init__(self, value: bytes, *, guessable: bool = False) -> None:
        self._value = value
        self._guessable = guessable

    def reveal(self) -> bytes:
        """Return the bytes themselves."""
        return self._value

    @property
    def guessable(self) -> bool:
        """Whether the value could be found by trying all candidates against its hash."""
        return self._guessable

    @property
    def length(self) -> int:
        """Length in bytes."""
        return len(self._value)

    @property
    def redacted(self) -> str:
        """A form fit for any reader: enough to recognise a long key one already knows, never enough to use it."""
        return redact(self._value, guessable=self._guessable)

    @property
    def sha256(self) -> str | None:
        """Hex SHA-256 of the value, or None where the value is guessable."""
        return None if self._guessable else hashlib.sha256(self._value).hexdigest()

    def __repr__(self) -> str:
        return f"Secret({self.redacted})"

    def __str__(self) -> str:
        return self.redacted

    def __format__(self, spec: str) -> str:
        return format(self.redacted, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled; send its redacted form or its sha256")
