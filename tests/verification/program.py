"""The program's command line against the stand-in, run in this process unless a test wants a terminal."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from verification.two_hosts import Api

from monei_guard.commands.cli import run

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """The program in a folder of its own, trusting the test's authority through SSL_CERT_FILE."""

    def __init__(
        self, api: Api, folder: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]
    ) -> None:
        self.api, self.folder, self._patch, self._capture = api, folder, patch, capture
        for name in list(os.environ):
            if name.upper().endswith("_PROXY"):
                patch.delenv(name)
        patch.setenv("SSL_CERT_FILE", str(api.settings.extra_ca))
        patch.setenv("NO_COLOR", "1")
        patch.chdir(folder)
        self.urls = [part for host in api.hosts for part in ("--api-url", host.origin)]

    def run(
        self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        self._capture.readouterr()
        with self._patch.context() as patch:
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            code = run(arguments)
        out, err = self._capture.readouterr()
        return subprocess.CompletedProcess(arguments, code, out.decode(), err.decode())

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
