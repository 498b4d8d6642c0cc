"""A module of another package, without running the `__init__` of that package.

Apart from `deferred`: importlib.util is half a millisecond that no clean commit has to pay.
"""

import sys
from contextlib import ExitStack
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType


def load_alone(name: str) -> ModuleType:
    """Return the module `package.module`, imported without running the `__init__` of its package.

    For packages whose `__init__` imports far more than the one module that is wanted: a hook has no time for it. Where
    the package has no such module, the package itself is returned. Raises ModuleNotFoundError without a package.

    It is known to Python under its own name, so that whoever imports it as usual gets the same one.
    """
    if name in sys.modules:
        return sys.modules[name]
    package = PathFinder.find_spec(name.rpartition(".")[0])
    folders = package.submodule_search_locations if package is not None else None
    spec = PathFinder.find_spec(name, folders) if folders else None
    if spec is None or spec.loader is None:
        return import_module(name.rpartition(".")[0])
    module = module_from_spec(spec)
    sys.modules[name] = module
    with ExitStack() as undo:
        undo.callback(sys.modules.pop, name)  # no half-made module stays behind
        spec.loader.exec_module(module)
        undo.pop_all()
    return module
