"""Imports made later than at the top of a file: the only way to do so, open to the few modules that may.

A commit pays for nothing it does not use. tests/architecture lists the modules that may call `load`, and what for.
"""

from importlib import import_module
from typing import Any


def load(target: str) -> Any:
    """Return `name` of `module` for "module:name", imported at this moment.

    Raises ImportError for a module that is not there, AttributeError for a name that is not in it.
    """
    module, name = target.split(":")
    return getattr(import_module(module), name)
