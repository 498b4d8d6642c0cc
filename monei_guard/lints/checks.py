"""What runs the lints over one file. Each kind of file imports its own: trees, text, or the inside of a bundle."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.project import Project, vendor_of
from monei_guard.lints.context import LintContext
from monei_guard.lints.documents.bundle import is_bundle
from monei_guard.lints.languages.registry import language_of
from monei_guard.lints.wrong_dependency import check_dependency_file
from monei_guard.model.blob import Skipped, View

if TYPE_CHECKING:
    from monei_guard.model.finding import Finding
    from monei_guard.model.rule import Rule


def run_checks(
    view: View, path: str, project: Project, rules: "Mapping[str, Rule]", shown_path: str | None = None
) -> "list[Finding | Skipped]":
    """Return what every lint finds in a file that names Monei."""
    vendor = vendor_of(view.data, path, project)
    make = LintContext(view, project, rules, vendor, shown_path)
    if is_bundle(path):
        if vendor != "monei.com":
            from monei_guard.lints.rules.key_in_bundle import check_bundle  # noqa: PLC0415 - bundles are seldom committed

            make.add("key-in-bundle", check_bundle(path, view.data))
        return make.results()
    make.add("wrong-package", check_dependency_file(path, view.data, project))
    if vendor == "monei.com":
        return make.results()
    if language_of(path) is None:
        from monei_guard.lints.text_checks import check_text  # noqa: PLC0415 - patterns that trees do not need

        check_text(make, path)
    else:
        from monei_guard.lints.tree_checks import check_trees  # noqa: PLC0415 - a parser that text does not need

        check_trees(make, path)
    return make.results()
