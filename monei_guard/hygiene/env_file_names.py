"""Which files are `.env`-like, by name alone. Pure text work: cheap enough for every path of every commit.

Names are compared in lower case: on Windows and macOS `.ENV` and `.env` are one file, and elsewhere nobody means
anything different by it. What an ignore rule covers is still git's word (`core.ignoreCase` included), never ours.
"""

import re
from enum import Enum


class EnvFileKind(Enum):
    """What a file's name promises."""

    DEDICATED = "dedicated"  # made to hold values of the environment: any value in it counts
    MIXED = "mixed"  # configuration that may also hold secrets: only secrets count
    KEY = "key"  # the whole file is a key
    TEMPLATE = "template"  # checked in on purpose, without values
    ENCRYPTED = "encrypted"  # its name says that it is unreadable without a key kept elsewhere


_TEMPLATE_WORD = (
    r"(?:example|examples|sample|samples|template|tmpl|tpl|dist|default|defaults|schema|stub|skeleton|spec)"
)
_ENV_NAME = r"(?:\.?env|dotenv|\.dev\.vars|\.?envrc|\.flaskenv)"

# First match wins, so the order is: exceptions, templates, encrypted forms, keys, the rest.
_KINDS: tuple[tuple[re.Pattern[bytes], EnvFileKind | None], ...] = tuple(
    (re.compile(pattern.encode()), kind)
    for pattern, kind in (
        # Code and documents about the environment, not values of it. `env.d.ts` types Vite's import.meta.env.
        (r"\.?env\.(?:d\.ts|[cm]?[jt]sx?|py|rb|go|rs|php|java|kt|cs|md|mdx|rst|html|lock|test\.[jt]s)", None),
        (rf"(?:.+\.)?{_ENV_NAME}(?:[._-].+)?[._-]{_TEMPLATE_WORD}(?:\.[a-z]+)?", EnvFileKind.TEMPLATE),
        (rf"{_TEMPLATE_WORD}[._-]?(?:.+[._-])?env", EnvFileKind.TEMPLATE),
        (rf".+[._-]{_TEMPLATE_WORD}\.env", EnvFileKind.TEMPLATE),
        (rf"(?:local\.settings|appsettings)\.(?:.+\.)?{_TEMPLATE_WORD}\.json", EnvFileKind.TEMPLATE),
        (rf"(?:local\.settings|appsettings)(?:\..+)?\.json\.{_TEMPLATE_WORD}", EnvFileKind.TEMPLATE),
        (r"(?:.*\.)?env(?:\..+)?\.(?:vault|enc|encrypted|age|gpg|asc|sops|sealed)", EnvFileKind.ENCRYPTED),
        (r".+\.(?:enc|encrypted|sops)\.env", EnvFileKind.ENCRYPTED),
        (r"\.env\.(?:keys|me)", EnvFileKind.KEY),  # dotenvx private keys, dotenv-vault identity
        (r"\.envrc|\.flaskenv|(?:\.|set)?env\.sh", EnvFileKind.MIXED),
        (r"\.?env\.(?:json|ya?ml|toml|ini|fish|ps1|bat|cmd)", EnvFileKind.MIXED),
        (r"local\.settings\.json", EnvFileKind.MIXED),  # Azure Functions
        (r"appsettings(?:\..+)?\.json", EnvFileKind.MIXED),  # ASP.NET Core
        (r"\.env(?:[._-].+|[0-9]+|~)?", EnvFileKind.DEDICATED),
        (r"[^.].*\.env(?:\.(?:bak|backup|old|orig|save|local))?", EnvFileKind.DEDICATED),
        (r"\.dev\.vars(?:\..+)?", EnvFileKind.DEDICATED),  # Cloudflare Wrangler
    )
)  # fmt: skip

_KEY_PATHS = re.compile(rb"(?:.*/)?config/(?:master\.key|credentials/[^/]+\.key)")  # Rails encrypted credentials

# One cheap look before the table above: nearly every path of a repository stops here.
_CANDIDATE = re.compile(rb"env|\.dev\.vars|settings|\.key$")

_PRODUCTION = frozenset({"prod", "production", "live", "prd"})
_DEVELOPMENT = frozenset({
    "dev", "devel", "develop", "development", "local", "localhost", "test", "tests", "testing", "e2e", "ci", "sandbox",
    "staging", "stage", "qa", "uat", "fixtures", "debug", "spec", "specs", "mock", "mocks",
})  # fmt: skip
_WORDS = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def env_file_kind(path: bytes) -> EnvFileKind | None:
    """Return what kind of `.env`-like file `path` (relative, `/`-separated) names, or None for any other file."""
    name = path.rpartition(b"/")[2].lower()
    if not _CANDIDATE.search(name):
        return None
    if name.endswith(b".key"):
        return EnvFileKind.KEY if _KEY_PATHS.fullmatch(path.lower()) else None
    for pattern, kind in _KINDS:
        if pattern.fullmatch(name):
            return kind
    return None


_PROMISE = re.compile(rb"(\.env(?:[._-].+?)?)[._-]%b" % _TEMPLATE_WORD.encode())


def promised_by(template: bytes) -> bytes:
    """Return the name of the file that a template is to be copied to: `.env.local` for `.env.local.sample`."""
    match = _PROMISE.fullmatch(template.rpartition(b"/")[2].lower())
    return match[1] if match else b".env"


class EnvironmentSide(Enum):
    """Which side of the API a place is meant for."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    UNKNOWN = "unknown"


def side_of_name(name: str) -> EnvironmentSide:
    """Return the side a variable, job or file name speaks of: `MONEI_PROD_API_KEY`, `.env.test`, `values-live.yaml`.

    A name that speaks of both (`.env.production.local`, a production set-up on a developer's machine) is where the
    file lies, not what it is for: production wins only when no word says otherwise.
    """
    words = set(_WORDS.findall(_CAMEL.sub("_", name).lower()))
    if words & _DEVELOPMENT:
        return EnvironmentSide.DEVELOPMENT
    return EnvironmentSide.PRODUCTION if words & _PRODUCTION else EnvironmentSide.UNKNOWN


def side_of_path(path: bytes) -> EnvironmentSide:
    """Return the side a path speaks of: its last component first, then the folders from the inside out."""
    for part in reversed(path.decode("utf-8", "replace").split("/")):
        side = side_of_name(part)
        if side is not EnvironmentSide.UNKNOWN:
            return side
    return EnvironmentSide.UNKNOWN
