"""The one place that builds a Scanner."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from monei_guard.configuration.settings import Settings
from monei_guard.filesystem.user_directories import cache_folder
from monei_guard.scanning.linter import Linter, ProjectFiles
from monei_guard.scanning.scanner import Scanner

if TYPE_CHECKING:
    from monei_guard.model.rule import Rule
    from monei_guard.policy.inline_suppression import InlinePolicy


class RulesInForce(NamedTuple):
    """The rules of one run. `credentials` and `evidence` are called when the first suspicious blob asks for them.

    `keywords` are those of the credentials and, where code is linted, the lints'. `own` are the rules beside the
    built-in ones, `active` the codes that may be reported (None: all).
    """

    keywords: tuple[str, ...]
    credentials: "Callable[[], tuple[Rule, ...]]"
    evidence: "Callable[[], tuple[Rule, ...]]"
    own: "tuple[Rule, ...]" = ()
    active: frozenset[str] | None = None


def build_scanner(
    rules: RulesInForce,
    settings: Settings,
    project: ProjectFiles,
    manifests: Callable[[], bytes],
    mentions: Callable[[str], bool],
    suppressing: "Callable[[], InlinePolicy] | None",
    file_seconds: float | None = None,
) -> Scanner:
    """Return the scanner of a run: credentials, evidence, lints and directives.

    `project` are the files that scanned paths are relative to; `manifests` and `mentions` tell of the repository
    (`detection.engine.Engine`); `suppressing` reads how directives in files are judged, None where they mean nothing;
    `file_seconds` is what one file may take.
    """
    return Scanner(
        rules.keywords,
        rules.credentials,
        rules.evidence,
        manifests,
        suppressing,
        mentions=mentions,
        archives=settings.archives,
        cache_folder=cache_folder(),
        lint=Linter(project, rules.active),
        foreign_markers=bool(settings.markers_of),
        file_seconds=file_seconds,
    )


def build_key_finder(rules: RulesInForce) -> Scanner:
    """Return a scanner that finds keys of every kind, and does nothing else."""
    return Scanner(rules.keywords, rules.credentials, rules.evidence, cache_folder=cache_folder())
