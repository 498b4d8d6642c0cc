"""The lints over files without a grammar: code of other languages, and configuration."""

from monei_guard.lints import configuration
from monei_guard.lints.file_kind import APP_SUFFIXES
from monei_guard.lints.maker import Maker


def check_text(make: Maker, path: str) -> None:
    """Add the hits in a file without a grammar: code of another language, or configuration."""
    suffix = path.rpartition(".")[2].lower()
    if suffix in APP_SUFFIXES:
        # Some fifty patterns for twenty languages.
        from monei_guard.lints.app_checks import check_app_code  # noqa: PLC0415 - configuration does not need them

        check_app_code(make, path)
    if suffix not in APP_SUFFIXES or suffix in ("kts", "sh", "bash", "zsh"):
        for rule, hits in configuration.checks(make.view, path):
            make.add(rule, hits)
