"""The program, run as a user runs it, against the stand-in."""

import json
import os
import subprocess
import sys
from pathlib import Path

from verification.two_hosts import Api

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """The program in a folder of its own, trusting the test's authority through SSL_CERT_FILE."""

    def __init__(self, api: Api, folder: Path) -> None:
        self.api, self.folder = api, folder
        self.env = {key: value for key, value in os.environ.items() if not key.upper().endswith("_PROXY")}
        self.env |= {"SSL_CERT_FILE": str(api.settings.extra_ca), "HOME": str(folder), "NO_COLOR": "1"}
        self.urls = [part for host in api.hosts for part in ("--api-url", host.origin)]

    def run(
        self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "monei_guard", *arguments], input=stdin, capture_output=True, cwd=self.folder,
            env=self.env | (env or {}), check=False, timeout=60,
        )  # fmt: skip
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def verify(self, *arguments: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[str]:
        return self.run("verify", *self.urls, "--yes", "--rate", "500", *arguments, stdin=stdin, env=env)

    def json(self, *arguments: str, stdin: bytes = b"", **env: str) -> list[dict[str, object]]:
        done = self.verify("--format", "json", *arguments, stdin=stdin, **env)
        findings = json.loads(done.stdout)["findings"]
        assert isinstance(findings, list)
        return findings


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)
