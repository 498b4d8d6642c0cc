"""Hygiene on a repository of 5,000 files in 40 packages: time on top of the scan, and the git processes it starts.

Run: python -m benchmarks.hygiene
"""

import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from monei_guard.hygiene.collection import work_tree_files
from monei_guard.hygiene.registry import hygiene_findings
from monei_guard.model.blob import Blob
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.model.rule import RuleKind
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.ruleset.rule_files import load_bundled, load_credential_rules, load_evidence_rules
from monei_guard.scanning.scanner import Scanner

PACKAGES = 40
FILES = 5_000
RUNS = 9


def make_repository(top: Path) -> Path:
    """Write 40 packages, each with manifests, an image, CI files and an ignored `.env`, and commit them."""
    root = top / "repository"
    for number in range(PACKAGES):
        folder = root / "packages" / f"package-{number:02}"
        (folder / "src").mkdir(parents=True)
        key = "mni_" + hashlib.sha256(b"%d" % number).hexdigest()[:32]
        (folder / "package.json").write_text(
            f'{{"name": "package-{number}", "private": true, "dependencies": {{"dotenv": "^16"}}}}\n'
        )
        (folder / ".env").write_text(f"MONEI_API_KEY={key}\nDEBUG=1\n")
        (folder / ".env").chmod(0o600)
        (folder / ".env.example").write_text("MONEI_API_KEY=\nDEBUG=\n")
        (folder / "Dockerfile").write_text("FROM node:22\nCOPY . .\n")
        (folder / ".dockerignore").write_text("**/.env\n**/.env.*\n")
        (folder / ".gcloudignore").write_text(".git\n.env\n.env.*\n")
        for file in range(FILES // PACKAGES - 6):
            (folder / "src" / f"module{file % 10}").mkdir(exist_ok=True)
            load = "import 'dotenv/config';\n" if file == 0 else ""
            text = load + f"export const value{file} = process.env.MONEI_API_KEY;\n" * 20
            (folder / "src" / f"module{file % 10}" / f"file{file}.ts").write_text(text)
    (root / ".gitignore").write_text(".env\n.env.*\n!.env.example\nnode_modules/\n")
    workflow = root / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("jobs:\n  test:\n    steps:\n      - run: npm test\n")
    author = ["-c", "user.name=B", "-c", "user.email=b@x"]
    for arguments in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "x"]):
        subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)
    return root


def count_git_processes(top: Path, run: Callable[[], None]) -> list[str]:
    """Return the git commands that one run starts, seen by a wrapper first on PATH."""
    log, folder = top / "git.log", top / "bin"
    folder.mkdir()
    real = shutil.which("git")
    wrapper = folder / "git"
    wrapper.write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
    try:
        run()
    finally:
        os.environ["PATH"] = before
    return log.read_text().splitlines()


def main() -> None:
    """Measure and print."""
    rules = {rule.id: rule for rule in load_bundled() if rule.kind is RuleKind.HYGIENE}
    scanner = Scanner(credential_keywords(), load_credential_rules, load_evidence_rules)

    def classify(content: bytes, path: bytes) -> Sequence[Finding]:
        return scanner.scan_blob(Blob(content, Origin.WORKTREE, path)).findings

    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        root = make_repository(top)
        found: list[Finding] = []

        def run() -> None:
            # An empty mapping: the scan itself has found nothing, as in a repository whose keys are all in `.env`.
            found[:] = hygiene_findings(work_tree_files(os.fsencode(root), classify, {}), rules)

        times, busy = [], []
        for _ in range(RUNS):
            start, before = time.perf_counter(), os.times()
            run()
            times.append(time.perf_counter() - start)
            busy.append(sum(os.times()[:4]) - sum(before[:4]))
        commands = count_git_processes(top, run)
        print(
            f"{FILES} files, {PACKAGES} packages: first {times[0]:.3f} s, median {statistics.median(times):.3f} s, "
            f"best {min(times):.3f} s; processor time, git's included: median {statistics.median(busy):.3f} s"
        )
        print(f"findings: {len(found)}; git processes: {len(commands)}")
        for command in commands:
            print("  git", command[:60])


if __name__ == "__main__":
    main()
