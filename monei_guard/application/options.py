"""What one run is asked for, and the settings it adds up to with the configuration."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from monei_guard.configuration.settings import Settings
from monei_guard.git.repository import GIT_TIMEOUT
from monei_guard.model.levels import Confidence, Severity
from monei_guard.policy.selection import Selection


def _refuse(_question: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line said, checked; None where it said nothing.

    `git_timeout` is how many seconds git may take for one answer. `ask` puts a question to whoever sits at the
    terminal, and returns whether the answer was yes.
    """

    format: str = "terminal"
    output: str | None = None
    reports: tuple[tuple[str, str], ...] = ()
    config: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: Confidence | None = None
    fail_on: Severity | None = None
    max_size: int | None = None
    archive_depth: int | None = None
    quiet: bool = False
    color: bool | None = None
    reveal: bool = False
    baseline: str | None = None
    verify: bool = False
    yes: bool = False
    api_urls: tuple[str, ...] = ()
    jobs: int | None = None
    git_timeout: float = GIT_TIMEOUT
    max_memory: int | None = None  # bytes
    file_seconds: float | None = None
    ask: Callable[[str], bool] = field(default=_refuse, compare=False)


def with_options(settings: Settings, options: RunOptions) -> Settings:
    """Return the configuration with the options applied, which come first."""
    chosen = settings.selection
    return replace(
        settings,
        selection=Selection(
            select=options.select or chosen.select,
            ignore=(*chosen.ignore, *options.ignore),
            min_confidence=chosen.min_confidence if options.min_confidence is None else options.min_confidence,
        ),
        fail_on=settings.fail_on if options.fail_on is None else options.fail_on,
        max_size=settings.max_size if options.max_size is None else options.max_size,
        archive_depth=settings.archive_depth if options.archive_depth is None else options.archive_depth,
        baseline=settings.baseline if options.baseline is None else os.path.abspath(options.baseline),
    )
