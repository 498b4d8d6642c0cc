"""Repositories made at run time: random histories, packed in many ways; and what git itself says is in them."""

import hashlib
import os
import random
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from monei_guard.history.worker import ObjectMatches

_WORDS = [
    word.encode()
    for word in ["alpha", "beta", "gamma", "delta", "import", "return", "value", "config", "client", "request", "token"]
]

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A. Developer",
    "GIT_AUTHOR_EMAIL": "dev@example.com",
    "GIT_COMMITTER_NAME": "A. Developer",
    "GIT_COMMITTER_EMAIL": "dev@example.com",
    "GIT_AUTHOR_DATE": "1700000000 +0000",
    "GIT_COMMITTER_DATE": "1700000000 +0000",
}


def run_git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in a repository, with nothing of the user's configuration."""
    return subprocess.run(
        ["git", *arguments], cwd=repository, input=stdin, env=ENVIRONMENT, check=True, capture_output=True
    ).stdout


def new_repository(path: Path, *, object_format: str = "sha1", bare: bool = False) -> Path:
    """Make an empty repository whose default branch is main."""
    path.mkdir(parents=True)
    run_git(path, "init", "-q", "-b", "main", f"--object-format={object_format}", *(["--bare"] if bare else []), ".")
    return path


def import_history(repository: Path, versions: Sequence[Mapping[str, bytes]], *, branch: str = "main") -> None:
    """Add one commit for each mapping of path to content; paths of earlier versions stay."""
    stream = []
    for number, files in enumerate(versions):
        message = b"change %d" % number
        stream.append(b"commit refs/heads/%s\n" % branch.encode())
        stream.append(b"committer A. Developer <dev@example.com> %d +0000\n" % (1_700_000_000 + 60 * number))
        stream.append(b"data %d\n%s\n" % (len(message), message))
        for path, content in files.items():
            stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
    run_git(repository, "fast-import", "--quiet", "--force", stdin=b"".join(stream))


def random_versions(seed: int, count: int = 40) -> list[dict[str, bytes]]:
    """Return edits of a few files: lines inserted, removed, moved, replaced; now and then a binary or a big one."""
    chance = random.Random(seed)  # noqa: S311 - not for secrecy
    files: dict[str, list[bytes]] = {
        f"src/{'deep/' * (n % 3)}file{n}.py": [_line(chance) for _ in range(chance.randint(1, 200))] for n in range(5)
    }
    versions = []
    for number in range(count):
        changed = chance.sample(sorted(files), chance.randint(1, 3))
        for name in changed:
            _edit(chance, files[name])
        version = {name: b"\n".join(files[name]) for name in changed}
        if number % 7 == 0:
            version[f"assets/image{number}.bin"] = chance.randbytes(chance.randint(0, 3000))
        if number % 11 == 0:
            version["empty.txt"] = b""
        versions.append(version)
    return versions


def _line(chance: random.Random) -> bytes:
    return b" ".join(chance.choices(_WORDS, k=chance.randint(1, 9))) + b" %d" % chance.randint(0, 99)


def _edit(chance: random.Random, lines: list[bytes]) -> None:
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(lines))
        kind = chance.randint(0, 3)
        if kind == 0:
            lines[at:at] = [_line(chance) for _ in range(chance.randint(1, 5))]
        elif kind == 1:
            del lines[at : at + chance.randint(1, 20)]
        elif kind == 2:
            block = lines[at : at + 10]
            del lines[at : at + 10]
            lines.extend(block)
        elif lines:
            lines[min(at, len(lines) - 1)] = _line(chance)


def stored_objects(repository: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield id, type and content of every object, as `git cat-file --batch-all-objects` gives them."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch-all-objects", "--batch", "--buffer", "--unordered"],
        cwd=repository, env=ENVIRONMENT, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        while header := process.stdout.readline():
            name, kind, size = header.split()
            content = process.stdout.read(int(size) + 1)[:-1]
            assert len(content) == int(size)
            yield name.decode(), kind.decode(), content
    assert process.returncode == 0


def content_hashes(repository: Path) -> dict[str, str]:
    """Return the hash of the content of every object git sees."""
    return {name: content_hash(content) for name, _, content in stored_objects(repository)}


def content_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def match_hashes(contents: Sequence[bytes]) -> list[ObjectMatches]:
    """Return of every content its hash, as if that were what was found in it."""
    return [ObjectMatches((content_hash(content),)) for content in contents]


def made_key(seed: int) -> str:
    """Return a value shaped like an API key, the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - not for secrecy
    return "mni" + "_" + "".join(chance.choices("0123456789abcdef", k=32))


def commit(repository: Path, message: str, **files: str | None) -> str:
    """Commit files (None removes one; `__` in a name is a slash) and return the commit's id."""
    for name, content in files.items():
        path = repository / name.replace("__", "/").replace("_dot_", ".")
        if content is None:
            run_git(repository, "rm", "-q", str(path))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            run_git(repository, "add", str(path))
    run_git(repository, "commit", "-q", "--allow-empty", "-m", message)
    return run_git(repository, "rev-parse", "HEAD").decode().strip()
