"""What a lint rule is: a module of `rules/` that has an ID and some of these hooks."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.documents.bundle import Bundle
    from monei_guard.lints.documents.config_file import ConfigFile
    from monei_guard.lints.documents.dependency_file import DependencyFile
    from monei_guard.lints.documents.page import Page
    from monei_guard.lints.documents.text_code import TextCode
    from monei_guard.lints.violation import Violation


class LintRule(Protocol):
    """One rule, whole in one module, named after the rule's id.

    A hook is called with each document of its kind. A rule defines those it needs and no others, and has them in its
    line of `registry.RULES`: what it does not define it does not look at.
    """

    ID: str

    def check_code(self, unit: "CodeUnit", use: "ApiUse") -> "Iterator[Violation]":
        """Yield what breaks the rule in code of a language with a grammar."""

    def check_text(self, code: "TextCode") -> "Iterator[Violation]":
        """Yield what breaks the rule in code of a language without one."""

    def check_config(self, file: "ConfigFile") -> "Iterator[Violation]":
        """Yield what breaks the rule in a configuration file."""

    def check_page(self, page: "Page") -> "Iterator[Violation]":
        """Yield what breaks the rule in the markup of a page."""

    def check_bundle(self, bundle: "Bundle") -> "Iterator[Violation]":
        """Yield what breaks the rule in a file that users download."""

    def check_dependencies(self, file: "DependencyFile") -> "Iterator[Violation]":
        """Yield what breaks the rule in a file that installs packages, whosever SDK the project uses."""
