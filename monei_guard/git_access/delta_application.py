"""Applying a delta: dulwich's compiled function, or its own Python one where the wheel has none.

The compiled module is imported by its own name: `dulwich.pack` would import most of dulwich (a tenth of a second).
Both raise ApplyDeltaError for a delta that does not fit its base or does not make what it announces.
"""

from collections.abc import Callable

from dulwich.errors import ApplyDeltaError

__all__ = ["ApplyDeltaError", "apply_delta"]

# Returns the result as a list of one.
apply_delta: Callable[[bytes, bytes], list[bytes]]
try:
    from dulwich._pack import apply_delta
except ImportError:  # a platform without a compiled wheel

    def apply_delta(base: bytes, delta: bytes) -> list[bytes]:
        """Return a list of the one object that `delta` makes of `base`."""
        from dulwich.pack import apply_delta as in_python  # noqa: PLC0415 - heavy, and only here

        return [b"".join(in_python(base, delta))]
