"""A module of another package, without running the `__init__` of that package.

For packages whose `__init__` imports far more than the one module that is wanted: a hook has no time for it.
"""

import sys
from contextlib import ExitStack
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType


def lone_module(name: str) -> ModuleType:
    """Return the module `package.module`, imported alone. Raises ModuleNotFoundError.

    It is known to Python under its own name, so that whoever imports it as usual gets the same one.
    """
    if name in sys.modules:
        return sys.modules[name]
    package = PathFinder.find_spec(name.rpartition(".")[0])
    places = package.submodule_search_locations if package is not None else None
    spec = PathFinder.find_spec(name, places) if places else None
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = module_from_spec(spec)
    sys.modules[name] = module
    with ExitStack() as undo:
        undo.callback(sys.modules.pop, name)  # no half-made module stays behind
        spec.loader.exec_module(module)
        undo.pop_all()
    return module
