"""THE table of lint rules, and what runs them over one file.

This is the door to the lints: nothing behind it is imported before there is a file that needs it. A document is opened
by its kind, and each kind brings the rules that look at it; code brings the parser, and only its own language.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from monei_guard.deferred import load
from monei_guard.lints.documents.bundle import Bundle, is_bundle
from monei_guard.lints.languages.registry import (
    LANGUAGES,
    PAGES,
    WITHOUT_GRAMMAR,
    ParseError,
    listed_language,
    suffix_of,
)
from monei_guard.lints.selection import MAX_SIZE, is_linted
from monei_guard.model.blob import Skipped
from monei_guard.model.location import display_path

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.dependencies import Dependency
    from monei_guard.lints.analysis.project import Project, Read
    from monei_guard.lints.context import LintContext
    from monei_guard.lints.documents.code_file import CodeFile, ModuleLoader
    from monei_guard.lints.languages.language import Language
    from monei_guard.lints.violation import Violation
    from monei_guard.model.blob import View
    from monei_guard.model.finding import Finding
    from monei_guard.model.rule import Rule
    from monei_guard.model.snippet import Masks

    Hook: TypeAlias = Callable[..., Iterable[Violation]]


class ListedRule(NamedTuple):
    """One line of the table: a rule's module, and the kinds of document it looks at (its `check_<kind>`)."""

    module: str
    kinds: tuple[str, ...]

    @property
    def id(self) -> str:
        """The rule's id: its module's name."""
        return self.module.rpartition(".")[2].replace("_", "-")

    def hook(self, kind: str) -> str:
        """Return where the rule looks at a kind of document, as `deferred.load` takes it."""
        return f"{self.module}:check_{kind}"


RULES = (
    ListedRule("monei_guard.lints.rules.client_env_prefix", ("code", "config")),
    ListedRule("monei_guard.lints.rules.sdk_in_client_code", ("code", "text", "config", "page")),
    ListedRule("monei_guard.lints.rules.web_storage", ("code", "text")),
    ListedRule("monei_guard.lints.rules.key_in_url", ("code", "text", "config", "page")),
    ListedRule("monei_guard.lints.rules.key_in_bundle", ("bundle",)),
    ListedRule("monei_guard.lints.rules.plain_http", ("code", "text", "config", "page")),
    ListedRule("monei_guard.lints.rules.tls_verification_off", ("code", "text", "config")),
    ListedRule("monei_guard.lints.rules.key_logged", ("code", "text")),
    ListedRule("monei_guard.lints.rules.hardcoded_fallback", ("code", "text", "config")),
    ListedRule("monei_guard.lints.rules.no_rate_limit_handling", ("code", "text")),
    ListedRule("monei_guard.lints.rules.webhook_not_verified", ("code", "text")),
    ListedRule("monei_guard.lints.rules.bare_string_constructor", ("code",)),
    ListedRule("monei_guard.lints.rules.wrong_package", ("code", "text", "dependencies")),
    ListedRule("monei_guard.lints.rules.sandbox_hits_production", ("code", "config")),
)
_CODE_AND_CONFIGURATION = frozenset({"kts", "sh", "bash", "zsh"})
_IN_PART = "linted in part: the code is too large or too entangled to follow every value"


class LintResult(NamedTuple):
    """What the lints say of one file, and what of it they could not look at."""

    findings: "tuple[Finding, ...]" = ()
    skipped: tuple[Skipped, ...] = ()


class ProjectLints:
    """The lints of one project: its `rules` in force by id (a missing id turns its lint off), and what was opened.

    `read` and `listing` are the access to the project's files that `Project` describes.
    """

    def __init__(self, read: "Read", listing: Callable[[], Iterable[str]], rules: "Mapping[str, Rule]") -> None:
        self._project: Project = load("monei_guard.lints.analysis.project:Project")(read, listing, _npm_dependencies)
        self._rules = rules
        self._modules: ModuleLoader | None = None
        self._hooks_by_kind: dict[str, list[tuple[Rule, Hook]]] = {}

    def lint(self, view: "View", shown_path: str | None = None, masks: "Masks | None" = None) -> LintResult:
        """Return what every lint says of one file.

        `view` is the blob's root view; `shown_path` replaces the displayed path (to mask one); `masks` are detection's
        for the file, None where it found nothing. A file that no lint
        reads, or that does not name Monei, yields nothing.
        """
        path = view.blob.path
        if path is None or view.blob.is_name or not self._rules or not is_linted(path, view.data):
            return LintResult()
        name = display_path(path)
        if len(view.data) > MAX_SIZE and not is_bundle(name):
            reason = f"not linted: larger than {MAX_SIZE // 1024} KiB; credentials in it were looked for all the same"
            return LintResult(skipped=(Skipped(path, reason, incomplete=False),))
        vendor = self._project.vendor_of(name, view.data)
        context: LintContext = load("monei_guard.lints.context:LintContext")(path)
        try:
            self._check(view, name, vendor, context)
        except ParseError as error:
            context.skip(f"not linted: {error}")
        if not context.violations:
            return LintResult(skipped=tuple(context.skipped))
        findings = load("monei_guard.lints.findings:findings")
        return LintResult(tuple(findings(context.violations, view, vendor, shown_path, masks)), tuple(context.skipped))

    def _check(self, view: "View", path: str, vendor: str, context: "LintContext") -> None:
        """Add what breaks the rules in a file, read as each kind of document it is. Raises ParseError."""
        if not is_bundle(path):
            installs = load("monei_guard.lints.documents.dependency_file:dependency_file")(view, path, self._project)
            self._run("dependencies", installs, context)
        if vendor == "monei.com":
            return
        suffix = suffix_of(path)
        if is_bundle(path):
            self._run("bundle", Bundle(path, view.data), context)
        elif listed_language(path) is not None:
            self._check_code(load("monei_guard.lints.documents.code_file:code_in_file"), view, path, context)
        elif suffix in PAGES:
            self._run("page", load("monei_guard.lints.documents.page:page")(view, path), context)
            self._check_code(load("monei_guard.lints.documents.code_file:code_in_page"), view, path, context)
        else:
            if suffix in WITHOUT_GRAMMAR:
                code = load("monei_guard.lints.documents.text_code:text_code")(view, path, self._project)
                self._run("text", code, context)
            if suffix not in WITHOUT_GRAMMAR or suffix in _CODE_AND_CONFIGURATION:
                self._run("config", load("monei_guard.lints.documents.config_file:config_file")(view, path), context)

    def _check_code(
        self,
        units: "Callable[[View, str, ModuleLoader], tuple[CodeFile, ...]]",
        view: "View",
        path: str,
        context: "LintContext",
    ) -> None:
        """Add what breaks the rules in the code of a file. Raises ParseError."""
        if self._modules is None:
            self._modules = load("monei_guard.lints.documents.code_file:ModuleLoader")(self._project, language_of)
        find_use: Callable[[CodeFile], ApiUse] = load("monei_guard.lints.analysis.api_usage:find_api_use")
        for unit in units(view, path, self._modules):
            try:
                use = find_use(unit)
                for rule, check in self._hooks("code"):
                    context.add(rule, check(unit, use))
            except RecursionError:  # values that lead through very many files or functions: hostile, or generated
                context.skip(_IN_PART)
                continue
            if unit.syntax.truncated or unit.flow.exhausted:
                context.skip(_IN_PART)

    def _run(self, kind: str, document: object | None, context: "LintContext") -> None:
        """Add what breaks the rules in a document, None where the file is none of that kind."""
        if document is not None:
            for rule, check in self._hooks(kind):
                context.add(rule, check(document))

    def _hooks(self, kind: str) -> "list[tuple[Rule, Hook]]":
        """Return the hook of each rule in force that looks at a kind of document, opened with the first of its kind."""
        if kind not in self._hooks_by_kind:
            self._hooks_by_kind[kind] = [
                (self._rules[listed.id], load(listed.hook(kind)))
                for listed in RULES
                if kind in listed.kinds and listed.id in self._rules
            ]
        return self._hooks_by_kind[kind]


def open_lints(read: "Read", listing: Callable[[], Iterable[str]], active: frozenset[str] | None) -> ProjectLints:
    """Return the lints of a project, `active` the codes in force, None for all of them. Raises RuleError."""
    lint_rules: tuple[Rule, ...] = load("monei_guard.ruleset.rule_files:load_lint_rules")()
    rules = {rule.id: rule for rule in lint_rules if active is None or rule.code in active}
    return ProjectLints(read, listing, rules)


def language_of(path: str) -> "Language | None":
    """Return the language of a path, None where no grammar is at hand."""
    listed = listed_language(path)
    return load(listed.target) if listed is not None else None


def language_openers(path: str | None) -> "tuple[Callable[[], Language], ...]":
    """Return what opens the languages a file may be in when they are needed: all of them where it has no path."""
    listed = LANGUAGES if path is None else tuple(filter(None, (listed_language(path),)))
    return tuple(partial(_language, language.target) for language in listed)


def _language(target: str) -> "Language":
    language: Language = load(target)
    return language


def _npm_dependencies(path: str, data: bytes) -> "list[Dependency]":
    found: list[Dependency] = load("monei_guard.lints.analysis.package_json:npm_dependencies")(path, data)
    return found
