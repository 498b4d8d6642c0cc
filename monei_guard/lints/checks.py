"""The table of lints, and what runs them over one file."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from monei_guard.lints import (
    bare_string_constructor,
    client_env_prefix,
    hardcoded_fallback,
    key_in_url,
    key_logged,
    no_rate_limit_handling,
    page_markup,
    plain_http,
    sandbox_hits_production,
    sdk_in_client_code,
    tls_verification_off,
    web_storage,
    webhook_not_verified,
    wrong_package,
)
from monei_guard.lints.bundle_path import is_bundle
from monei_guard.lints.findings import Maker
from monei_guard.lints.hit import Hit
from monei_guard.lints.key_in_bundle import check_bundle
from monei_guard.lints.monei_use import MoneiUse, find_monei_use
from monei_guard.lints.parsing import ParseError
from monei_guard.lints.project import Project
from monei_guard.lints.source_file import SourceFile, language_of, source_files, vendor_of
from monei_guard.model.blob import Skipped, View
from monei_guard.model.finding import Finding

if TYPE_CHECKING:
    from monei_guard.model.rule import Rule

# Lints that read code as code, by rule id.
CODE_CHECKS: dict[str, Callable[[SourceFile, MoneiUse], Iterator[Hit]]] = {
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
# Lints with no check of code as code: the bundle lint reads bytes.
OTHER_CHECKS = ("key-in-bundle",)


def run_checks(
    view: View, path: str, project: Project, rules: "Mapping[str, Rule]", shown_path: str | None = None
) -> list[Finding | Skipped]:
    """Return what every lint finds in a file that names Monei."""
    vendor = vendor_of(view.data, path, project)
    make = Maker(view, project, rules, vendor, shown_path)
    if "key-in-bundle" in rules and vendor != "monei.com":
        make.add("key-in-bundle", check_bundle(path, view.data))
    if is_bundle(path):
        return make.results()
    make.add("wrong-package", wrong_package.check_dependency_file(path, view.data, project))
    if vendor == "monei.com":
        return make.results()
    language = language_of(path)
    if language is None:
        # Some fifty patterns for twenty languages: 40 ms that a JavaScript or Python file does not pay.
        from monei_guard.lints.text_checks import check_text  # noqa: PLC0415

        check_text(make, path)
        return make.results()
    try:
        _check_trees(make, path)
    except ParseError as error:
        make.skip(f"not linted: {error}")
    return make.results()


def _check_trees(make: Maker, path: str) -> None:
    """Add the hits in a file of a language with a grammar. Raises ParseError."""
    view, project, rules = make.view, make.project, make.rules
    if language_of(path) == "page":
        for rule, hits in page_markup.checks(view, path):
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
