"""Building the small repositories of tests/corpus/hygiene with real git.

A folder is a repository in disguise, so that no tool mistakes it for a part of this project: names lose the trailing
`_` and get their dot back (`dot-env_` → `.env`). Keys are templates: `<<hex:32>>` and `<<hex:32:label>>` become digits
made from the label, the same ones throughout one repository; `<<encoded-key:32>>` is a key in base64.
"""

import base64
import hashlib
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import tomli

CORPUS = Path(__file__).parent / "corpus" / "hygiene"
_TEMPLATE = re.compile(rb"<<(hex|base64|encoded-key):(\d+)(?::(\w+))?>>")
_ENV_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected.toml of one repository."""

    name: str
    because: str
    findings: tuple[tuple[str, str, int | None], ...]  # code, path, line where it matters
    severities: tuple[str | None, ...]  # of the findings, where they matter
    git: bool = True
    untracked: tuple[str, ...] = ()
    force_add: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()  # lines of .git/info/exclude
    excludes_file: tuple[str, ...] = ()  # lines of core.excludesFile
    after_init: tuple[str, ...] = ()  # codes that need a person, so that init leaves them
    modes: dict[str, int] = field(default_factory=dict)
    encodings: dict[str, str] = field(default_factory=dict)


def expected(folder: Path) -> Expected:
    table = tomli.loads((folder / "expected.toml").read_text("utf-8"))
    return Expected(
        name=folder.name,
        because=table["because"],
        findings=tuple((f["code"], f["path"], f.get("line")) for f in table.get("finding", [])),
        severities=tuple(f.get("severity") for f in table.get("finding", [])),
        git=table.get("git", True),
        untracked=tuple(table.get("untracked", ())),
        force_add=tuple(table.get("force-add", ())),
        exclude=tuple(table.get("exclude", ())),
        excludes_file=tuple(table.get("excludes-file", ())),
        after_init=tuple(table.get("after-init", ())),
        modes={path: int(mode, 8) for path, mode in table.get("modes", {}).items()},
        encodings=table.get("encodings", {}),
    )


def cases() -> list[Expected]:
    return [expected(folder) for folder in sorted(CORPUS.iterdir()) if (folder / "expected.toml").exists()]


def new_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty repository in `folder`, out of reach of the user's own git settings."""
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    repository = folder / "repository"
    repository.mkdir()
    run_git(repository, "init", "-q", "-b", "main")
    return repository


def run_git(folder: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {
        "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
    }  # fmt: skip
    settings = ("user.name=Test", "user.email=test@example.invalid", "commit.gpgSign=false", "core.autocrlf=false")
    options = [part for setting in settings for part in ("-c", setting)]
    done = subprocess.run(["git", *options, *arguments], cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode()


def build(case: Expected, top: Path) -> Path:
    """Make the repository below `top` and return its folder."""
    root = top / "repository"
    root.mkdir()
    for source in sorted((CORPUS / case.name).rglob("*_")):
        if source.is_file():
            _copy(case, source, root)
    if case.git:
        _commit(case, root, top)
    return root


def _copy(case: Expected, source: Path, root: Path) -> None:
    parts = source.relative_to(CORPUS / case.name).as_posix().removesuffix("_").split("/")
    path = "/".join("." + part.removeprefix("dot-") if part.startswith("dot-") else part for part in parts)
    content = expand(source.read_bytes())
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content if path not in case.encodings else content.decode().encode(case.encodings[path]))
    target.chmod(case.modes.get(path, _ENV_MODE))


def expand(content: bytes) -> bytes:
    """Return the content with its templates turned into values."""
    return _TEMPLATE.sub(lambda m: _value(m[1], int(m[2]), m[3] or b"one"), content)


def _value(kind: bytes, length: int, label: bytes) -> bytes:
    if kind == b"encoded-key":  # as Kubernetes stores it
        return base64.b64encode(b"mni_" + _value(b"hex", length, label))
    digest = b"".join(hashlib.sha256(b"%s %d" % (label, n)).digest() for n in range(length // 32 + 1))
    text = digest.hex().encode() if kind == b"hex" else base64.b64encode(digest)
    return text[:length]


def _commit(case: Expected, root: Path, top: Path) -> None:
    run_git(root, "init", "-q", "-b", "main", "--template=")
    if case.exclude:
        (root / ".git" / "info").mkdir(exist_ok=True)
        (root / ".git" / "info" / "exclude").write_text("\n".join(case.exclude) + "\n")
    if case.excludes_file:
        (top / "excludes").write_text("\n".join(case.excludes_file) + "\n")
        run_git(root, "config", "core.excludesFile", str(top / "excludes"))
    run_git(root, "add", ".")
    for path in case.untracked:
        run_git(root, "rm", "-q", "--cached", "--", path)
    for path in case.force_add:
        run_git(root, "add", "-f", "--", path)
    run_git(root, "commit", "-q", "--allow-empty", "-m", "start")
