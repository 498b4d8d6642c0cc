"""Which file configures a folder. Apart from `settings`, for every commit asks this and hardly any needs more."""

import os

OWN_FILE = ".monei-guard.toml"
PYPROJECT = "pyproject.toml"
LARGEST = 1 << 20  # bytes; a longer one is an error when it is read


def configuration_in(folder: str) -> str | None:
    """Return the path of the file in `folder` that may hold our configuration, None where there is none.

    A pyproject.toml counts if it names us, and if it cannot be looked at: whoever reads it then says why.
    """
    own = os.path.join(folder, OWN_FILE)
    if os.path.lexists(own):
        return own
    project = os.path.join(folder, PYPROJECT)
    if not os.path.isfile(project):
        return None
    try:
        with open(project, "rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError:
        return project
    return project if b"monei-guard" in raw or len(raw) > LARGEST else None


def lies_in(path: str, folder: str) -> bool:
    """Return whether a path stands inside a folder, wherever links lead."""
    top = os.path.join(os.path.realpath(folder), "")
    return os.path.realpath(path).startswith(top)


def repository_folder(path: str) -> str:
    """Return the folder whose configuration governs `path`: the nearest one upwards that has one or is a repository."""
    folder = os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
    while True:
        if any(os.path.lexists(os.path.join(folder, name)) for name in (".git", OWN_FILE)):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return os.path.abspath(path if os.path.isdir(path) else os.path.dirname(path) or ".")
        folder = above
