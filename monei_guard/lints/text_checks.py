"""The lints over files without a grammar: code of other languages, and configuration."""

from monei_guard.lints.context import LintContext
from monei_guard.lints.documents import config_file
from monei_guard.lints.languages.registry import APP_SUFFIXES


def check_text(make: LintContext, path: str) -> None:
    """Add the hits in a file without a grammar: code of another language, or configuration."""
    suffix = path.rpartition(".")[2].lower()
    if suffix in APP_SUFFIXES:
        # Some fifty patterns for twenty languages.
        from monei_guard.lints.app_checks import check_app_code  # noqa: PLC0415 - configuration does not need them

        check_app_code(make, path)
    if suffix not in APP_SUFFIXES or suffix in ("kts", "sh", "bash", "zsh"):
        for rule, hits in config_file.checks(make.view, path):
            make.add(rule, hits)
