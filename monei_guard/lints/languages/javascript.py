"""The walk over JavaScript, TypeScript and TSX."""

from tree_sitter import Node

from monei_guard.lints.analysis.expression import first_named, text_of
from monei_guard.lints.analysis.syntax import Binding, Function
from monei_guard.lints.languages.visitor import Handler, Walk, add_return, pattern_names

_MAX_TARGET = 200  # characters of what is assigned to


class ScriptWalk(Walk):
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

    def function(self, node: Node) -> None:
        """Enter a function: bind its name and its parameters."""
        syntax = self.syntax
        name_node = node.child_by_field_name("name")
        name = text_of(name_node) if name_node is not None else ""
        outer = self.stack[-1]
        scope = self.open_scope(node, "function")
        known = Function(node, name, scope, [])
        syntax.functions[node.start_byte] = known
        if name and node.type.startswith(("function_d", "generator_function_d")) and name_node is not None:
            self.bind(Binding(name, name_node.start_byte, name_node.end_byte, outer, outer, "value", node))
        if node.type == "method_definition":
            syntax.methods[name].append(known)
        body = node.child_by_field_name("body")
        if node.type == "arrow_function" and body is not None and body.type != "statement_block":
            known.returns.append(body)
        single = node.child_by_field_name("parameter")
        parameters = node.child_by_field_name("parameters")
        nodes = [single] if single is not None else list(parameters.named_children if parameters is not None else ())
        for index, child in enumerate(nodes):
            self.parameter(child, index, node.start_byte, scope)

    def parameter(self, node: Node, index: int, function: int, scope: int) -> None:
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

    def declare(self, node: Node, scope: int) -> None:
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

    def assignment(self, node: Node) -> None:
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

    def augmented(self, node: Node) -> None:
        """Record `||=`, `??=`, `+=`."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            self.assign(left, right, "augmented")

    def class_field(self, node: Node) -> None:
        """Record a field of a class and its value."""
        name = node.child_by_field_name("property") or node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        if name is not None:
            text, block = "this." + text_of(name), self.stack[-1]
            kind = "value" if value is not None else "opaque"
            self.syntax.members[text].append(Binding(text, name.start_byte, name.end_byte, block, block, kind, value))

    def import_statement(self, node: Node) -> None:
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

    def imported(self, node: Node, module: str, name: str) -> None:
        """Bind an imported name."""
        block = self.stack[-1]
        binding = Binding(
            text_of(node), node.start_byte, node.end_byte, block, block, "import", path=(name,), module=module
        )
        self.syntax.imports.append(binding)
        self.bind(binding)

    def export(self, node: Node) -> None:
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

    def returned(self, node: Node) -> None:
        """Record what a function returns."""
        value = first_named(node)
        if value is not None:
            add_return(self.syntax, self.function_scope(), value)

    def loop(self, node: Node) -> None:
        """Bind the name of a loop: its value is not followed."""
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            block = self.stack[-1]
            self.bind(Binding(text_of(left), left.start_byte, left.end_byte, block, block, "opaque"))
