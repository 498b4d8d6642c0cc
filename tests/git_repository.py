"""A real repository in a temporary folder, driven by the real git."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

SETTINGS = {
    "GIT_AUTHOR_NAME": "A. Tester",
    "GIT_AUTHOR_EMAIL": "tester@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "A. Tester",
    "GIT_COMMITTER_EMAIL": "tester@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
    "GIT_LITERAL_PATHSPECS": "1",
}


@dataclass(frozen=True, slots=True)
class GitRepository:
    """A work tree at `top`. Names and contents are bytes wherever they need not be text."""

    top: Path

    def git(self, *arguments: str | bytes, stdin: bytes | None = None, ok: bool = True, **env: str) -> bytes:
        """Run git at the top; return its standard output. `ok=False` allows it to fail."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.top, env=os.environ | SETTINGS | env, input=stdin, capture_output=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0 or not ok, done.stderr.decode("utf-8", "replace")
        return done.stdout

    def place(self, name: str | bytes) -> bytes:
        """Return the absolute path of a name in the work tree."""
        return os.path.join(os.fsencode(self.top), name if isinstance(name, bytes) else os.fsencode(name))

    def write(self, name: str | bytes, content: str | bytes = b"x\n") -> None:
        """Write a file of the work tree, folders included."""
        place = self.place(name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def stage(self, name: str | bytes, content: str | bytes | None = None) -> None:
        """Write (if there is content) and stage one path."""
        if content is not None:
            self.write(name, content)
        self.git("add", "-f", "--", name)

    def commit(self, message: str = "message", **files: str | bytes) -> str:
        """Stage files given as `name=content` and commit what is staged; return the commit's id."""
        for name, content in files.items():
            self.stage(name, content)
        self.git("commit", "-q", "--allow-empty", "--no-verify", "-m", message)
        return self.git("rev-parse", "HEAD").decode().strip()

    def commit_file(self, name: str | bytes, content: str | bytes) -> str:
        """Commit one file whose name is no identifier."""
        self.stage(name, content)
        return self.commit()


def new_repository(top: Path, *arguments: str) -> GitRepository:
    """Make a repository at `top` on the branch main."""
    top.mkdir(parents=True, exist_ok=True)
    repository = GitRepository(top)
    repository.git("init", "-q", "-b", "main", *arguments)
    return repository
