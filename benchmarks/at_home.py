"""Where every file names Monei: the histories, files and commits of its users' own repositories.

Run: python -m benchmarks.at_home [REPOSITORY…] [--runs=N]. Without a repository, a look-alike of an SDK is made:
versions of files that share nearly all their lines. Kingfisher applies the same rules as in `benchmarks.history`.
"""

import random
import sys
import tempfile
from pathlib import Path

from benchmarks.history import KINGFISHER_RULES, edited
from benchmarks.measure import Command, machine, measure, table
from benchmarks.peers import peer, versions
from benchmarks.scan import git, new_repository

GUARD = str(Path(sys.executable).with_name("monei-guard"))
_COMMITS = 400
_FILES = 60
_TREE = 5_000
_LARGE = 1 << 20  # bytes
_NAMES = (
    "Payment",
    "Wallet",
    "Payout",
    "Account",
    "Webhook",
    "Customer",
    "Subscription",
    "Refund",
    "Transfer",
    "Balance",
)
_SHAPES = (
    "    public function get{a}{b}(string $monei{a}Id): Monei{a}Response",
    "        $this->moneiClient->{a}s()->create(['{a}_id' => $request->get('monei_{b}_reference')]);",
    "     * @param \\Monei\\Model\\{a}{b}Request $monei{a}{b}Request The {a} of a {b}",
    "        return new Monei{a}Exception('monei_{a}_{b}_not_found', $previousMoneiException);",
    "        'monei/{a}-{b}-controller.php' => MoneiServiceProvider::class,",
    "        if (null === $this->container['monei_{a}_{b}_configuration']) {{",
    "        # {a} {b}: see https://docs.monei.cc/{a}/{b}#response-of-the-service",
)


def main() -> None:
    """Measure the repositories given, or a look-alike; then files and commits."""
    given = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("--") and Path(argument).is_dir()]
    runs = next((int(text.partition("=")[2]) for text in sys.argv[1:] if text.startswith("--runs=")), 5)
    print(f"{machine()}\n{versions()}\n")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "kingfisher.yml").write_text(KINGFISHER_RULES)
        if not given:
            look_alike(root / "sdk")
        for repository in given or [root / "sdk"]:
            history(repository, root, runs)
        files(root, runs)
        staged(root / "staged", runs)


def history(repository: Path, root: Path, runs: int) -> None:
    """Print one table for the history of a repository."""
    kingfisher = [
        peer("kingfisher"), "scan", "--load-builtins=false", f"--rules-path={root / 'kingfisher.yml'}", "-n",
        "--no-update-check", "--turbo", str(repository),
    ]  # fmt: skip
    commands = [
        Command("monei-guard history", [GUARD, "history", str(repository), "--no-cache"]),
        Command("kingfisher scan --turbo", kingfisher, most=3),
    ]
    print(table(f"{repository.parent.name}/{repository.name}: history", measure(commands, runs=runs)), flush=True)


def files(root: Path, runs: int) -> None:
    """Print one table for a tree and for one large file, all of whose lines name Monei."""
    chance = random.Random(2)  # noqa: S311 - filler
    tree = root / "tree"
    for number in range(_TREE):
        path = tree / f"part{number % 100}" / f"module{number}.php"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(_line(chance) for _ in range(60)))
    large = root / "large.php"
    large.write_text("\n".join(_line(chance) for _ in range(_LARGE // 80)))
    commands = [
        Command(f"monei-guard scan, {_TREE:,} files", [GUARD, "scan", str(tree)]),
        Command(f"monei-guard scan, one file of {large.stat().st_size / 1e6:.1f} MB", [GUARD, "scan", str(large)]),
    ]
    print(table("Files", measure(commands, runs=runs)), flush=True)


def staged(root: Path, runs: int) -> None:
    """Print one table for a commit of ten changed files that name Monei."""
    chance = random.Random(3)  # noqa: S311 - filler
    new_repository(root)
    texts = [[_line(chance) for _ in range(200)] for _ in range(10)]
    for version in range(2):
        for number, lines in enumerate(texts):
            lines[version] = _line(chance)
            (root / f"module{number}.php").write_text("\n".join(lines))
        git(root, "add", "-A")
        if not version:
            git(root, "commit", "-q", "-m", "first")
    print(
        table("Ten changed files staged", measure([Command("monei-guard staged", [GUARD, "staged"], root)], runs=runs))
    )


def look_alike(path: Path) -> None:
    """Make a packed bare repository of an SDK: generated clients, a few lines of them new in each version."""
    chance = random.Random(1)  # noqa: S311 - filler
    files = {f"lib/Model/Module{number}.php": [_line(chance).encode() for _ in range(300)] for number in range(_FILES)}

    def edit(lines: list[bytes]) -> None:
        lines[chance.randrange(len(lines))] = _line(chance).encode()

    edited(path, files, _COMMITS, lambda names: chance.sample(names, 20), edit)


def _line(chance: random.Random) -> str:
    first, second = chance.sample(_NAMES, 2)
    return f"{chance.choice(_SHAPES).format(a=first, b=second)}  // {chance.randrange(1000)}"


if __name__ == "__main__":
    main()
