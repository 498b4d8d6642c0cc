"""Applying a delta: dulwich's compiled function, or its own Python one where the wheel has none.

The compiled module is imported by its own name: `dulwich.pack` would import most of dulwich (a tenth of a second).
Both raise ApplyDeltaError for a delta that does not fit its base or does not make what it announces.
"""

from collections.abc import Callable

from dulwich.errors import ApplyDeltaError

__all__ = ["ApplyDeltaError", "apply_delta"]


def _joined(apply: Callable[[bytes, bytes], list[bytes]]) -> Callable[[bytes, bytes], list[bytes]]:
    """Return dulwich's Python function with the compiled one's result: it makes an object in pieces."""
    return lambda base, delta: [b"".join(apply(base, delta))]


# Returns a list of one: the object that a delta makes of its base.
apply_delta: Callable[[bytes, bytes], list[bytes]]
try:
    from dulwich._pack import apply_delta as _compiled  # type: ignore[import-not-found] # no stub for what is compiled

    apply_delta = _compiled
except ImportError:  # a platform without a compiled wheel
    from dulwich.pack import apply_delta as _in_pieces

    apply_delta = _joined(_in_pieces)
