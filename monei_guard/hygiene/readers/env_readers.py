"""Which folders have code that reads a `.env`: by the library they declare, the call they make, or the template."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import NamedTuple

from monei_guard.hygiene.env_file_names import EnvFileKind, promised_by
from monei_guard.hygiene.readers.dotenv_files import decode
from monei_guard.hygiene.readers.requirements import (
    node_package_reads_env,
    php_package_reads_env,
    python_project_reads_env,
    setup_file_reads_env,
)
from monei_guard.hygiene.snapshot import EnvReader, folder_of, join
from monei_guard.model.location import display_path

# Fixed strings for git's own search; the expressions below then say which file and what it means there.
NEEDLES = (b"dotenv", b"loadEnvFile", b"--env-file", b"env_file", b"django-environ", b"pydantic-settings", b"env-cmd")

_PYTHON_LIBRARIES = rb"(?i)python[-_.]dotenv|django-environ|pydantic-settings|starlette-dotenv"

_NAME_OF_MANIFEST = (
    b"package.json", b"pyproject.toml", b"setup.py", b"requirements.txt", b"Pipfile", b"go.mod", b"Cargo.toml",
    b"Gemfile", b"composer.json", b"pubspec.yaml", b"pom.xml", b"build.gradle", b"mix.exs",
)  # fmt: skip


class _Sign(NamedTuple):
    """Names of files, what shows in them that they read a `.env`, and what begins a comment there.

    Expressions are text, for a commit needs none of them compiled. `declares` is asked once more of a manifest in which
    the sign stands: the library may be an optional extra, or be what the manifest is of.
    """

    names: bytes
    shows: bytes
    comment: bytes
    declares: Callable[[bytes], bool] = lambda _data: True


_SIGNS: tuple[_Sign, ...] = (
    _Sign(
        rb"package\.json",
        rb"\"(?:dotenv(?:-[a-z]+)?|@dotenvx/dotenvx|env-cmd)\"\s*:|dotenv/config|--env-file(?:-if-exists)?[= ]",
        b"",
        lambda data: node_package_reads_env(decode(data)),
    ),
    _Sign(rb"pyproject\.toml|Pipfile", _PYTHON_LIBRARIES, b"#", python_project_reads_env),
    _Sign(rb"setup\.(?:py|cfg)", _PYTHON_LIBRARIES, b"#", setup_file_reads_env),
    _Sign(rb"requirements[^/]*\.(?:txt|in)", _PYTHON_LIBRARIES, b"#"),
    _Sign(
        rb"go\.mod",
        rb"(?m)^[ \t]{0,40}(?:require[ \t]{1,9})?\S{0,200}godotenv\S{0,40}[ \t]{1,9}v\d(?![^\n]*//[ \t]*indirect)",
        b"//",
    ),
    _Sign(rb"Cargo\.toml", rb"(?m)^dotenvy?\b(?![^\n]*optional[ \t]*=[ \t]*true)", b"#"),
    _Sign(
        rb"Gemfile|[^/]*\.gemspec",
        rb"(?m)^[ \t]{0,80}(?:gem|\w{1,40}\.add_\w{0,40}dependency)[ \t(]{1,9}[\"']dotenv(?:-rails)?[\"']",
        b"#",
    ),
    _Sign(rb"composer\.json", rb"phpdotenv|symfony/dotenv", b"", lambda data: php_package_reads_env(decode(data))),
    _Sign(rb"pubspec\.yaml", rb"(?m)^[ \t]{1,40}(?:flutter_)?dotenv:", b"#"),
    _Sign(
        rb"(?:docker-)?compose[^/]*\.ya?ml",
        rb"(?m)^[ \t]{0,80}env_file[ \t]?:[ \t]{0,20}(?:[\"']?\.?/?\.env\b|\r?$)",
        b"#",
    ),
    _Sign(
        rb".*\.(?:py|ipynb)",
        rb"(?m)\bload_dotenv\(|\bdotenv_values\(|\bfind_dotenv\(|^[ \t]{0,80}(?:from|import) dotenv\b",
        b"#",
    ),
    _Sign(
        rb".*\.[cm]?[jt]sx?",
        rb"require\(\s*[\"']dotenv(?:/config)?[\"']|(?:from|import)\s+[\"']dotenv(?:/config)?[\"']|process\.loadEnvFile\(",
        b"//",
    ),
    _Sign(rb".*\.go", rb"godotenv\.(?:Load|Overload|Read)\(", b"//"),
    _Sign(rb".*\.rs", rb"dotenvy?::", b"//"),
    _Sign(rb".*\.rb", rb"Dotenv\.load|require [\"']dotenv", b"#"),
    _Sign(rb".*\.php", rb"Dotenv::create|new Dotenv\(", b"//"),
    _Sign(rb".*\.dart", rb"dotenv\.load\(", b"//"),
)
# Names that are all code: setup.py is the one whose manifest sign is looked for as well, and it comes by its own name.
_CODE_SUFFIXES = (b"js", b"ts", b"tsx", b"jsx", b"mjs", b"cjs", b"go", b"rs", b"rb", b"php", b"dart")
_NOT_OURS = re.compile(rb"(?:^|/)(?:node_modules|vendor|third_party|\.venv|venv|site-packages|dist|build)/")
_MAX_READ = 400  # files looked into; a repository with more readers has shown its folders long before


def env_readers(
    paths: Iterable[bytes],
    read: Callable[[bytes], bytes | None],
    listed: frozenset[bytes],
    templates: Mapping[bytes, EnvFileKind],
) -> tuple[EnvReader, ...]:
    """Return at most one reader for each folder: a manifest before code, code before a template.

    `paths` are the files that contain one of NEEDLES, `listed` all files (to find package folders), `templates` the
    `.env`-like files.
    """
    by_folder = _by_package(paths, read, listed)
    for path, kind in sorted(templates.items()):
        if kind is EnvFileKind.TEMPLATE and path.rpartition(b"/")[2].lower().startswith((b".env", b"env")):
            sign = f"whoever follows {display_path(path)}"
            reader = EnvReader(path, 1, folder_of(path), sign, promised_by(path))
            by_folder.setdefault(reader.folder, reader)
    return tuple(by_folder[folder] for folder in sorted(by_folder))


def _by_package(
    paths: Iterable[bytes], read: Callable[[bytes], bytes | None], listed: frozenset[bytes]
) -> dict[bytes, EnvReader]:
    """Return the first reader of each package folder; a file of a package that has one already is not read."""
    ranked = []
    for path in paths:
        rank = _rank(path.rpartition(b"/")[2])
        if rank is not None and not _NOT_OURS.search(path):
            ranked.append((rank, path))
    package_of = cache(lambda folder: _package_folder(folder, listed))
    by_folder: dict[bytes, EnvReader] = {}
    left = _MAX_READ
    for rank, path in sorted(ranked):
        folder = package_of(folder_of(path))
        if folder in by_folder:
            continue
        left -= 1
        if left < 0:
            break
        data = read(path) or b""
        start = _shown_at(_SIGNS[rank], data)
        if start is not None:
            line = data.count(b"\n", 0, start) + 1
            by_folder[folder] = EnvReader(path, line, folder, f"{display_path(path)}:{line}")
    return by_folder


def _shown_at(sign: _Sign, data: bytes) -> int | None:
    """Return where the sign stands, comments apart, or None."""
    for match in _compiled(sign.shows).finditer(data):
        before = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        if not _is_comment(before, sign.comment):
            return match.start() if sign.declares(data) else None
    return None


def _is_comment(before: bytes, mark: bytes) -> bool:
    """Whether what follows `before` on its line is in a comment, which `mark` begins (or `/*`, and ` *` goes on)."""
    if not mark:
        return False
    start = before.lstrip()
    return start.startswith((mark, b"/*", b"* ")) or b" " + mark in before or b"\t" + mark in before


@cache
def _compiled(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern)


@cache
def _code_ranks() -> Mapping[bytes, int]:
    """Return which of the signs to look for in code, by suffix."""
    ranks = ((suffix, _rank_of_name(b"x." + suffix)) for suffix in _CODE_SUFFIXES)
    return {suffix: rank for suffix, rank in ranks if rank is not None}


def _rank(name: bytes) -> int | None:
    """Return which of the signs to look for in a file of that name; the common case is one look-up."""
    rank = _code_ranks().get(name.rpartition(b".")[2])
    return _rank_of_name(name) if rank is None else rank


def _rank_of_name(name: bytes) -> int | None:
    return next((rank for rank, sign in enumerate(_SIGNS) if _compiled(sign.names).fullmatch(name)), None)


def _package_folder(folder: bytes, listed: frozenset[bytes]) -> bytes:
    """Return the nearest folder at or above `folder` that has a package manifest, else the root ("")."""
    while folder and not any(join(folder, name) in listed for name in _NAME_OF_MANIFEST):
        folder = folder_of(folder)
    return folder
