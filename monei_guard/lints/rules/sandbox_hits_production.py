"""MG410: sandbox mode chosen while the base URL stays production."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import Expr, ExprKind, text_of
from monei_guard.lints.violation import Violation

if TYPE_CHECKING:  # text formats share a pattern with this lint, and their commits import no parser
    from monei_guard.lints.analysis.api_usage import MoneiUse
    from monei_guard.lints.documents.code_file import SourceFile

PRODUCTION = re.compile(r"(?i)^https?://api\.monei\.cc(?![\w.-])")
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
_SANDBOX = re.compile(r"(?i)^(?:sandbox|test|testing|development|dev)$")
_MODE_TARGET = re.compile(r"^(?:process\.env(?:\.|\[[\"'])|os\.environ\[[\"'])MONEI_ENV(?:IRONMENT)?(?:[\"']\])?$")
_MESSAGE = "sandbox mode is chosen, but the address is production's: real money moves"
_FIX = "https://api.dev.monei.cc"


def check(file: "SourceFile", use: "MoneiUse") -> Iterator[Violation]:
    """Yield objects, calls and choices that name sandbox and the production host together."""
    seen: set[int] = set()
    for options in _option_tables(file, use):
        mode = _sandbox_choice(file, options)
        url = options.entry(*_URLS)
        if mode is None or url is None or url.start in seen:
            continue
        if PRODUCTION.match(file.flow.text(url)):
            seen.add(url.start)
            yield Violation(url.start, url.end, _MESSAGE, fix=f'"{_FIX}"')
    yield from _choices(file, seen)
    yield from _environment(file, use, seen)


def _option_tables(file: "SourceFile", use: "MoneiUse") -> Iterator[Expr]:
    for built in use.constructions:
        if built.options is not None:
            yield built.options
        yield built.call
    for bindings in file.syntax.bindings.values():
        for binding in bindings:
            if binding.value is not None and binding.value.type in ("object", "dictionary", "call"):
                yield file.syntax.expression(binding.value)
    for value in file.syntax.exports.values():
        if value.type == "object":
            yield file.syntax.expression(value)


def _sandbox_choice(file: "SourceFile", options: Expr) -> Expr | None:
    mode = options.entry(*_MODES)
    if mode is not None:
        texts = [value.text for _, value in file.flow.values(mode) if value.kind is ExprKind.STRING]
        return mode if texts and all(_SANDBOX.match(text) for text in texts) else None
    switch = options.entry(*_SWITCHES)
    if switch is not None and any(
        v.kind is ExprKind.CONST and v.text.lower() == "true" for _, v in file.flow.values(switch)
    ):
        return switch
    return None


def _choices(file: "SourceFile", seen: set[int]) -> Iterator[Violation]:
    """Yield `sandbox ? production : production`."""
    for node in file.syntax.choices:
        if node.type not in ("ternary_expression", "conditional_expression"):
            continue
        named = node.named_children  # Python has the condition in the middle, and no field for it
        condition = node.child_by_field_name("condition") or (named[1] if len(named) > 1 else node)
        if not re.search(r"(?i)sandbox", text_of(condition)):
            continue
        made = file.syntax.expression(node)
        texts = [file.flow.text(item) for item in made.items]
        if len(texts) == 2 and all(PRODUCTION.match(text) for text in texts) and made.start not in seen:  # noqa: PLR2004
            seen.add(made.start)
            yield Violation(made.start, made.end, _MESSAGE, fix=f'"{_FIX}"')


def _environment(file: "SourceFile", use: "MoneiUse", seen: set[int]) -> Iterator[Violation]:
    """Yield production addresses in a file that sets MONEI_ENV to sandbox itself."""
    mode = any(
        _MODE_TARGET.match(text_of(left)) and _SANDBOX.match(file.syntax.expression(right).text)
        for left, right in file.syntax.assignments
    )
    if not mode:
        return
    for built in use.constructions:
        url = (built.options or built.call).entry(*_URLS)
        if url is not None and url.start not in seen and PRODUCTION.match(file.flow.text(url)):
            seen.add(url.start)
            yield Violation(url.start, url.end, _MESSAGE, fix=f'"{_FIX}"')
    for left, right in file.syntax.assignments:
        if re.search(r"MONEI_(?:API|BASE|SANDBOX)_URL", text_of(left)) and PRODUCTION.match(
            file.syntax.expression(right).text
        ):
            yield Violation(right.start_byte, right.end_byte, _MESSAGE, fix=f'"{_FIX}"')
