"""The table of lints that read code as code, and what runs them over one file."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from monei_guard.lints.analysis.api_usage import MoneiUse, find_monei_use
from monei_guard.lints.context import LintContext
from monei_guard.lints.documents import page
from monei_guard.lints.documents.code_file import SourceFile, source_files
from monei_guard.lints.languages.parser import ParseError
from monei_guard.lints.languages.registry import language_of
from monei_guard.lints.rules import (
    bare_string_constructor,
    client_env_prefix,
    hardcoded_fallback,
    key_in_url,
    key_logged,
    no_rate_limit_handling,
    plain_http,
    sandbox_hits_production,
    sdk_in_client_code,
    tls_verification_off,
    web_storage,
    webhook_not_verified,
    wrong_package,
)
from monei_guard.lints.violation import Violation

# By rule id.
CODE_CHECKS: Mapping[str, Callable[[SourceFile, MoneiUse], Iterator[Violation]]] = MappingProxyType(
    {
        "client-env-prefix": client_env_prefix.check,
        "sdk-in-client-code": sdk_in_client_code.check,
        "web-storage": web_storage.check,
        "key-in-url": key_in_url.check,
        "plain-http": plain_http.check,
        "tls-verification-off": tls_verification_off.check,
        "key-logged": key_logged.check,
        "hardcoded-fallback": hardcoded_fallback.check,
        "no-rate-limit-handling": no_rate_limit_handling.check,
        "webhook-not-verified": webhook_not_verified.check,
        "bare-string-constructor": bare_string_constructor.check,
        "wrong-package": wrong_package.check,
        "sandbox-hits-production": sandbox_hits_production.check,
    }
)


def check_trees(make: LintContext, path: str) -> None:
    """Add the hits in a file of a language with a grammar."""
    try:
        _check(make, path)
    except ParseError as error:
        make.skip(f"not linted: {error}")


def _check(make: LintContext, path: str) -> None:
    """Add the hits. Raises ParseError."""
    view, project, rules = make.view, make.project, make.rules
    if language_of(path) == "page":
        for rule, hits in page.checks(view, path):
            make.add(rule, hits)
    for file in source_files(view, path, project):
        try:
            use = find_monei_use(file)
            for rule, check in CODE_CHECKS.items():
                if rule in rules:
                    make.add(rule, check(file, use))
        except RecursionError:  # values that lead through very many files or functions: hostile, or generated
            make.skip(_IN_PART)
            continue
        if file.syntax.truncated or file.flow.exhausted:
            make.skip(_IN_PART)


_IN_PART = "linted in part: the code is too large or too entangled to follow every value"
