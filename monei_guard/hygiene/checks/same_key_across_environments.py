"""MG207 same-key-across-environments: one key serves development and production, so a leak of either is both."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.hygiene.env_file_names import EnvironmentSide
from monei_guard.hygiene.findings import about_key, shown
from monei_guard.hygiene.readers.key_sides import LocatedKey, located_keys
from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.model.finding import Finding, Related
from monei_guard.model.location import display_path
from monei_guard.model.rule import Rule

if TYPE_CHECKING:
    from monei_guard.model.secret import Secret


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each key that stands on both sides, at its first development place."""
    by_secret: dict[Secret, list[LocatedKey]] = defaultdict(list)
    for located in located_keys(files):
        if located.key.secret is not None and not located.key.secret.guessable:
            by_secret[located.key.secret].append(located)
    for found in by_secret.values():
        development = [p for p in found if p.side is EnvironmentSide.DEVELOPMENT]
        production = [p for p in found if p.side is EnvironmentSide.PRODUCTION]
        if not development or not production or not any(files.reports(p.path) for p in found):
            continue
        first, other = development[0], production[0]
        message = f"the same key stands for development here and for production in {_described(other)}"
        related = tuple(Related("the same key, for production", p.key.location) for p in production)
        yield about_key(rule, first.key, message, blanks={"path": shown(first.path)}, related=related)


def _described(located: LocatedKey) -> str:
    name = f" ({located.name})" if located.name else ""
    return f"{display_path(located.path)}:{located.key.location.start_line}{name}"
