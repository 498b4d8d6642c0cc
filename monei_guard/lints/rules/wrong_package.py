"""MG409: MONEI.com's SDK (`monei`, `Monei`, `@monei-js/...`) where the code uses monei.cc's API."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.names import key_literal, names_monei_cc
from monei_guard.lints.analysis.trace import Step
from monei_guard.lints.pattern import Pattern
from monei_guard.lints.violation import Violation
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin

if TYPE_CHECKING:
    from monei_guard.lints.analysis.api_usage import ApiUse
    from monei_guard.lints.analysis.code_unit import CodeUnit
    from monei_guard.lints.analysis.dependencies import Dependency
    from monei_guard.lints.analysis.project import Project
    from monei_guard.lints.documents.dependency_file import DependencyFile
    from monei_guard.lints.documents.text_code import TextCode

ID = "wrong-package"

_CC_HOST = Pattern(rb"(?<![\w.-])(?:[A-Za-z0-9-]+\.)*monei\.cc(?![\w-]|\.\w)")
_TEXT_CC_HOST = Pattern(r"(?<![\w.-])(?:[\w-]+\.)*monei\.cc")
_PHP_SDK = Pattern(r"(?m)\bMonei\\\\?(?:MoneiClient|Api\\)|monei/monei-php-sdk")
_INSTALL = Pattern(
    rb"(?:\bpip3?|\buv(?: pip)?|\bpoetry|\bpipenv)\s+(?:install|add)\s+(?:-[\w-]+\s+)*(?:[\w.\-\[\]=<>~!\"']+\s+)*?"
    rb"[\"']?(?P<py>monei)(?![\w.\-/])"
    rb"|(?:\bnpm\s+(?:i|install|add)|\byarn\s+add|\bpnpm\s+(?:add|i|install)|\bbun\s+add)\s+(?:-[\w-]+\s+)*(?:[@\w./\-]+\s+)*?(?P<js>monei)(?![\w.\-/])"
)
_LARGEST = 1 << 20  # bytes of a dependency file


def check_code(unit: "CodeUnit", _use: "ApiUse") -> Iterator[Violation]:
    """Yield imports of the wrong package, and right imports whose dependency file names the wrong one."""
    for binding in unit.syntax.imports:
        violation = _import(unit, binding.module, binding.path[0], binding.start, binding.end)
        if violation is not None:
            yield violation
            return
    for call in unit.syntax.calls_by_name.get("require", []):
        made = unit.syntax.expression(call.node)
        module = made.items[0].text if made.items else ""
        violation = _import(unit, module, "", made.start, made.end)
        if violation is not None:
            yield violation
            return


def _import(unit: "CodeUnit", module: str, name: str, start: int, end: int) -> Violation | None:
    check = _IMPORT_CHECKS.get(unit.language.ecosystem)
    return check(unit, module, name, start, end) if check is not None else None


def _npm_import(unit: "CodeUnit", module: str, name: str, start: int, end: int) -> Violation | None:
    if module == "monei" or module.startswith("@monei-js/"):
        ours = module == "monei" and (name == "MoneiSDK" or b"MoneiSDK" in unit.data)
        if not ours and (not _uses_cc(unit.data) or b"monei-sdk" in unit.data):
            return None
        message = f"`{module}` is MONEI.com's package; monei.cc's is `monei-sdk`"
        return Violation(start, end, message, fix='from "monei-sdk"')
    return _dependency(unit, start, end) if module == "monei-sdk" else None


def _pypi_import(unit: "CodeUnit", module: str, _name: str, start: int, end: int) -> Violation | None:
    root = module.split(".", maxsplit=1)[0]
    if root == "Monei" and _uses_cc(unit.data):
        message = "`Monei` is MONEI.com's SDK; monei.cc's is `monei` from the package monei-sdk"
        return Violation(start, end, message, fix="from monei import MoneiClient")
    if root == "monei" and unit.project.content(f"{root}/__init__.py") is None:
        return _dependency(unit, start, end)
    return None


# By where a language's packages come from.
_IMPORT_CHECKS: "Mapping[str, Callable[[CodeUnit, str, str, int, int], Violation | None]]" = MappingProxyType(
    {"npm": _npm_import, "PyPI": _pypi_import}
)


def _dependency(unit: "CodeUnit", start: int, end: int) -> Violation | None:
    """Return a violation where the dependency files install MONEI.com's `monei` for an import of monei.cc's SDK."""
    dependencies = unit.project.dependencies(unit.path)
    if any(dependency.name == "monei-sdk" for dependency in dependencies):
        return None
    ecosystem = unit.language.ecosystem
    wrong = next(
        (dependency for dependency in dependencies if dependency.name == "monei" and dependency.ecosystem == ecosystem),
        None,
    )
    if wrong is None:
        return None
    message = f"this import needs `monei-sdk`, but {wrong.file} names `monei`, which is MONEI.com's package"
    return Violation(start, end, message, steps=(_step(unit.project, wrong),))


def _step(project: "Project", dependency: "Dependency") -> Step:
    data = project.content(dependency.file, _LARGEST) or b""
    view = View(Blob(data, Origin.WORKTREE, dependency.file.encode("utf-8", "surrogateescape")), data)
    return Step("the dependency that installs the other company's SDK", view, dependency.start, dependency.end)


def _uses_cc(data: bytes) -> bool:
    return _CC_HOST.search(data) is not None or key_literal().search(data.decode("latin-1")) is not None


def check_text(code: "TextCode") -> Iterator[Violation]:
    """Yield the first use of MONEI.com's SDK in PHP that talks to monei.cc."""
    if code.suffix == "php" and _TEXT_CC_HOST.search(code.code):
        match = _PHP_SDK.search(code.code)
        if match is not None:
            message = "Monei\\MoneiClient is MONEI.com's SDK, but the file uses monei.cc's API"
            yield Violation(match.start(), match.end(), message)


def check_dependencies(file: "DependencyFile") -> Iterator[Violation]:
    """Yield the `monei` of a dependency file or an install command where the project's code uses monei.cc's API."""
    found = list(_commands(file.data)) if file.runs_commands else _listed(file)
    if not found:
        return
    user = file.path if names_monei_cc(file.data) else file.project.uses_monei_cc(file.path)
    if user is None:
        return
    where = "this file" if user == file.path else user
    for start, end, fix in found:
        yield Violation(start, end, f"`monei` is MONEI.com's package, but {where} uses monei.cc's API", fix=fix)


def _listed(file: "DependencyFile") -> list[tuple[int, int, str]]:
    """Return where a file lists a package called `monei` (and no monei-sdk), each with what to write instead."""
    if any(dependency.name == "monei-sdk" for dependency in file.listed):
        return []
    return [
        (dependency.start, dependency.end, '"monei-sdk"' if dependency.ecosystem == "npm" else "monei-sdk")
        for dependency in file.listed
        if dependency.name == "monei"
    ]


def _commands(data: bytes) -> Iterator[tuple[int, int, str]]:
    for match in _INSTALL.finditer(data):
        group = "py" if match.group("py") else "js"
        line_start = data.rfind(b"\n", 0, match.start()) + 1
        if not data[line_start : match.start()].lstrip().startswith((b"#", b"//")):
            yield match.start(group), match.end(group), "monei-sdk"
