"""Applying a delta: dulwich's compiled function, or its own Python one where the wheel has none.

The compiled module is imported by its own name: `dulwich.pack` would import most of dulwich (a tenth of a second).
Both raise ApplyDeltaError for a delta that does not fit its base or does not make what it announces.
"""

from collections.abc import Callable
from importlib import import_module

from dulwich.errors import ApplyDeltaError

__all__ = ["ApplyDeltaError", "apply_delta"]


def _in_python(base: bytes, delta: bytes) -> list[bytes]:
    from dulwich.pack import apply_delta as apply  # noqa: PLC0415 - heavy, and only where nothing is compiled

    return [b"".join(apply(base, delta))]


def _compiled() -> Callable[[bytes, bytes], list[bytes]] | None:
    try:
        module = import_module("dulwich._pack")
    except ImportError:  # a platform without a compiled wheel
        return None
    function: Callable[[bytes, bytes], list[bytes]] = module.apply_delta
    return function


# Returns a list of one: the object that a delta makes of its base.
apply_delta = _compiled() or _in_python
