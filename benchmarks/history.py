"""`history` against Kingfisher, gitleaks, bare inflation and git itself, on one repository or on generated ones.

Run: python -m benchmarks.history [REPOSITORY…] [--runs=N]. Every tool applies the same two rules (`mni_` + 32 hex,
`sk_live_`/`sk_test_` + 16 or more). Without a repository, histories of four sizes are made, to show how time grows.
What takes long runs once or twice however many runs are asked for, and is stopped after five minutes.
"""

import multiprocessing
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import Command, Timing, machine, measure, table
from benchmarks.peers import peer, versions

GUARD = str(Path(sys.executable).with_name("monei-guard"))
LONGEST = 300.0  # seconds
SIZES = (2_000, 4_000, 8_000, 16_000)  # commits

KINGFISHER_RULES = r"""
rules:
  - name: Monei API key
    id: monei.1
    pattern: '\b(mni_(?:sk_)?[0-9a-f]{32})\b'
    confidence: medium
  - name: Monei secret key
    id: monei.2
    pattern: '\b(sk_(?:live|test)_[0-9A-Za-z]{16,128})\b'
    confidence: medium
"""
GITLEAKS_RULES = r"""
[[rules]]
id = "monei-1"
regex = '''\b(mni_(?:sk_)?[0-9a-f]{32})\b'''
keywords = ["mni_"]
[[rules]]
id = "monei-2"
regex = '''\b(sk_(?:live|test)_[0-9A-Za-z]{16,128})\b'''
keywords = ["sk_live_", "sk_test_"]
"""


def main() -> None:
    """Measure the repositories given, or generated ones."""
    given = [argument for argument in sys.argv[1:] if not argument.startswith("--") and Path(argument).is_dir()]
    runs = next((int(one.partition("=")[2]) for one in sys.argv[1:] if one.startswith("--runs=")), 5)
    print(f"{machine()}\n{versions()}\n")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "kingfisher.yml").write_text(KINGFISHER_RULES)
        (root / "gitleaks.toml").write_text(GITLEAKS_RULES)
        if given:
            for path in given:
                compare(Path(path), root, runs)
        else:
            grown = {}
            for size in SIZES:
                made = root / f"{size}-commits"
                # in another process: what this one holds would count as the peak of each command it starts
                maker = multiprocessing.Process(target=generated, args=(made, size))
                maker.start()
                maker.join()
                grown[size] = compare(made, root, runs)
            print(growth(grown))


def growth(grown: dict[int, tuple[float, Timing]]) -> str:
    """Return how time grows with the packs: what each further MB costs, start-up left out by taking differences."""
    lines = ["### Growth", "", "| commits | packs | CPU | a further MB |", "|---|---|---|---|"]
    before: tuple[float, float] | None = None
    for size, (packed, timing) in grown.items():
        further = "" if before is None else f"{(timing.cpu - before[1]) / (packed - before[0]) * 1000:.1f} ms"
        lines.append(f"| {size:,} | {packed:.1f} MB | {timing.cpu:.2f} s | {further} |")
        before = packed, timing.cpu
    return "\n".join(lines) + "\n"


def compare(repository: Path, root: Path, runs: int) -> tuple[float, Timing]:
    """Print one table for a repository; return its packs' size in MB and what this tool took."""
    packed = sum(pack.stat().st_size for pack in repository.glob("**/objects/pack/*.pack"))
    kingfisher = [
        peer("kingfisher"), "scan", "--load-builtins=false", f"--rules-path={root / 'kingfisher.yml'}", "-n",
        "--no-update-check",
    ]  # fmt: skip
    inflate = [sys.executable, "-m", "benchmarks.bare_inflation", str(repository)]
    project = Path(__file__).resolve().parents[1]
    commands = [
        Command("monei-guard history", [GUARD, "history", str(repository), "--no-cache", "--select=MG101,MG102,MG103"]),
        Command("bare inflation of the blobs", [*inflate, "blob"], project),
        Command("bare inflation of all objects", [*inflate, "all"], project),
        Command("kingfisher scan --turbo", [*kingfisher, "--turbo", str(repository)], most=3),
        Command("kingfisher scan", [*kingfisher, str(repository)], most=1, limit=LONGEST),
        Command(
            "gitleaks git",
            [peer("gitleaks"), "git", "--no-banner", "--config", str(root / "gitleaks.toml"), str(repository)],
            most=1,
            limit=LONGEST,
        ),
        Command(
            "git cat-file --batch-all-objects",
            ["git", "-C", str(repository), "cat-file", "--batch-all-objects", "--batch", "--buffer"],
            most=1,
            limit=LONGEST,
        ),
    ]
    title = f"{repository.name}: {packed / 1e6:.0f} MB of packs"
    timings = measure(commands, runs=runs, warmups=1)
    print(table(title, timings), flush=True)
    return packed / 1e6, timings[0]


def generated(path: Path, commits: int) -> None:
    """Make a packed bare repository: sources of a few hundred lines, a few of them edited in each commit."""
    chance = random.Random(commits)  # noqa: S311 - filler
    files = {
        f"src/part{number % 20}/module{number}.py": [_line(chance) for _ in range(chance.randint(50, 400))]
        for number in range(300)
    }

    def edit(lines: list[bytes]) -> None:
        at = chance.randrange(len(lines))
        lines[at : at + chance.randint(0, 3)] = [_line(chance) for _ in range(chance.randint(1, 3))]

    edited(path, files, commits, lambda names: chance.sample(names, 3), edit)


def edited(
    path: Path,
    files: dict[str, list[bytes]],
    commits: int,
    choose: Callable[[list[str]], list[str]],
    edit: Callable[[list[bytes]], None],
) -> None:
    """Make a packed bare repository: all files in the first commit, the edited lines of some in each later one."""
    path.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
    stream = []
    for number in range(commits):
        stream.append(b"commit refs/heads/main\ncommitter A <a@example.com> %d +0000\n" % (1_600_000_000 + number))
        stream.append(b"data 1\nx\n")
        for name in choose(sorted(files)) if number else sorted(files):
            edit(files[name])
            content = b"\n".join(files[name])
            stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
    subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], input=b"".join(stream), check=True)
    subprocess.run(["git", "-C", str(path), "repack", "-adfq"], check=True)


def _line(chance: random.Random) -> bytes:
    words = b"import return value config client request response token amount wallet self None if for in".split()
    return b"    " + b" ".join(chance.choices(words, k=chance.randint(2, 10))) + b"  # %x" % chance.getrandbits(48)


if __name__ == "__main__":
    main()
