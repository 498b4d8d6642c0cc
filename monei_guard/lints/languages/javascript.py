"""JavaScript, TypeScript and TSX: one language in three grammars."""

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from monei_guard.lints.analysis.expression import (
    NodeNames,
    attribute,
    call,
    construction,
    first_named,
    last,
    operation,
    sequence,
    string,
    subscript,
    table,
    ternary,
    text_of,
    value_of,
)
from monei_guard.lints.analysis.paths import normal, parents
from monei_guard.lints.analysis.script_runtime import runtime_of_script
from monei_guard.lints.analysis.syntax import Binding, Function
from monei_guard.lints.languages.language import Corrections, Language
from monei_guard.lints.languages.visitor import Handler, Visitor, add_return, pattern_names
from monei_guard.lints.pattern import Pattern

if TYPE_CHECKING:
    from tree_sitter import Node

    from monei_guard.lints.analysis.project import Project

_SUFFIXES = (".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", "/index.ts", "/index.js", "/index.tsx")
_MAX_TARGET = 200  # characters of what is assigned to


class ScriptVisitor(Visitor):
    """JavaScript, TypeScript, TSX."""

    def handlers(self) -> dict[str, Handler]:
        """Return what to do by node type."""
        function = self.function
        return {
            "function_declaration": function,
            "function_expression": function,
            "generator_function": function,
            "generator_function_declaration": function,
            "arrow_function": function,
            "method_definition": function,
            "class_declaration": self.name_class,
            "abstract_class_declaration": self.name_class,
            "class": self.name_class,
            "class_body": self.open_class,
            "statement_block": lambda node: self.open_scope(node, "block"),
            "lexical_declaration": lambda node: self.declare(node, self.stack[-1]),
            "variable_declaration": lambda node: self.declare(node, self.function_scope()),
            "assignment_expression": self.assignment,
            "augmented_assignment_expression": self.augmented,
            "public_field_definition": self.class_field,
            "field_definition": self.class_field,
            "call_expression": lambda node: self.call(node, field_name="function"),
            "new_expression": lambda node: self.call(node, field_name="constructor", new=True),
            "import_statement": self.import_statement,
            "export_statement": self.export,
            "return_statement": self.returned,
            "throw_statement": self.syntax.thrown.append,
            "binary_expression": self.binary,
            "ternary_expression": self.syntax.choices.append,
            "template_string": self.joined,
            "jsx_attribute": self.syntax.attributes.append,
            "for_in_statement": self.loop,
        }

    def function(self, node: "Node") -> None:
        """Enter a function: bind its name and its parameters."""
        syntax = self.syntax
        name_node = node.child_by_field_name("name")
        name = text_of(name_node) if name_node is not None else ""
        outer = self.stack[-1]
        scope = self.open_scope(node, "function")
        function = Function(node, name, scope, [])
        syntax.functions[node.start_byte] = function
        if name and node.type.startswith(("function_d", "generator_function_d")) and name_node is not None:
            self.bind(Binding(name, name_node.start_byte, name_node.end_byte, outer, outer, "value", node))
        if node.type == "method_definition":
            syntax.methods[name].append(function)
        body = node.child_by_field_name("body")
        if node.type == "arrow_function" and body is not None and body.type != "statement_block":
            function.returns.append(body)
        single = node.child_by_field_name("parameter")
        parameters = node.child_by_field_name("parameters")
        nodes = [single] if single is not None else list(parameters.named_children if parameters is not None else ())
        for index, child in enumerate(nodes):
            self.parameter(child, index, node.start_byte, scope)

    def parameter(self, node: "Node", index: int, function: int, scope: int) -> None:
        """Bind a parameter, or each name of its pattern."""
        default = node.child_by_field_name("value")
        pattern = node.child_by_field_name("pattern") or node
        is_field = any(child.type == "accessibility_modifier" for child in node.named_children)
        if pattern.type == "assignment_pattern":
            default = pattern.child_by_field_name("right")
            pattern = pattern.child_by_field_name("left") or pattern
        names = [(pattern, (), default)] if pattern.type == "identifier" else list(pattern_names(pattern))
        for name_node, path, inner_default in names:
            name = text_of(name_node)
            binding = Binding(
                name, name_node.start_byte, name_node.end_byte, scope, scope, "parameter", None, path, inner_default,
                function, index,
            )  # fmt: skip
            self.bind(binding)
            if is_field:
                self.syntax.members["this." + name].append(binding)

    def declare(self, node: "Node", scope: int) -> None:
        """Bind what a declaration declares."""
        block = self.stack[-1]
        for declarator in node.named_children:
            if declarator.type != "variable_declarator":
                continue
            name_node, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
            if name_node is None:
                continue
            if name_node.type == "identifier":
                name = text_of(name_node)
                kind = "value" if value is not None else "opaque"
                self.bind(Binding(name, name_node.start_byte, declarator.end_byte, scope, block, kind, value))
                continue
            for inner, path, default in pattern_names(name_node):
                self.bind(
                    Binding(
                        text_of(inner), inner.start_byte, inner.end_byte, scope, block, "value", value, path, default
                    )
                )

    def assignment(self, node: "Node") -> None:
        """Record an assignment."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        self.assign(left, right)
        target = text_of(left) if left.end_byte - left.start_byte < _MAX_TARGET else ""
        if target == "module.exports":
            self.syntax.exports["default"] = right
        elif target.startswith(("exports.", "module.exports.")):
            self.syntax.exports[target.rsplit(".", 1)[1]] = right

    def augmented(self, node: "Node") -> None:
        """Record `||=`, `??=`, `+=`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            self.assign(left, right, "augmented")

    def class_field(self, node: "Node") -> None:
        """Record a field of a class and its value."""
        name = node.child_by_field_name("property") or node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        if name is not None:
            text, block = "this." + text_of(name), self.stack[-1]
            kind = "value" if value is not None else "opaque"
            self.syntax.members[text].append(Binding(text, name.start_byte, name.end_byte, block, block, kind, value))

    def import_statement(self, node: "Node") -> None:
        """Record what an import brings."""
        source = node.child_by_field_name("source")
        module = text_of(source)[1:-1] if source is not None else ""
        for clause in node.named_children:
            if clause.type != "import_clause":
                continue
            for part in clause.named_children:
                if part.type == "identifier":
                    self.imported(part, module, "default")
                elif part.type == "namespace_import" and first_named(part) is not None:
                    self.imported(part.named_children[0], module, "*")
                elif part.type == "named_imports":
                    for specifier in part.named_children:
                        name = specifier.child_by_field_name("name")
                        if name is not None:
                            self.imported(specifier.child_by_field_name("alias") or name, module, text_of(name))
        if source is not None and not any(child.type == "import_clause" for child in node.named_children):
            self.imported(source, module, "")

    def imported(self, node: "Node", module: str, name: str) -> None:
        """Bind an imported name."""
        block = self.stack[-1]
        binding = Binding(
            text_of(node), node.start_byte, node.end_byte, block, block, "import", path=(name,), module=module
        )
        self.syntax.imports.append(binding)
        self.bind(binding)

    def export(self, node: "Node") -> None:
        """Record what an export hands out."""
        source = node.child_by_field_name("source")
        value = node.child_by_field_name("value")
        if value is not None:
            self.syntax.exports["default"] = value
        clause = next((child for child in node.named_children if child.type == "export_clause"), None)
        if clause is None:
            if source is not None:
                self.syntax.star_exports.append(text_of(source)[1:-1])
            return
        for specifier in clause.named_children:
            name = specifier.child_by_field_name("name")
            if name is None:
                continue
            shown = text_of(specifier.child_by_field_name("alias") or name)
            if source is not None:
                self.syntax.reexports[shown] = (text_of(source)[1:-1], text_of(name))
            else:
                self.syntax.exports[shown] = name

    def returned(self, node: "Node") -> None:
        """Record what a function returns."""
        value = first_named(node)
        if value is not None:
            add_return(self.syntax, self.function_scope(), value)

    def loop(self, node: "Node") -> None:
        """Bind the name of a loop: its value is not followed."""
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            block = self.stack[-1]
            self.bind(Binding(text_of(left), left.start_byte, left.end_byte, block, block, "opaque"))


def resolve_import(project: "Project", path: str, module: str) -> str | None:
    """Return the path of the file behind an import, or None for packages."""
    folder = path.rpartition("/")[0]
    if module.startswith("."):
        bases = [normal(f"{folder}/{module}")]
    elif module.startswith(("@/", "~/", "~~/", "$lib/", "src/", "#/", "/")):
        rest = module.partition("/")[2]
        inside = f"src/lib/{rest}" if module.startswith("$lib/") else rest
        roots = parents(folder)
        bases = [normal(f"{root}/{where}{inside}") for root in roots for where in ("src/", "", "app/")]
    else:
        return None
    for base in bases:
        if base is None:
            continue
        stem = re.sub(r"\.[cm]?js$", "", base)
        names = [base] if re.search(r"\.[cm]?[jt]sx?$", base) else []
        for name in (*names, *(stem + suffix for suffix in _SUFFIXES)):
            if project.content(name) is not None:
                return name
    return None


def _header(name: str, value: str) -> str:
    key = name if name.isidentifier() else f'"{name}"'
    return f"headers: {{ {key}: {value} }}"


NODES = NodeNames(
    wrappers=frozenset({
        "parenthesized_expression", "await_expression", "as_expression", "satisfies_expression", "non_null_expression",
        "type_assertion", "spread_element", "template_substitution", "expression_statement", "jsx_expression",
    }),
    parentheses=frozenset({"parenthesized_expression", "as_expression", "satisfies_expression"}),
    names=frozenset({
        "identifier", "shorthand_property_identifier", "this", "super", "undefined", "import", "meta_property",
        "property_identifier", "private_property_identifier", "type_identifier",
        "shorthand_property_identifier_pattern",
    }),
    identifiers=frozenset({
        "identifier", "property_identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern",
    }),
    constants=frozenset({"number", "true", "false", "null", "regex"}),
    functions=frozenset({
        "arrow_function", "function_expression", "function", "generator_function", "method_definition",
        "function_declaration",
    }),
    strings=frozenset({"string", "template_string"}),
    pieces=frozenset({"string_fragment"}),
    holes=frozenset({"template_substitution"}),
    fences=frozenset({"comment"}),
    members=frozenset({"member_expression"}),
    subscripts=frozenset({"subscript_expression"}),
    calls=frozenset({"call_expression"}),
    sums=frozenset({"binary_expression"}),
    bindings=frozenset({"variable_declarator", "assignment_expression"}),
    additions=frozenset({"augmented_assignment_expression"}),
    tables=frozenset({"object"}),
    lists=frozenset({"array"}),
    conditionals=frozenset({"ternary_expression"}),
    closed=frozenset({
        "type_annotation", "interface_declaration", "type_alias_declaration", "import_statement", "comment",
        "type_arguments", "type_parameters", "regex", "identifier", "property_identifier",
    }),
    convert=MappingProxyType({
        "string": string,
        "template_string": string,
        "member_expression": attribute,
        "subscript_expression": subscript,
        "call_expression": call,
        "new_expression": construction,
        "binary_expression": operation,
        "ternary_expression": ternary,
        "object": table,
        "array": sequence,
        "assignment_expression": value_of("right"),
        "sequence_expression": last,
    }),
)  # fmt: skip
_TSX_GRAMMAR = ("tree_sitter_typescript", "language_tsx")
JAVASCRIPT = Language(
    name="javascript",
    grammar=("tree_sitter_javascript", "language"),
    nodes=NODES,
    visitor=ScriptVisitor,
    resolve_import=resolve_import,
    runtime=runtime_of_script,
    ecosystem="npm",
    comments=Pattern(rb"//[^\n]*|/\*.*?\*/", re.DOTALL),
    builds_with_new=True,
    names_arguments=False,
    sdk_classes=frozenset({"MoneiSDK"}),
    printers=frozenset({"print", "alert", "log", "secho", "inspect_print", "rprint", "ic"}),
    answers_by_function=False,
    corrections=Corrections(
        read_variable=lambda name: f"process.env.{name}",
        required_variable=lambda reader, name: f'{reader}("{name}")',
        key_name="apiKey",
        interpolated=lambda text, name: f"`{text}${{{name}}}`",
        header=_header,
        option=lambda name, value: f"{name}: {value}",
        true="true",
        tls_version="'TLSv1.2'",
        cookie_options="{ httpOnly: true, secure: true }",
        equal_in_constant_time=lambda left, right: f"crypto.timingSafeEqual(Buffer.from({left}), Buffer.from({right}))",
        raw_body="req.rawBody",
    ),
    dialect_grammar=_TSX_GRAMMAR,  # types as Flow writes them
)
TYPESCRIPT = JAVASCRIPT._replace(
    name="typescript", grammar=("tree_sitter_typescript", "language_typescript"), dialect_grammar=None
)
TSX = JAVASCRIPT._replace(name="tsx", grammar=_TSX_GRAMMAR, dialect_grammar=None)
