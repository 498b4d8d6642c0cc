"""Applying a delta: dulwich's compiled function, or its own Python one where the wheel has none.

The compiled module is imported by its own name: `dulwich.pack` would import most of dulwich (a tenth of a second).
Both raise ApplyDeltaError for a delta that does not fit its base or does not make what it announces.
"""

from collections.abc import Callable
from importlib import import_module

from dulwich.errors import ApplyDeltaError

__all__ = ["ApplyDeltaError", "apply_delta"]


def _in_lists_of_one(apply: Callable[[bytes, bytes], list[bytes]]) -> Callable[[bytes, bytes], list[bytes]]:
    """Return dulwich's Python function with the compiled one's result: it makes an object in pieces."""
    return lambda base, delta: [b"".join(apply(base, delta))]


# Returns a list of one: the object that a delta makes of its base.
apply_delta: Callable[[bytes, bytes], list[bytes]]
try:
    apply_delta = import_module("dulwich._pack").apply_delta
except ImportError:  # a platform without a compiled wheel
    from dulwich.pack import apply_delta as _in_pieces

    apply_delta = _in_lists_of_one(_in_pieces)
