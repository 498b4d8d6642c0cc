"""Python."""

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import (
    NodeNames,
    attribute,
    call,
    concatenated,
    conditional,
    first_named,
    operation,
    sequence,
    string,
    subscript,
    table,
    text_of,
    value_of,
)
from monei_guard.lints.analysis.paths import normal, parents
from monei_guard.lints.analysis.runtime import Runtime, RuntimeGuess
from monei_guard.lints.analysis.syntax import Binding, Function
from monei_guard.lints.languages.language import Corrections, Language
from monei_guard.lints.languages.visitor import Handler, Visitor, add_return
from monei_guard.lints.pattern import Pattern

if TYPE_CHECKING:
    from tree_sitter import Node

    from monei_guard.lints.analysis.project import Project


class PythonVisitor(Visitor):
    """Python."""

    def handlers(self) -> dict[str, Handler]:
        """Return what to do by node type."""
        return {
            "function_definition": self.function,
            "lambda": self.function,
            "class_definition": self.python_class,
            "block": lambda node: self.open_scope(node, "block"),
            "assignment": self.assignment,
            "named_expression": self.assignment,
            "as_pattern": self.as_pattern,
            "call": lambda node: self.call(node, field_name="function"),
            "import_from_statement": self.import_from,
            "import_statement": self.import_names,
            "return_statement": self.returned,
            "raise_statement": self.syntax.thrown.append,
            "comparison_operator": self.comparison,
            "binary_operator": self.binary,
            "boolean_operator": self.binary,
            "conditional_expression": self.syntax.choices.append,
            "string": self.joined,
            "concatenated_string": self.joined,
            "for_statement": self.loop,
        }

    def python_class(self, node: "Node") -> None:
        """Enter a Python class."""
        self.name_class(node)
        self.open_class(node)

    def function(self, node: "Node") -> None:
        """Enter a function: bind its name and its parameters."""
        syntax = self.syntax
        name_node = node.child_by_field_name("name")
        name = text_of(name_node) if name_node is not None else ""
        in_class = len(self.stack) > 1 and syntax.scopes[syntax.scopes[self.stack[-1]].parent].kind == "class"
        outer = self.function_scope()
        scope = self.open_scope(node, "function")
        function = Function(node, name, scope, [])
        syntax.functions[node.start_byte] = function
        if in_class:
            syntax.methods[name].append(function)
        elif name_node is not None:
            self.bind(Binding(name, name_node.start_byte, name_node.end_byte, outer, outer, "value", node))
        parameters = node.child_by_field_name("parameters")
        index = 0
        for child in parameters.named_children if parameters is not None else ():
            inner = child.child_by_field_name("name") or (child if child.type == "identifier" else first_named(child))
            if inner is None or inner.type != "identifier":
                continue
            if in_class and index == 0 and text_of(inner) in ("self", "cls"):
                continue
            default = child.child_by_field_name("value")
            self.bind(
                Binding(
                    text_of(inner), inner.start_byte, inner.end_byte, scope, scope, "parameter", None, (), default,
                    node.start_byte, index,
                )
            )  # fmt: skip
            index += 1

    def assignment(self, node: "Node") -> None:
        """Record an assignment."""
        left = node.child_by_field_name("left") or node.child_by_field_name("name")
        right = node.child_by_field_name("right") or node.child_by_field_name("value")
        if left is None or right is None:
            return
        self.declare_locally(left)
        if left.type in ("pattern_list", "tuple_pattern") and right.type in ("expression_list", "tuple"):
            for target, value in zip(left.named_children, right.named_children, strict=False):
                self.assign(target, value)
            return
        self.assign(left, right)

    def declare_locally(self, left: "Node") -> None:
        """In Python an assignment declares: make sure the name belongs to the innermost function or class."""
        scope = next(
            (i for i in reversed(self.stack) if self.syntax.scopes[i].kind in ("function", "class", "module")), 0
        )
        targets = [left] if left.type == "identifier" else left.named_children if left.type.startswith("pa") else []
        for target in targets:
            if target.type == "identifier":
                name = text_of(target)
                found = self.syntax.bindings[scope, name]  # the key alone declares the name
                if not found and self.syntax.scopes[scope].kind == "class":
                    self.syntax.members.setdefault("self." + name, [])

    def as_pattern(self, node: "Node") -> None:
        """Record `with … as name`."""
        value, alias = first_named(node), node.child_by_field_name("alias")
        target = first_named(alias) if alias is not None else None
        if value is not None and target is not None:
            self.declare_locally(target)
            self.assign(target, value)

    def import_from(self, node: "Node") -> None:
        """Record `from module import name`."""
        module_node = node.child_by_field_name("module_name")
        module = text_of(module_node) if module_node is not None else ""
        for child in node.named_children:
            if module_node is not None and child.start_byte == module_node.start_byte:
                continue
            if child.type == "wildcard_import":
                self.syntax.star_exports.append(module)
                continue
            name = child.child_by_field_name("name") or child
            self.imported(child.child_by_field_name("alias") or name, module, text_of(name))

    def import_names(self, node: "Node") -> None:
        """Record `import module`."""
        for child in node.named_children:
            name = child.child_by_field_name("name") or child
            alias = child.child_by_field_name("alias")
            first = first_named(name)
            self.imported(alias or first or name, text_of(name), "*")

    def imported(self, node: "Node", module: str, name: str) -> None:
        """Bind an imported name."""
        scope = self.function_scope()
        binding = Binding(
            text_of(node), node.start_byte, node.end_byte, scope, self.stack[-1], "import", path=(name,), module=module
        )
        self.syntax.imports.append(binding)
        self.bind(binding)

    def returned(self, node: "Node") -> None:
        """Record what a function returns."""
        value = first_named(node)
        if value is not None:
            add_return(self.syntax, self.function_scope(), value)

    def comparison(self, node: "Node") -> None:
        """Record == and !=."""
        if any(child.type in ("==", "!=") for child in node.children):
            self.syntax.comparisons.append(node)

    def loop(self, node: "Node") -> None:
        """Bind the name of a loop: its value is not followed."""
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            scope = self.function_scope()
            self.bind(Binding(text_of(left), left.start_byte, left.end_byte, scope, self.stack[-1], "opaque"))


def resolve_import(project: "Project", path: str, module: str) -> str | None:
    """Return the path of the file behind an import, or None for packages."""
    folder = path.rpartition("/")[0]
    dots = len(module) - len(module.lstrip("."))
    inner = module.lstrip(".").replace(".", "/")
    above = parents(folder)
    for root in above[dots - 1 : dots] if dots else above:
        base = normal(f"{root}/{inner}")
        for name in (f"{base}.py", f"{base}/__init__.py") if base else ():
            if project.content(name) is not None:
                return name
    return None


def _runtime(_path: str, _data: bytes, _project: "Project") -> RuntimeGuess:
    return RuntimeGuess(Runtime.SERVER, "")


NODES = NodeNames(
    wrappers=frozenset({
        "parenthesized_expression", "await", "parenthesized_list_splat", "list_splat", "dictionary_splat",
        "interpolation", "expression_statement",
    }),
    parentheses=frozenset({"parenthesized_expression"}),
    names=frozenset({"identifier"}),
    identifiers=frozenset({"identifier"}),
    constants=frozenset({"integer", "float", "true", "false", "none"}),
    functions=frozenset({"lambda", "function_definition"}),
    strings=frozenset({"string", "concatenated_string"}),
    pieces=frozenset({"string_content"}),
    holes=frozenset({"interpolation"}),
    fences=frozenset({"string_start", "string_end", "comment"}),
    members=frozenset({"attribute"}),
    subscripts=frozenset({"subscript"}),
    calls=frozenset({"call"}),
    sums=frozenset({"binary_operator"}),
    bindings=frozenset({"assignment"}),
    additions=frozenset({"augmented_assignment"}),
    tables=frozenset({"dictionary"}),
    lists=frozenset({"list", "tuple"}),
    conditionals=frozenset({"conditional_expression"}),
    closed=frozenset({"import_statement", "import_from_statement", "comment", "identifier"}),
    convert=MappingProxyType({
        "string": string,
        "concatenated_string": concatenated,
        "attribute": attribute,
        "subscript": subscript,
        "call": call,
        "binary_operator": operation,
        "boolean_operator": operation,
        "conditional_expression": conditional,
        "dictionary": table,
        "list": sequence,
        "tuple": sequence,
        "set": sequence,
        "named_expression": value_of("value"),
    }),
)  # fmt: skip
PYTHON = Language(
    name="python",
    grammar=("tree_sitter_python", "language"),
    nodes=NODES,
    visitor=PythonVisitor,
    resolve_import=resolve_import,
    runtime=_runtime,
    ecosystem="PyPI",
    comments=Pattern(rb"#[^\n]*|^[ \t]*(?:\"\"\".*?\"\"\"|'''.*?''')", re.DOTALL | re.MULTILINE),
    builds_with_new=False,
    names_arguments=True,
    sdk_classes=frozenset({"MoneiSDK", "MoneiClient", "AsyncMoneiClient", "MoneiSdk"}),
    printers=frozenset({
        "print", "pprint", "pp", "alert", "log", "debug", "echo", "secho", "inspect_print", "rprint", "ic",
    }),
    answers_by_function=True,
    corrections=Corrections(
        read_variable=lambda name: f'os.environ["{name}"]',
        required_variable=lambda _reader, name: f'os.environ["{name}"]',
        key_name="api_key",
        interpolated=lambda text, name: f'f"{text}{{{name}}}"',
        header=lambda name, value: f'headers={{"{name}": {value}}}',
        option=lambda name, value: f"{name}={value}",
        true="True",
        tls_version="",
        cookie_options="httponly=True, secure=True",
        equal_in_constant_time=lambda left, right: f"hmac.compare_digest({left}, {right})",
        raw_body="request.get_data()",
    ),
)  # fmt: skip
