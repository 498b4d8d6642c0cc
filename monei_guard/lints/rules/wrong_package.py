"""MG409: MONEI.com's SDK (`monei`, `Monei`, `@monei-js/...`) where the code uses monei.cc's API."""

import re
from collections.abc import Iterator

from monei_guard.lints.analysis.api_usage import MoneiUse
from monei_guard.lints.analysis.data_flow import Step
from monei_guard.lints.analysis.names import key_literal
from monei_guard.lints.analysis.project import (
    Dependency,
    Project,
)
from monei_guard.lints.analysis.runtime import Runtime, RuntimeGuess
from monei_guard.lints.documents.code_file import SourceFile, in_memory
from monei_guard.lints.violation import Violation

_CC_HOST = re.compile(rb"(?<![\w.-])(?:[A-Za-z0-9-]+\.)*monei\.cc(?![\w-]|\.\w)")


def check(file: SourceFile, _use: MoneiUse) -> Iterator[Violation]:
    """Yield imports of the wrong package, and right imports whose dependency file names the wrong one."""
    for binding in file.syntax.imports:
        hit = _import(file, binding.module, binding.path[0], binding.start, binding.end)
        if hit is not None:
            yield hit
            return
    for call in file.syntax.calls_by_name.get("require", []):
        made = file.syntax.expression(call.node)
        module = made.items[0].text if made.items else ""
        hit = _import(file, module, "", made.start, made.end)
        if hit is not None:
            yield hit
            return


def _import(file: SourceFile, module: str, name: str, start: int, end: int) -> Violation | None:
    if file.language == "python":
        return _python_import(file, module, start, end)
    if module == "monei" or module.startswith("@monei-js/"):
        ours = module == "monei" and (name == "MoneiSDK" or b"MoneiSDK" in file.data)
        if not ours and (not _uses_cc(file.data) or b"monei-sdk" in file.data):
            return None
        return Violation(
            start, end, f"`{module}` is MONEI.com's package; monei.cc's is `monei-sdk`", fix='from "monei-sdk"'
        )
    if module == "monei-sdk":
        return _dependency(file, start, end, module)
    return None


def _python_import(file: SourceFile, module: str, start: int, end: int) -> Violation | None:
    root = module.split(".", maxsplit=1)[0]
    if root == "Monei" and _uses_cc(file.data):
        return Violation(
            start,
            end,
            "`Monei` is MONEI.com's SDK; monei.cc's is `monei` from the package monei-sdk",
            fix="from monei import MoneiClient",
        )
    if root == "monei" and file.project.content(f"{root}/__init__.py") is None:
        return _dependency(file, start, end, "monei-sdk")
    return None


def _dependency(file: SourceFile, start: int, end: int, wanted: str) -> Violation | None:
    """Return a hit where the dependency files install MONEI.com's `monei` for this import."""
    known = file.project.dependencies(file.path)
    python = file.language == "python"
    if any(dependency.name == wanted for dependency in known):
        return None
    wrong = next((d for d in known if d.name == "monei" and d.file.endswith("package.json") != python), None)
    if wrong is None:
        return None
    message = f"this import needs `{wanted}`, but {wrong.file} names `monei`, which is MONEI.com's package"
    return Violation(start, end, message, steps=(_step(file.project, wrong),))


def _step(project: Project, dependency: Dependency) -> Step:
    data = project.content(dependency.file, 1 << 20) or b""
    view = in_memory(data, dependency.file)
    holder = SourceFile(dependency.file, view, "", project, RuntimeGuess(Runtime.UNKNOWN, ""))
    return Step("the dependency that installs the other company's SDK", holder, dependency.start, dependency.end)


def _uses_cc(data: bytes) -> bool:
    return _CC_HOST.search(data) is not None or key_literal().search(data.decode("latin-1")) is not None
