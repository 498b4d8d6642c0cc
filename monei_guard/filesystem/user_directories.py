"""Where files of the user's own go, apart from any repository."""

import os
import sys


def cache_folder() -> str | None:
    """Return the user's cache folder for this program (XDG Base Directory Specification), None if there is no home."""
    if os.name == "nt":
        base = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "monei-guard") if base and os.path.isabs(base) else None


def configuration_folder() -> str:
    """Return the user's folder for configuration (XDG Base Directory Specification); on Windows the roaming one."""
    base = os.environ.get("APPDATA") if os.name == "nt" else os.environ.get("XDG_CONFIG_HOME")
    return os.path.join(base or os.path.join(os.path.expanduser("~"), ".config"), "monei-guard")


def state_folder() -> str:
    """Return the user's folder for state (XDG Base Directory Specification), on Windows that for local data."""
    base = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_STATE_HOME")
    return os.path.join(base or os.path.join(os.path.expanduser("~"), ".local", "state"), "monei-guard")
