"""Hooks against peers: nothing suspicious staged, something suspicious, 10,000 files, a push of 1,000 commits.

Run: python -m benchmarks.hooks
"""

import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Command, machine, measure, table
from benchmarks.peers import peer, versions
from benchmarks.scan import filler, git, new_repository
from monei_guard.application.hooks.script import hook_script

GUARD = str(Path(sys.executable).with_name("monei-guard"))
ROOT = Path(__file__).resolve().parents[1]
_FILES = 10_000
_COMMITS = 1_000


def main() -> None:
    """Print one table a measurement."""
    print(f"{machine()}\n{versions()}\n")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        hook = root / "pre-commit"
        hook.write_bytes(hook_script("pre-commit"))
        hook.chmod(0o755)
        staged(root / "clean", hook)
        digest = "IyBub3RoaW5nIG9mIG1vbmV5IGluIGhlcmU="  # of "# nothing of money in here"
        suspicious(root / "encoded", hook, "encoded.py", f'TEXT = "{digest}"')
        suspicious(root / "named", hook, "client.py", 'key = os.environ["MONEI_API_KEY"]')
        kinds(root / "kinds", hook)
        many_files(root / "many", hook)
        push(root / "push")


def staged(root: Path, hook: Path) -> None:
    """Measure one small staged file with nothing suspicious in it."""
    new_repository(root)
    _commit(root, "first.py", "print('first')\n")
    (root / "second.py").write_text(filler(random.Random(1), 2_000))  # noqa: S311 - filler
    git(root, "add", "-A")
    commands = [
        Command("native hook", ["sh", str(hook)], root),
        Command("git diff --cached", ["git", "diff", "--cached"], root),
        Command("monei-guard staged", [GUARD, "staged"], root),
        Command("gitleaks git --staged", [peer("gitleaks"), "git", "--staged", "--no-banner", "."], root),
        Command("kingfisher scan --staged", [peer("kingfisher"), "scan", "--staged", "-n", "."], root),
        Command("detect-secrets-hook", [peer("detect-secrets-hook"), "-n", "second.py"], root),
    ]
    print(table("Nothing suspicious staged", measure(commands, runs=21)))


def suspicious(root: Path, hook: Path, name: str, line: str) -> None:
    """Measure one small staged file with a line that makes the hook start Python, without a key."""
    new_repository(root)
    _commit(root, "first.py", "print('first')\n")
    (root / name).write_text(f"{line}\n{_comment(2_000)}")
    git(root, "add", "-A")
    commands = [
        Command("native hook", ["sh", str(hook)], root),
        Command("monei-guard staged", [GUARD, "staged"], root),
        Command("gitleaks git --staged", [peer("gitleaks"), "git", "--staged", "--no-banner", "."], root),
        Command("kingfisher scan --staged", [peer("kingfisher"), "scan", "--staged", "-n", "."], root),
    ]
    print(table(f"A suspect staged: {name}", measure(commands, runs=15)))


_SCRIPT = 'import { MoneiSDK } from "monei-sdk";\nconst sdk = new MoneiSDK({ apiKey: process.env.MONEI_API_KEY });\n'
_KINDS = {
    "client.js": _SCRIPT,
    "client.ts": _SCRIPT,
    "client.vue": f"<template><p>Pay</p></template>\n<script>\n{_SCRIPT}</script>\n",
    "main.go": 'package main\nimport "os"\nvar key = os.Getenv("MONEI_API_KEY")\n',
    "app.yaml": "monei:\n  api_key: ${MONEI_API_KEY}\n",
    "notes.txt": "Set MONEI_API_KEY before you call https://api.monei.cc.\n",
    "README.md": "Set `MONEI_API_KEY` before you call https://api.monei.cc.\n",
    ".env.example": "MONEI_API_KEY=\n",
    ".env": "MONEI_API_KEY=\nPORT=3000\n",  # a finding: no such file is to be committed
}


def kinds(root: Path, hook: Path) -> None:
    """Measure the native hook with one small staged file of each kind that names Monei."""
    commands = []
    for name, text in _KINDS.items():
        place = root / name.strip(".")
        place.parent.mkdir(exist_ok=True)
        new_repository(place)
        _commit(place, "first.py", "print('first')\n")
        (place / name).write_text(text)
        git(place, "add", "-A")
        commands.append(Command(name, ["sh", str(hook)], place))
    print(table("Suspects of other kinds, native hook", measure(commands, runs=15)))


def many_files(root: Path, hook: Path) -> None:
    """Measure 10,000 staged files of 600 bytes."""
    chance = random.Random(2)  # noqa: S311 - filler
    new_repository(root)
    for number in range(_FILES):
        path = root / f"package{number % 50}" / f"file{number}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(filler(chance, 600))
    git(root, "add", "-A")
    commands = [
        Command("native hook", ["sh", str(hook)], root),
        Command("git diff --cached", ["git", "diff", "--cached"], root),
        Command("monei-guard staged", [GUARD, "staged"], root),
        Command("gitleaks git --staged", [peer("gitleaks"), "git", "--staged", "--no-banner", "."], root),
        Command("kingfisher scan --staged", [peer("kingfisher"), "scan", "--staged", "-n", "."], root),
    ]
    print(table(f"{_FILES:,} files staged", measure(commands, runs=5)))


def push(root: Path) -> None:
    """Measure the push of 1,000 commits to a bare repository, without and with the pre-receive hook."""
    root.mkdir()
    work, bare, guarded = root / "work", root / "bare.git", root / "guarded.git"
    new_repository(work)
    chance = random.Random(3)  # noqa: S311 - filler
    stream = []
    for number in range(_COMMITS):
        text = filler(chance, 2_000)
        stream.append(
            f"commit refs/heads/main\ncommitter b <b@example.invalid> {1_700_000_000 + number} +0000\n"
            f"data 5\nwork\n\nM 100644 inline file{number % 97}.py\ndata {len(text)}\n{text}\n"
        )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=work, input="".join(stream), text=True, check=True)
    for target in (bare, guarded):
        subprocess.run(["git", "init", "-q", "--bare", str(target)], check=True)
    hook = guarded / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / "hooks" / "pre-receive", hook)
    hook.chmod(0o755)
    path = {"PATH": f"{Path(GUARD).parent}:/usr/local/bin:/usr/bin:/bin", "HOME": str(root)}
    again = "git -C '{0}' update-ref -d refs/heads/main; git -C '{0}' gc -q --prune=now; git push -q '{0}' main:main"
    commands = [
        Command(name, ["sh", "-c", again.format(target)], work, path)
        for name, target in (("git push, no hook", bare), ("git push, pre-receive hook", guarded))
    ]
    print(table(f"A push of {_COMMITS:,} commits", measure(commands, runs=5)))


def _comment(size: int) -> str:
    return "".join(f"# {line}\n" for line in filler(random.Random(1), size).splitlines())  # noqa: S311 - filler


def _commit(root: Path, name: str, text: str) -> None:
    (root / name).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")


if __name__ == "__main__":
    main()
