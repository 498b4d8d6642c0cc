"""`staged` and `scan` against peers: one small staged file, a 5,000-file tree, one long line, a 60 MB file.

Run: python -m benchmarks.scan
"""

import random
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Command, machine, measure, table
from benchmarks.peers import peer, versions

GUARD = str(Path(sys.executable).with_name("monei-guard"))
FILES = 5_000
FILE_BYTES = 6_000


def main() -> None:
    """Print one table a measurement."""
    print(f"{machine()}\n{versions()}\n")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        staged(root / "staged")
        tree(root / "tree")
        long_line(root / "line")
        large_file(root / "large")


def staged(root: Path) -> None:
    """Measure one small staged file with nothing suspicious in it."""
    new_repository(root)
    (root / "first.py").write_text("print('first')\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    (root / "second.py").write_text(filler(random.Random(1), 2_000))  # noqa: S311 - filler
    git(root, "add", "-A")
    commands = [
        Command("monei-guard staged", [GUARD, "staged"], root),
        Command("python -c pass", [sys.executable, "-c", "pass"], root),
        Command("gitleaks git --staged", [peer("gitleaks"), "git", "--staged", "--no-banner", "."], root),
        Command("kingfisher scan --staged", [peer("kingfisher"), "scan", "--staged", "-n", "."], root),
        Command("detect-secrets-hook", [peer("detect-secrets-hook"), "-n", "second.py"], root),
    ]
    print(table("One small staged file, nothing suspicious", measure(commands, runs=15)))


def tree(root: Path) -> None:
    """Measure a tree of 5,000 files, 30 MB, in a git work tree."""
    new_repository(root)
    plain_tree(root)
    git(root, "add", "-A")
    commands = [
        Command("monei-guard scan", [GUARD, "scan", "."], root),
        Command("gitleaks dir", [peer("gitleaks"), "dir", "--no-banner", "."], root),
        Command("kingfisher scan", [peer("kingfisher"), "scan", "-n", "--git-history", "none", "."], root),
        Command(
            "kingfisher scan --turbo", [peer("kingfisher"), "scan", "-n", "--turbo", "--git-history", "none", "."], root
        ),
    ]
    print(table(f"{FILES} files, {FILES * FILE_BYTES / 1e6:.0f} MB", measure(commands, runs=7)))


def plain_tree(root: Path) -> None:
    """Write 5,000 files of 6,000 bytes of made-up words."""
    chance = random.Random(2)  # noqa: S311 - filler
    for number in range(FILES):
        path = root / f"package{number % 50}" / f"module{number % 7}" / f"file{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(filler(chance, FILE_BYTES))


def long_line(root: Path) -> None:
    """Measure one minified line of 2 MB, without and with Monei's name in it."""
    root.mkdir()
    line = filler(random.Random(3), 2_000_000).replace("\n", ";")  # noqa: S311 - filler
    (root / "plain.js").write_text(line)
    (root / "named.js").write_text(line[:-200] + ';fetch("https://api.monei.cc/api/v1/user/me")')
    commands = [
        Command("monei-guard scan plain.js", [GUARD, "scan", "plain.js"], root),
        Command("monei-guard scan named.js", [GUARD, "scan", "named.js"], root),
        Command("gitleaks dir", [peer("gitleaks"), "dir", "--no-banner", "named.js"], root),
    ]
    print(table("One line of 2 MB", measure(commands, runs=7)))


def large_file(root: Path) -> None:
    """Measure a file of 60 MB that names Monei now and then."""
    root.mkdir()
    block = filler(random.Random(4), 1_000_000)  # noqa: S311 - filler
    with (root / "server.log").open("w") as file:
        for number in range(60):
            file.write(block)
            file.write(f"GET https://api.monei.cc/api/v1/wallet/me {number}\n")
    commands = [Command("monei-guard scan", [GUARD, "scan", "server.log"], root)]
    print(table("A log of 60 MB", measure(commands, runs=5)))


def filler(chance: random.Random, size: int) -> str:
    """Return lines of made-up words, `size` characters together."""
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz_", k=chance.randint(3, 10))) for _ in range(2_000)]
    lines = []
    length = 0
    while length < size:
        lines.append(" ".join(chance.choices(words, k=8)))
        length += len(lines[-1]) + 1
    return ("\n".join(lines) + "\n")[:size]


def new_repository(root: Path) -> None:
    """Make an empty repository."""
    root.mkdir(exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "bench")
    git(root, "config", "user.email", "bench@example.invalid")


def git(root: Path, *arguments: str) -> None:
    """Run git there."""
    subprocess.run(["git", *arguments], cwd=root, check=True)


if __name__ == "__main__":
    main()
