"""The beginning of a run: configuration and rules are read, the scanner is built."""

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from monei_guard.application.options import RunOptions, with_options
from monei_guard.application.run import Run
from monei_guard.application.scanner_factory import RulesInForce, build_scanner
from monei_guard.configuration.location import configuration_in
from monei_guard.configuration.settings import Settings
from monei_guard.deferred import load
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.scanning.linter import ProjectFiles, files_on_disk
from monei_guard.sources.source import Source, SourceOptions

if TYPE_CHECKING:
    from monei_guard.git.repository import Repository
    from monei_guard.model.rule import Rule
    from monei_guard.policy.inline_suppression import InlinePolicy


def open_run(
    options: RunOptions,
    folder: str | None,
    manifests: Callable[[], bytes] = lambda: b"",
    *,
    root: str | None = None,
    mentions: Callable[[str], bool] | None = None,
    project: ProjectFiles | None = None,
) -> Run:
    """Read configuration and rules. `folder` is where the configuration is looked for, None where none is trusted.

    `root` is the folder that scanned paths are relative to (`folder` if not given), `project` what the lints read
    around a file, where that is no folder. `mentions` says what the repository speaks of (`detection.engine.Engine`;
    if not given, `folder` is searched for it). Suppressions in scanned files are
    honoured where the configuration is trusted.

    Raises GuardError (misuse) for a configuration or rule that cannot be used, before anything is scanned.
    """
    if options.max_memory is not None:
        load("monei_guard.application.memory_limit:limit_memory")(options.max_memory)
    if options.verify:
        load("monei_guard.application.verification:check_request")(options)
    settings = with_options(_settings(options, folder), options)
    rules = _rules_in_force(settings)
    top = root or folder or "."
    suppressing = _suppression_policy(settings, rules) if folder is not None else None
    about = mentions or _mentions(folder or top)
    files = project or files_on_disk(top)
    scanner = build_scanner(rules, settings, files, manifests, about, suppressing, options.file_seconds)
    return Run(options, settings, scanner, rules.own, rules.active, folder, top)


def builtin_rules() -> RulesInForce:
    """Return the built-in rules, none of them read yet."""
    return RulesInForce(credential_keywords(), _load_credential_rules, _load_evidence_rules)


def source_options(run: Run) -> SourceOptions:
    """Return what the run asks of its sources: how large content may be, and which paths are left out."""
    patterns = run.settings.exclude
    excluded = load("monei_guard.sources.exclusion:excluder")(patterns) if patterns else None
    return SourceOptions(run.settings.max_size, excluded, run.options.git_timeout)


def range_source(repository: "Repository", revisions: str) -> Source:
    """Return what the commits of a range add, as a source. Raises GuardError for a range that cannot be read."""
    commits = load("monei_guard.sources.commit_range:read_range")(repository, revisions)
    return partial(load("monei_guard.sources.commit_range:range_items"), repository, commits)


def _settings(options: RunOptions, folder: str | None) -> Settings:
    """Return the configuration that was named or, where it is trusted, the folder's."""
    if options.config is not None:
        settings: Settings = load("monei_guard.configuration.loading:load_settings")(options.config)
        return settings
    path = configuration_in(folder) if folder is not None else None
    if path is None:
        return Settings()
    found: Settings = load("monei_guard.configuration.loading:found_settings")(path)
    return found


def _rules_in_force(settings: Settings) -> RulesInForce:
    if settings.selection.select or settings.selection.ignore or settings.extend_rules:
        chosen: RulesInForce = load("monei_guard.application.rule_selection:select_rules")(settings)
        return chosen
    return builtin_rules()


def _load_credential_rules() -> "tuple[Rule, ...]":
    rules: tuple[Rule, ...] = load("monei_guard.ruleset.rule_files:load_credential_rules")()
    return rules


def _load_evidence_rules() -> "tuple[Rule, ...]":
    rules: tuple[Rule, ...] = load("monei_guard.ruleset.rule_files:load_evidence_rules")()
    return rules


def _mentions(folder: str) -> Callable[[str], bool]:
    """Return what says whether a repository mentions something; all of it is searched for that."""

    def mentions(pattern: str) -> bool:
        found: bool = load("monei_guard.sources.mentions:mentions_in")(os.fsencode(folder), pattern)
        return found

    return mentions


def _suppression_policy(settings: Settings, rules: RulesInForce) -> "Callable[[], InlinePolicy]":
    """Return what reads how directives in files are judged, when the first content with one comes."""

    def policy() -> Any:
        return load("monei_guard.application.suppression_policy:inline_policy")(settings, rules.own, rules.active)

    return policy
