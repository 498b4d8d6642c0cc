"""What `init` writes where nothing stands yet: configuration, and the hook's entry."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from monei_guard.fixing.fixes import Edit
from monei_guard.fixing.text_edits import with_pre_commit_hook

CONFIGURATION = """\
# Configuration of monei-guard; 'monei-guard scan --help' shows the options.
# Every setting has a default; take the '# ' away where you want another value.

# exclude = ["tests/fixtures/"]   # .gitignore patterns of paths that are not scanned
# ignore = ["MG206"]              # rules that do not apply here: 'monei-guard rules list' shows them
# min-confidence = "medium"       # low | medium | high
# fail-on = "low"                 # info | low | medium | high | critical
"""


def pre_commit_item(version: str) -> tuple[str, ...]:
    """Return the lines of an item for `.pre-commit-config.yaml`: the installed version, from the package index."""
    return (
        "- repo: local",
        "  hooks:",
        "    - id: monei-guard",
        "      name: monei-guard (what this commit would record)",
        "      entry: monei-guard staged",
        "      language: python",
        f'      additional_dependencies: ["monei-guard=={version}"]',
        "      pass_filenames: false",
        "      always_run: true",
    )


@dataclass(frozen=True, slots=True)
class Starters:
    """What the folder has already, as far as starter files are concerned."""

    version: str
    paths: frozenset[bytes]
    read: Callable[[bytes], bytes | None]


def starter_edits(now: Starters) -> tuple[list[Edit], list[str]]:
    """Return the files to write, and what to add by hand. Nothing that mentions monei-guard already is touched."""
    edits: list[Edit] = []
    by_hand: list[str] = []
    if not _is_configured(now):
        edits.append(Edit(b".monei-guard.toml", None, CONFIGURATION.encode(), "a configuration to start from"))
    entry = _pre_commit_entry(now)
    if isinstance(entry, Edit):
        edits.append(entry)
    elif entry is not None:
        by_hand.append(entry)
    return edits, [*by_hand, *_for_other_managers(now)]


def uses_hook_manager(now: Starters) -> bool:
    """Whether a hook manager owns `.git/hooks`, so that a hook written there would be overwritten or ignored."""
    managers = (b".pre-commit-config.yaml", b"lefthook.yml", b"lefthook.yaml", b".lefthook.yml", b".overcommit.yml")
    return any(name in now.paths for name in managers) or any(path.startswith(b".husky/") for path in now.paths)


def _is_configured(now: Starters) -> bool:
    return b".monei-guard.toml" in now.paths or b"[tool.monei-guard" in (now.read(b"pyproject.toml") or b"")


def _pre_commit_entry(now: Starters) -> Edit | str | None:
    """Return the entry for the pre-commit framework, or what to do by hand; None where there is nothing to do."""
    path = b".pre-commit-config.yaml"
    before = now.read(path) if path in now.paths else None
    if before is None or b"monei-guard" in before:
        return None
    after = with_pre_commit_hook(before, pre_commit_item(now.version))
    if after is None:
        return (
            "add a hook that runs 'monei-guard staged' to .pre-commit-config.yaml: its list of repos is "
            "not written in the usual form"
        )
    return Edit(path, before, after, "run monei-guard before every commit")


def _for_other_managers(now: Starters) -> Iterator[str]:
    for name in (b"lefthook.yml", b"lefthook.yaml", b".lefthook.yml", b".husky/pre-commit"):
        if name in now.paths and b"monei-guard" not in (now.read(name) or b""):
            yield f"add the command 'monei-guard staged' to {name.decode()}"
