"""Which folders have code that reads a `.env`: by the library they declare, the call they make, or the template."""

import re
from collections.abc import Callable, Iterable, Mapping

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.snapshot import EnvReader, folder_of, join
from monei_guard.model.location import display_path

# Fixed strings for git's own search; the expressions below then say which file and what it means there.
NEEDLES = (b"dotenv", b"loadEnvFile", b"--env-file", b"env_file", b"django-environ", b"pydantic-settings", b"env-cmd")

_NAME_OF_MANIFEST = (
    b"package.json", b"pyproject.toml", b"setup.py", b"requirements.txt", b"Pipfile", b"go.mod", b"Cargo.toml",
    b"Gemfile", b"composer.json", b"pubspec.yaml", b"pom.xml", b"build.gradle", b"mix.exs",
)  # fmt: skip

_SIGNS: tuple[tuple[re.Pattern[bytes], re.Pattern[bytes]], ...] = (
    (
        re.compile(rb"package\.json"),
        re.compile(
            rb"\"(?:dotenv(?:-[a-z]+)?|@dotenvx/dotenvx|env-cmd)\"\s*:|dotenv/config|--env-file(?:-if-exists)?[= ]"
        ),
    ),
    (
        re.compile(rb"pyproject\.toml|setup\.(?:py|cfg)|requirements[^/]*\.(?:txt|in)|Pipfile"),
        re.compile(rb"(?i)python[-_.]dotenv|django-environ|pydantic-settings|starlette-dotenv"),
    ),
    (re.compile(rb"go\.mod"), re.compile(rb"godotenv")),
    (re.compile(rb"Cargo\.toml"), re.compile(rb"(?m)^dotenvy?\b")),
    (re.compile(rb"Gemfile|[^/]*\.gemspec"), re.compile(rb"[\"']dotenv(?:-rails)?[\"']")),
    (re.compile(rb"composer\.json"), re.compile(rb"phpdotenv|symfony/dotenv")),
    (re.compile(rb"pubspec\.yaml"), re.compile(rb"(?m)^[ \t]{1,40}(?:flutter_)?dotenv:")),
    (
        re.compile(rb"(?:docker-)?compose[^/]*\.ya?ml"),
        re.compile(rb"(?m)^[ \t]{0,80}env_file[ \t]?:[ \t]{0,20}(?:[\"']?\.?/?\.env\b|\r?$)"),
    ),
    (
        re.compile(rb".*\.(?:py|ipynb)"),
        re.compile(rb"(?m)\bload_dotenv\(|\bdotenv_values\(|\bfind_dotenv\(|^[ \t]{0,80}(?:from|import) dotenv\b"),
    ),
    (
        re.compile(rb".*\.[cm]?[jt]sx?"),
        re.compile(
            rb"require\(\s*[\"']dotenv(?:/config)?[\"']|(?:from|import)\s+[\"']dotenv(?:/config)?[\"']|process\.loadEnvFile\("
        ),
    ),
    (re.compile(rb".*\.go"), re.compile(rb"godotenv\.(?:Load|Overload|Read)\(")),
    (re.compile(rb".*\.rs"), re.compile(rb"dotenvy?::")),
    (re.compile(rb".*\.rb"), re.compile(rb"Dotenv\.load|require [\"']dotenv")),
    (re.compile(rb".*\.php"), re.compile(rb"Dotenv::create|new Dotenv\(")),
    (re.compile(rb".*\.dart"), re.compile(rb"dotenv\.load\(")),
)
# Names that are all code: setup.py is the one whose manifest sign is looked for as well, and it comes by its own name.
_CODE = {
    suffix: next(rank for rank, (names, _) in enumerate(_SIGNS) if names.fullmatch(b"x." + suffix))
    for suffix in (b"js", b"ts", b"tsx", b"jsx", b"mjs", b"cjs", b"go", b"rs", b"rb", b"php", b"dart")
}
_NOT_OURS = re.compile(rb"(?:^|/)(?:node_modules|vendor|third_party|\.venv|venv|site-packages|dist|build)/")
_MAX_READ = 400  # files looked into; a repository with more readers has shown its folders long before


def env_readers(
    paths: Iterable[bytes],
    read: Callable[[bytes], bytes | None],
    known: frozenset[bytes],
    templates: Mapping[bytes, EnvFileKind],
) -> tuple[EnvReader, ...]:
    """Return at most one reader for each folder: a manifest before code, code before a template.

    `paths` are the files that contain one of NEEDLES, `known` all files (to find package folders), `templates` the
    `.env`-like files.
    """
    by_folder: dict[bytes, EnvReader] = {}
    _look_into(paths, read, known, by_folder)
    for path, kind in sorted(templates.items()):
        if kind is EnvFileKind.TEMPLATE and path.rpartition(b"/")[2].lower().startswith((b".env", b"env")):
            reader = EnvReader(path, 1, folder_of(path), f"whoever follows {display_path(path)}")
            by_folder.setdefault(reader.folder, reader)
    return tuple(by_folder[folder] for folder in sorted(by_folder))


def _look_into(
    paths: Iterable[bytes],
    read: Callable[[bytes], bytes | None],
    known: frozenset[bytes],
    by_folder: dict[bytes, EnvReader],
) -> None:
    """Add readers to `by_folder`; a file of a package that has one already is not read."""
    wanted = []
    for path in paths:
        rank = _rank(path.rpartition(b"/")[2])
        if rank is not None and not _NOT_OURS.search(path):
            wanted.append((rank, path))
    packages: dict[bytes, bytes] = {}
    left = _MAX_READ
    for rank, path in sorted(wanted):
        folder = _package_folder(folder_of(path), known, packages)
        if folder in by_folder:
            continue
        left -= 1
        if left < 0:
            break
        data = read(path) or b""
        match = _SIGNS[rank][1].search(data)
        if match is not None:
            line = data.count(b"\n", 0, match.start()) + 1
            by_folder[folder] = EnvReader(path, line, folder, f"{display_path(path)}:{line}")


def _rank(name: bytes) -> int | None:
    """Return which of the signs to look for in a file of that name; `_CODE` keeps the common case to one look-up."""
    suffix = name.rpartition(b".")[2]
    if suffix in _CODE:
        return _CODE[suffix]
    return next((rank for rank, (names, _) in enumerate(_SIGNS) if names.fullmatch(name)), None)


def _package_folder(folder: bytes, known: frozenset[bytes], packages: dict[bytes, bytes]) -> bytes:
    """Return the nearest folder at or above `folder` that has a package manifest, else the root ("")."""
    if not folder:
        return b""
    if folder not in packages:
        own = any(join(folder, name) in known for name in _NAME_OF_MANIFEST)
        packages[folder] = folder if own else _package_folder(folder_of(folder), known, packages)
    return packages[folder]
