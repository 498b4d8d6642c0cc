"""Which folders have code that reads a `.env`: by the library they declare, the call they make, or the template."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.snapshot import EnvReader, folder_of, join
from monei_guard.model.location import display_path

# Fixed strings for git's own search; the expressions below then say which file and what it means there.
NEEDLES = (b"dotenv", b"loadEnvFile", b"--env-file", b"env_file", b"django-environ", b"pydantic-settings", b"env-cmd")

_NAME_OF_MANIFEST = (
    b"package.json", b"pyproject.toml", b"setup.py", b"requirements.txt", b"Pipfile", b"go.mod", b"Cargo.toml",
    b"Gemfile", b"composer.json", b"pubspec.yaml", b"pom.xml", b"build.gradle", b"mix.exs",
)  # fmt: skip

# Names of files, and what shows in them that they read a `.env`. Text, for a commit needs none of them compiled.
_SIGNS: tuple[tuple[bytes, bytes], ...] = (
    (
        rb"package\.json",
        rb"\"(?:dotenv(?:-[a-z]+)?|@dotenvx/dotenvx|env-cmd)\"\s*:|dotenv/config|--env-file(?:-if-exists)?[= ]",
    ),
    (
        rb"pyproject\.toml|setup\.(?:py|cfg)|requirements[^/]*\.(?:txt|in)|Pipfile",
        rb"(?i)python[-_.]dotenv|django-environ|pydantic-settings|starlette-dotenv",
    ),
    (rb"go\.mod", rb"godotenv"),
    (rb"Cargo\.toml", rb"(?m)^dotenvy?\b"),
    (rb"Gemfile|[^/]*\.gemspec", rb"[\"']dotenv(?:-rails)?[\"']"),
    (rb"composer\.json", rb"phpdotenv|symfony/dotenv"),
    (rb"pubspec\.yaml", rb"(?m)^[ \t]{1,40}(?:flutter_)?dotenv:"),
    (
        rb"(?:docker-)?compose[^/]*\.ya?ml",
        rb"(?m)^[ \t]{0,80}env_file[ \t]?:[ \t]{0,20}(?:[\"']?\.?/?\.env\b|\r?$)",
    ),
    (
        rb".*\.(?:py|ipynb)",
        rb"(?m)\bload_dotenv\(|\bdotenv_values\(|\bfind_dotenv\(|^[ \t]{0,80}(?:from|import) dotenv\b",
    ),
    (
        rb".*\.[cm]?[jt]sx?",
        rb"require\(\s*[\"']dotenv(?:/config)?[\"']|(?:from|import)\s+[\"']dotenv(?:/config)?[\"']|process\.loadEnvFile\(",
    ),
    (rb".*\.go", rb"godotenv\.(?:Load|Overload|Read)\("),
    (rb".*\.rs", rb"dotenvy?::"),
    (rb".*\.rb", rb"Dotenv\.load|require [\"']dotenv"),
    (rb".*\.php", rb"Dotenv::create|new Dotenv\("),
    (rb".*\.dart", rb"dotenv\.load\("),
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
            reader = EnvReader(path, 1, folder_of(path), f"whoever follows {display_path(path)}")
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
        match = _compiled(_SIGNS[rank][1]).search(data)
        if match is not None:
            line = data.count(b"\n", 0, match.start()) + 1
            by_folder[folder] = EnvReader(path, line, folder, f"{display_path(path)}:{line}")
    return by_folder


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
    return next((rank for rank, (names, _) in enumerate(_SIGNS) if _compiled(names).fullmatch(name)), None)


def _package_folder(folder: bytes, listed: frozenset[bytes]) -> bytes:
    """Return the nearest folder at or above `folder` that has a package manifest, else the root ("")."""
    while folder and not any(join(folder, name) in listed for name in _NAME_OF_MANIFEST):
        folder = folder_of(folder)
    return folder
