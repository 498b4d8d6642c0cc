"""Whether a package's manifest requires a library that reads `.env`: not as an optional extra, not as its own name."""

import re
from collections.abc import Iterator
from typing import Any

import tomli

from monei_guard.hygiene.readers.on_demand import json_document

_NODE = re.compile(r"dotenv(?:-[a-z]+)?|@dotenvx/dotenvx|env-cmd")
_NODE_TABLES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_NODE_CALL = re.compile(r"dotenv/config|--env-file(?:-if-exists)?[= ]")
_PHP = frozenset({"vlucas/phpdotenv", "symfony/dotenv"})
_PYTHON = frozenset({"python-dotenv", "django-environ", "pydantic-settings", "starlette-dotenv"})
_SETUP_SECTION = re.compile(rb"\b(install_requires|extras_require|tests_require|setup_requires)\b")
_SETUP_LIBRARY = re.compile(rb"(?i)(?<![\w.-])(?:%b)(?![\w.-])" % b"|".join(sorted(n.encode() for n in _PYTHON)))
_OWN_NAME = re.compile(rb"\bname\s{0,9}=\s{0,9}[\"']?$")


def node_package_reads_env(text: str) -> bool:
    """Whether a package.json requires a reader of `.env`, or calls one. Text that is none may well."""
    document = json_document(text.removeprefix("\ufeff"))
    if not isinstance(document, dict) or _NODE_CALL.search(text):
        return True
    optional = document.get("peerDependenciesMeta")
    peers = optional if isinstance(optional, dict) else {}
    unneeded = {name for name, how in peers.items() if isinstance(how, dict) and how.get("optional") is True}
    tables = [document.get(table) for table in _NODE_TABLES]
    return any(
        _NODE.fullmatch(name) and not (table is tables[-1] and name in unneeded)
        for table in tables
        if isinstance(table, dict)
        for name in table
    )


def php_package_reads_env(text: str) -> bool:
    """Whether a composer.json requires a reader of `.env`; one that it only suggests does not count."""
    document = json_document(text.removeprefix("\ufeff"))
    if not isinstance(document, dict):
        return True
    tables = (document.get(table) for table in ("require", "require-dev"))
    return any(not _PHP.isdisjoint(table) for table in tables if isinstance(table, dict))


def python_project_reads_env(data: bytes) -> bool:
    """Whether a pyproject.toml or Pipfile requires a reader of `.env`. Text that is no TOML may well."""
    try:
        document = tomli.loads(data.decode("utf-8-sig"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return True
    return not _PYTHON.isdisjoint(_required(document))


def _required(document: dict[str, Any]) -> Iterator[str]:
    """Yield the normalised names in every table and list of dependencies that are none of an extra's."""
    waiting: list[tuple[str, Any, bool]] = [("", document, False)]
    while waiting:
        key, value, inside = waiting.pop()
        if key == "optional-dependencies":
            continue
        inside = inside or key == "dependency-groups" or key.endswith(("dependencies", "packages"))
        if isinstance(value, str):
            if inside:
                yield re.split(r"[^\w.-]", value.strip(), maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")
        elif isinstance(value, list):
            waiting += ((key, item, inside) for item in value)
        elif isinstance(value, dict):
            for name, item in value.items():
                is_optional = isinstance(item, dict) and item.get("optional") is True
                if inside and not is_optional:
                    yield name.lower().replace("_", "-")
                if not isinstance(item, str):
                    waiting.append((name, item, inside and not isinstance(item, dict)))


def setup_file_reads_env(data: bytes) -> bool:
    """Whether a setup.py or setup.cfg requires a reader of `.env`, by the keyword that stands last before its name."""
    for match in _SETUP_LIBRARY.finditer(data):
        before = data[: match.start()]
        sections = _SETUP_SECTION.findall(before)
        if not _OWN_NAME.search(before[-40:]) and (not sections or sections[-1] != b"extras_require"):
            return True
    return False
