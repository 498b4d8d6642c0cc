"""What the lints cost: a tree without Monei words, a Monei project, and code with Monei words planted.

Run: python -m benchmarks.lints                      the first two
     python -m benchmarks.lints planted FOLDER [N]   lint N files below FOLDER, Monei words planted in each
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.measure import machine
from monei_guard.application.opening import builtin_rules
from monei_guard.lints.registry import ProjectLints
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin
from monei_guard.ruleset.rule_files import load_lint_rules
from monei_guard.scanning.linter import Linter, files_on_disk
from monei_guard.scanning.scanner import Scanner, scan
from monei_guard.sources.files import directory
from monei_guard.sources.source import SourceOptions

PLAIN_FILES = 20_000
MONEI_FILES = 500
RUNS = 7
_SCRIPT = (
    b"\n/* monei: set MONEI_API_KEY (see https://docs.monei.cc and monei-sdk); never print moneiApiKey */\n"
    b';"Monei says: MONEI_API_KEY and x-monei-signature belong to https://api.monei.cc";\n'
)
_PYTHON = (
    b"\n# monei: set MONEI_API_KEY (see https://docs.monei.cc and monei-sdk); never print monei_api_key\n"
    b'"Monei says: MONEI_API_KEY and x-monei-signature belong to https://api.monei.cc"\n'
)
_SUFFIXES = (".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", ".mts", ".cts", ".py", ".vue", ".svelte")


def main() -> None:
    """Print the numbers."""
    if sys.argv[1:2] == ["planted"]:
        planted(Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 30)  # noqa: PLR2004 - the third
        return
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        plain(Path(folder) / "plain")
        project(Path(folder) / "project")


def plain(root: Path) -> None:
    """Compare a scan of 20,000 JavaScript files without Monei words with and without the lints."""
    chance = random.Random(1)  # noqa: S311 - filler
    words = [f"name{number}" for number in range(500)]
    for number in range(PLAIN_FILES):
        path = root / f"package{number % 200}" / f"file{number}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (f"const {chance.choice(words)} = call({chance.choice(words)}, 'text', {number});" for _ in range(60))
        path.write_text("\n".join(lines))
    blobs = [
        blob for blob in directory(os.fsencode(root), SourceOptions(), include_ignored=True) if isinstance(blob, Blob)
    ]
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(RUNS):
        for lints in (False, True):
            linter = Linter(files_on_disk(str(root)), None) if lints else None
            rules = builtin_rules()
            scanner = Scanner(rules.keywords, rules.credentials, rules.evidence, lint=linter)
            start = time.process_time()
            scan(blobs, scanner)
            seconds[lints].append(time.process_time() - start)
    without, with_lints = (statistics.median(seconds[lints]) for lints in (False, True))
    print(
        f"{PLAIN_FILES:,} files without Monei words ({sum(len(b.content) for b in blobs) / 1e6:.0f} MB): "
        f"{without:.3f} s CPU without lints, {with_lints:.3f} s with ({(with_lints / without - 1) * 100:+.1f} %)"
    )


def project(root: Path) -> None:
    """Lint a project of 500 files of which every one uses Monei."""
    files: dict[str, bytes] = {"package.json": b'{"dependencies": {"monei-sdk": "1"}}', "src/config.ts": _CONFIG}
    for number in range(MONEI_FILES):
        files[f"src/feature{number}.ts"] = _FEATURE.replace(b"NUMBER", b"%d" % number)
    rules = {rule.id: rule for rule in load_lint_rules()}
    seconds = []
    for _ in range(RUNS):
        lints = ProjectLints(files.get, lambda: files, rules)
        start = time.process_time()
        found = [one for name, data in files.items() for one in lints.lint(_view(data, name)).findings]
        seconds.append(time.process_time() - start)
    size = sum(map(len, files.values()))
    print(
        f"{len(files)} files of a Monei project ({size / 1e6:.2f} MB, {len(found)} findings): "
        f"{statistics.median(seconds):.2f} s CPU, least {min(seconds):.2f} s"
    )
    _ = root


def planted(root: Path, limit: int) -> None:
    """Plant Monei words in comments and strings of foreign code and print what fires: nothing should."""
    names = [
        os.path.relpath(os.path.join(folder, name), root)
        for folder, _, found in os.walk(root)
        for name in found
        if name.endswith(_SUFFIXES)
    ]
    random.Random(7).shuffle(names)  # noqa: S311 - a sample
    rules = {rule.id: rule for rule in load_lint_rules()}
    lints = ProjectLints(lambda path: _read(root / path), lambda: names, rules)
    codes: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    size, start = 0, time.process_time()
    for name in names[:limit]:
        data = (_read(root / name) or b"") + (_PYTHON if name.endswith(".py") else _SCRIPT)
        size += len(data)
        result = lints.lint(_view(data, name))
        for one in result.findings:
            codes[one.code] += 1
            print(one.code, f"{name}:{one.location.start_line}", one.message, flush=True)
        for missed in result.skipped:
            skipped[missed.reason] += 1
    print(
        f"{min(limit, len(names)):,} files, {size / 1e6:.0f} MB, {time.process_time() - start:.0f} s CPU: {dict(codes)}"
    )
    print("\n".join(f"skipped {count}: {reason}" for reason, count in skipped.items()))


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(2 << 20)
    except OSError:
        return None


def _view(data: bytes, name: str) -> View:
    return View(Blob(data, Origin.WORKTREE, name.encode("utf-8", "surrogateescape")), data)


_CONFIG = b"export const apiKey = process.env.MONEI_API_KEY;\nexport const base = 'https://api.monei.cc/api/v1';\n"
_FEATURE = b"""\
import { MoneiSDK } from "monei-sdk";
import { apiKey, base } from "./config";

const sdk = new MoneiSDK({ apiKey });
const cache = new Map<string, number>();

export interface Row { id: string; amount: number; note?: string }

export async function featureNUMBER(rows: Row[], options: { page?: number } = {}) {
  const found: Row[] = [];
  for (const row of rows) {
    if (row.amount > NUMBER && !cache.has(row.id)) {
      cache.set(row.id, row.amount);
      found.push({ ...row, note: `row ${row.id}` });
    }
  }
  const wallet = await sdk.wallet.me();
  console.log("wallet", wallet.balance, found.length, options.page ?? 1);
  const response = await fetch(`${base}/transactions?page=${options.page ?? 1}`, {
    headers: { "X-API-KEY": apiKey ?? "", Accept: "application/json" },
  });
  if (response.status === 429) throw new Error("too many requests");
  const body = await response.json();
  return { wallet, found, rows: body.data as Row[], total: body.data.length };
}

export class ServiceNUMBER {
  private readonly name: string;
  constructor(name = "serviceNUMBER", private readonly limit = NUMBER) { this.name = name; }
  describe(): string { return `${this.name} up to ${this.limit}`; }
  async run(rows: Row[]) { return (await featureNUMBER(rows, { page: 2 })).found.map((row) => row.id).join(","); }
}
"""

if __name__ == "__main__":
    main()
