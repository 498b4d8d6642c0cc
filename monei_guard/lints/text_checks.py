"""The lints over files without a grammar: code of other languages, and configuration."""

from monei_guard.lints import configuration
from monei_guard.lints.app_checks import APP_CHECKS
from monei_guard.lints.app_code import SUFFIXES, AppCode
from monei_guard.lints.client_side import side_of_app_code
from monei_guard.lints.findings import Maker


def check_text(make: Maker, path: str) -> None:
    """Add the hits in a file without a grammar: code of another language, or configuration."""
    data = make.view.data
    suffix = path.rpartition(".")[2].lower()
    if suffix in SUFFIXES:
        code = AppCode(path, data, side_of_app_code(path, data, make.project))
        _ = code.tainted
        for rule, check in APP_CHECKS.items():
            make.add(rule, check(code))
    if suffix not in SUFFIXES or suffix in ("kts", "sh", "bash", "zsh"):
        for rule, hits in configuration.checks(make.view, path):
            make.add(rule, hits)
