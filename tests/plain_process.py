"""The real program in a process of its own, and the real git, away from the user's own settings."""

import os
import subprocess
import sys
from pathlib import Path


def guard(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run monei-guard in `folder`."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "monei_guard", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def git(folder: Path, *arguments: str, date: str = "2026-01-02T03:04:05Z") -> None:
    """Run git in `folder` as one "ann"."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date,
    }  # fmt: skip
    identity = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, check=True, capture_output=True)
