"""The repository as the checks see it: names, states and contents. Frozen; made once, read by every check."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.model.secret import Secret


class FileState(Enum):
    """What git thinks of a file."""

    TRACKED = "tracked"
    UNTRACKED = "untracked"  # and not ignored: `git add .` would take it
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class EnvReader:
    """A file that reads `.env` (or declares the library that does), and the folder whose `.env` that is.

    `name` is the file's, where a template promises another one than `.env`.
    """

    path: bytes
    line: int  # from 1
    folder: bytes  # "" or a path without a slash at its end
    sign: str  # what was seen, fit for a message
    name: bytes = b".env"

    @property
    def env_file(self) -> bytes:
        """The path of the file that is read, whether it exists or not."""
        return join(self.folder, self.name)


@dataclass(frozen=True, slots=True)
class RepositorySnapshot:
    """Everything a check may ask. Paths are relative to `root`, `/`-separated bytes.

    `states` has every tracked and untracked file, and the ignored ones that are `.env`-like; `env_kinds` the
    `.env`-like ones alone. `ignored` are the paths that an ignore rule matches, whether tracked or existing or not.
    `touched` limits reports to what a commit touches; None means everything counts. `findings` are the engine's, by
    path. `mode` gives permission bits, None where there are none (Windows, a file only in the index). `first_seen`
    says when history first held a key. `text_names_monei` searches every text for the name, which takes a while;
    `concerns_monei` is False where neither that nor anything else is a sign of Monei (`monei_signs`).
    """

    root: bytes
    in_git: bool
    origin: Origin
    states: Mapping[bytes, FileState]
    read: Callable[[bytes], bytes | None]
    env_kinds: Mapping[bytes, EnvFileKind] = field(default_factory=dict)
    findings: Mapping[bytes, tuple[Finding, ...]] = field(default_factory=dict)
    ignored: frozenset[bytes] = frozenset()
    readers: tuple[EnvReader, ...] = ()
    folders: frozenset[bytes] = frozenset()  # every folder that a listed file lies in or below
    archives: tuple[bytes, ...] = ()  # built packages, ignored or not
    touched: frozenset[bytes] | None = None
    mode: Callable[[bytes], int | None] = lambda _path: None
    first_seen: Callable[[Secret], datetime | None] | None = None
    max_key_age_days: int = 90
    now: datetime | None = None
    text_names_monei: Callable[[], bool] = lambda: True
    concerns_monei: bool = True

    def reports(self, path: bytes) -> bool:
        """Whether findings in `path` are wanted."""
        return self.touched is None or path in self.touched

    def env_files(self, *kinds: EnvFileKind) -> tuple[bytes, ...]:
        """Return the existing `.env`-like files of the given kinds, sorted."""
        return tuple(sorted(path for path, kind in self.env_kinds.items() if kind in kinds))

    def folder_has(self, folder: bytes, name: bytes) -> bool:
        """Whether a tracked or untracked file of that name lies in `folder`."""
        return join(folder, name) in self.states


def join(folder: bytes, name: bytes) -> bytes:
    """Return the path of `name` in `folder`, where the root is the empty folder."""
    return folder + b"/" + name if folder else name


def folder_of(path: bytes) -> bytes:
    """Return the folder of `path`; "" is the root."""
    return path.rpartition(b"/")[0]


def below(path: bytes, folder: bytes) -> bytes | None:
    """Return `path` relative to `folder`, or None where it lies outside."""
    if not folder:
        return path
    return path[len(folder) + 1 :] if path.startswith(folder + b"/") else None


def nearest_ignore_file(files: RepositorySnapshot, path: bytes) -> bytes:
    """Return the `.gitignore` that decides last about `path`: the nearest one above it, else the root's to be made."""
    folder = folder_of(path)
    while folder:
        if files.folder_has(folder, b".gitignore"):
            return folder + b"/.gitignore"
        folder = folder_of(folder)
    return b".gitignore"
