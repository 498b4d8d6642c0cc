"""What one run is made of. What comes of it is a `ScanResult`."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monei_guard.application.options import RunOptions
from monei_guard.configuration.settings import Settings
from monei_guard.scanning.scanner import Scanner

if TYPE_CHECKING:
    from monei_guard.model.rule import Rule


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run needs. `active` holds the codes that may be reported, None for all of them.

    `folder` is where configuration and baseline were looked for (None: nothing there is trusted), `root` the folder
    that paths in findings are relative to; `started` is when it began, in seconds since 1970.
    """

    options: RunOptions
    settings: Settings
    scanner: Scanner
    own_rules: "tuple[Rule, ...]" = ()
    active: frozenset[str] | None = None
    folder: str | None = None
    root: str = "."
    started: float = field(default_factory=time.time)
