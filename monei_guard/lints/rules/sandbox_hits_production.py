"""MG410: sandbox mode chosen while the base URL stays production."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, text_of
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.documents.config_file import ConfigFile

ID = "sandbox-hits-production"

_PRODUCTION = Pattern(r"(?i)^https?://api\.monei\.cc(?![\w.-])")
_MODES = ("environment", "env", "mode", "monei_env", "moneienv", "monei_environment")
_SWITCHES = ("sandbox", "issandbox", "is_sandbox", "usesandbox", "use_sandbox", "testmode", "test_mode")
_URLS = (
    "baseurl",
    "base_url",
    "url",
    "apiurl",
    "api_url",
    "host",
    "endpoint",
    "monei_api_url",
    "monei_base_url",
    "baseuri",
    "base_uri",
)
_SANDBOX = Pattern(r"(?i)^(?:sandbox|test|testing|development|dev)$")
_MODE_TARGET = Pattern(r"^(?:process\.env(?:\.|\[[\"'])|os\.environ\[[\"'])MONEI_ENV(?:IRONMENT)?(?:[\"']\])?$")
_MODE = Pattern(r"^MONEI_(?:ENV|ENVIRONMENT|MODE)$")
_MODE_VALUE = Pattern(r"(?i)sandbox|test")
_URL_NAME = Pattern(r"^MONEI_(?:API_|BASE_|SANDBOX_|API_BASE_)URL$")
_NEAR = 25  # lines: one block of settings
_MESSAGE = "sandbox mode is chosen, but the address is production's: real money moves"
_FIX = "https://api.dev.monei.cc"


def check_code(unit: "CodeUnit", use: "ApiUse") -> Iterator[Violation]:
    """Yield objects, calls and choices that name sandbox and the production host together."""
    seen: set[int] = set()
    for options in _option_tables(unit, use):
        mode = _sandbox_choice(unit, options)
        url = options.entry(*_URLS)
        if mode is None or url is None or url.start in seen:
            continue
        if _PRODUCTION.match(unit.flow.text(url)):
            seen.add(url.start)
            yield Violation(url.start, url.end, _MESSAGE, fix=f'"{_FIX}"')
    yield from _choices(unit, seen)
    yield from _environment(unit, use, seen)


def _option_tables(unit: "CodeUnit", use: "ApiUse") -> Iterator[Expr]:
    for built in use.constructions:
        if built.options is not None:
            yield built.options
        yield built.call
    nodes = unit.language.nodes
    tables = nodes.tables | nodes.calls if unit.language.names_arguments else nodes.tables
    for bindings in unit.syntax.bindings.values():
        for binding in bindings:
            if binding.value is not None and binding.value.type in tables:
                yield unit.syntax.expression(binding.value)
    for value in unit.syntax.exports.values():
        if value.type in nodes.tables:
            yield unit.syntax.expression(value)


def _sandbox_choice(unit: "CodeUnit", options: Expr) -> Expr | None:
    mode = options.entry(*_MODES)
    if mode is not None:
        texts = [value.text for _, value in unit.flow.values(mode) if value.kind is ExprKind.STRING]
        return mode if texts and all(_SANDBOX.match(text) for text in texts) else None
    switch = options.entry(*_SWITCHES)
    if switch is not None and any(
        v.kind is ExprKind.CONST and v.text.lower() == "true" for _, v in unit.flow.values(switch)
    ):
        return switch
    return None


def _choices(unit: "CodeUnit", seen: set[int]) -> Iterator[Violation]:
    """Yield `sandbox ? production : production`."""
    for node in unit.syntax.choices:
        if node.type not in unit.language.nodes.conditionals:
            continue
        named = node.named_children  # Python has the condition in the middle, and no field for it
        condition = node.child_by_field_name("condition") or (named[1] if len(named) > 1 else node)
        if not re.search(r"(?i)sandbox", text_of(condition)):
            continue
        made = unit.syntax.expression(node)
        texts = [unit.flow.text(item) for item in made.items]
        if len(texts) == 2 and all(_PRODUCTION.match(text) for text in texts) and made.start not in seen:  # noqa: PLR2004
            seen.add(made.start)
            yield Violation(made.start, made.end, _MESSAGE, fix=f'"{_FIX}"')


def _environment(unit: "CodeUnit", use: "ApiUse", seen: set[int]) -> Iterator[Violation]:
    """Yield production addresses in a file that sets MONEI_ENV to sandbox itself."""
    mode = any(
        _MODE_TARGET.match(text_of(left)) and _SANDBOX.match(unit.syntax.expression(right).text)
        for left, right in unit.syntax.assignments
    )
    if not mode:
        return
    for built in use.constructions:
        url = (built.options or built.call).entry(*_URLS)
        if url is not None and url.start not in seen and _PRODUCTION.match(unit.flow.text(url)):
            seen.add(url.start)
            yield Violation(url.start, url.end, _MESSAGE, fix=f'"{_FIX}"')
    for left, right in unit.syntax.assignments:
        if re.search(r"MONEI_(?:API|BASE|SANDBOX)_URL", text_of(left)) and _PRODUCTION.match(
            unit.syntax.expression(right).text
        ):
            yield Violation(right.start_byte, right.end_byte, _MESSAGE, fix=f'"{_FIX}"')


def check_config(file: "ConfigFile") -> Iterator[Violation]:
    """Yield the first production address near a setting that chooses sandbox mode."""
    modes = [e for e in file.entries if _MODE.match(e.name.upper()) and _MODE_VALUE.fullmatch(e.value)]
    for entry in file.entries:
        if not _URL_NAME.match(entry.name.upper()) or not _PRODUCTION.match(entry.value):
            continue
        line = file.text.count("\n", 0, entry.start)
        if any(abs(file.text.count("\n", 0, mode.start) - line) <= _NEAR for mode in modes):
            fix = entry.value.replace("//api.monei.cc", "//api.dev.monei.cc")
            yield Violation(entry.value_start, entry.value_start + len(entry.value), _MESSAGE, fix=fix)
            return
