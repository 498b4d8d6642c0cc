"""Reading `.env`-like files: which values they hold, and whether those are secrets, references or encrypted.

Parsing is python-dotenv's (quotes, `export`, values over several lines, comments, duplicated keys), because that is
what reads most of these files for real.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from monei_guard.hygiene.env_file_names import EnvFileKind, env_file_kind
from monei_guard.hygiene.readers.on_demand import dotenv_bindings
from monei_guard.model.secret import Secret

MAX_ENV_FILE = 1 << 20  # bytes; a bigger "environment" is a data file and is left to the scan


class ValueKind(Enum):
    """What stands on the right of the equals sign."""

    EMPTY = "empty"
    REFERENCE = "reference"  # another variable, or a secret manager's address
    ENCRYPTED = "encrypted"
    PLACEHOLDER = "placeholder"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `NAME=value`. `line` counts from 1 and is where the name stands."""

    name: str
    value: Secret
    kind: ValueKind
    line: int

    @property
    def names_a_secret(self) -> bool:
        """Whether the name says that the value must be kept secret."""
        return _SECRET_NAME.search(self.name) is not None and _PUBLIC_NAME.search(self.name) is None


_SECRET_NAME = re.compile(
    r"(?i)(?:^|_)(?:secret|token|password|passwd|pwd|pass|pin|key|apikey|credentials?|private|auth|dsn|mnemonic)(?:$|_|\d)"
    r"|(?:api_?key|secret_?key|access_?key|private_?key|(?<=[a-z])(?:Key|Secret|Token|Password)$)"
)
_PUBLIC_NAME = re.compile(r"(?i)public|publishable|client_id|key_?id$|_url$|_path$|_file$|_ttl$|_expir")
_REFERENCE = re.compile(
    r"\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*|\{\{[^}]*\}\}|%[A-Za-z_]\w*%"
    r"|(?:op|vault|secret|awssm|aws-sm|gcp-sm|sm|azkv|bws|doppler|infisical|keyring|ref\+[a-z]+|ssm)://\S+"
    r"|@Microsoft\.KeyVault\(.*\)"
)
_ENCRYPTED = re.compile(r"encrypted:\S+|ENC\[AES256_GCM,.*\]|\$ANSIBLE_VAULT;.*|vault:v\d+:\S+", re.DOTALL)
_PLACEHOLDER = re.compile(
    r"(?i)<[^>]*>|\[[^\]]*\]|x{3,}|\*{3,}|\.{3,}|-+|_+|0+|n/?a|none|null|nil|undefined|todo|tbd|fixme"
    r"|.*(?:your[-_ ]|_here\b|-here\b|change[-_ ]?me|replace[-_ ]|insert[-_ ]|placeholder|dummy|example|xxxx).*"
)

_WHOLE_FILE = (
    b"\0GITCRYPT\0",
    b"age-encryption.org/v1",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"$ANSIBLE_VAULT;",
    b"Salted__",  # openssl enc
)
_SOPS = re.compile(rb"(?m)^sops_(?:version|mac)=|\"sops\"\s*:\s*\{|^sops:[ \t]*\r?$")
_ASSIGNMENT_LINE = re.compile(r"""(?:"([^"\\]{1,200})"|'([^'\\]{1,200})'|([A-Za-z_][\w.-]{0,200}))\s*[:=]\s*(.*)""")


def is_encrypted(data: bytes) -> bool:
    """Whether a tool for secrets encrypted the file: git-crypt, age, PGP, Ansible Vault, SOPS."""
    return data.startswith(_WHOLE_FILE) or _SOPS.search(data) is not None


def decode(data: bytes) -> str:
    """Return the text of an environment file: UTF-8, or UTF-16 as PowerShell's `>` writes it, or Latin-1."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def assignments(path: bytes, data: bytes) -> tuple[Assignment, ...]:
    """Return the values an environment file gives, in order, duplicated names included. Empty for an encrypted file."""
    if is_encrypted(data):
        return ()
    text = decode(data[:MAX_ENV_FILE])
    kind = env_file_kind(path)
    if kind is EnvFileKind.KEY and not path.endswith((b".keys", b".me")):
        value = text.strip()
        return (_assignment(path.rpartition(b"/")[2].decode("utf-8", "replace"), value, 1),) if value else ()
    read = _from_lines if path.lower().endswith((b".json", b".yaml", b".yml", b".toml", b".ps1")) else _from_dotenv
    return tuple(read(text))


def _from_dotenv(text: str) -> Iterator[Assignment]:
    for binding in dotenv_bindings(text):
        if binding.key is None or binding.value is None:
            continue  # a comment, `export NAME`, or a line that is no assignment
        if binding.key.startswith("DOTENV_PUBLIC_KEY"):
            continue  # dotenvx writes its public key into the file that it encrypts
        blank = len(binding.original.string) - len(binding.original.string.lstrip())
        line = binding.original.line + binding.original.string.count("\n", 0, blank)
        yield _assignment(binding.key, binding.value, line)


def _from_lines(text: str) -> Iterator[Assignment]:
    """Read `name: value` and `name = value` lines of JSON, YAML and TOML; nesting does not matter here."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip().removeprefix("$env:")
        if stripped.startswith(("#", "//")):
            continue
        match = _ASSIGNMENT_LINE.match(stripped)
        if match is not None and not match[4].startswith(("{", "[")):
            value = match[4].rstrip(",").strip()
            yield _assignment(match[1] or match[2] or match[3], value.strip("\"'"), number)


def _assignment(name: str, value: str, line: int) -> Assignment:
    return Assignment(name, Secret(value.encode("utf-8", "replace")), value_kind(value), line)


def value_kind(value: str) -> ValueKind:
    """Return what a value is, from its text alone. Whether a literal is a Monei key is the engine's word."""
    text = value.strip()
    if not text:
        return ValueKind.EMPTY
    for pattern, kind in (
        (_ENCRYPTED, ValueKind.ENCRYPTED),
        (_REFERENCE, ValueKind.REFERENCE),
        (_PLACEHOLDER, ValueKind.PLACEHOLDER),
    ):
        if pattern.fullmatch(text):
            return kind
    return ValueKind.LITERAL
