"""The walk over Python."""

from tree_sitter import Node

from monei_guard.lints.analysis.expression import first_named, text_of
from monei_guard.lints.analysis.syntax import Binding, Function
from monei_guard.lints.languages.visitor import Handler, Walk, add_return


class PythonWalk(Walk):
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

    def function(self, node: Node) -> None:
        """Enter a function: bind its name and its parameters."""
        syntax = self.syntax
        name_node = node.child_by_field_name("name")
        name = text_of(name_node) if name_node is not None else ""
        in_class = len(self.stack) > 1 and syntax.scopes[syntax.scopes[self.stack[-1]].parent].kind == "class"
        outer = self.function_scope()
        scope = self.open_scope(node, "function")
        known = Function(node, name, scope, [])
        syntax.functions[node.start_byte] = known
        if in_class:
            syntax.methods[name].append(known)
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

    def assignment(self, node: Node) -> None:
        """Record an assignment."""
        left = node.child_by_field_name("left") or node.child_by_field_name("name")
        right = node.child_by_field_name("right") or node.child_by_field_name("value")
        if left is None or right is None:
            return
        self.declare_here(left)
        if left.type in ("pattern_list", "tuple_pattern") and right.type in ("expression_list", "tuple"):
            for target, value in zip(left.named_children, right.named_children, strict=False):
                self.assign(target, value)
            return
        self.assign(left, right)

    def declare_here(self, left: Node) -> None:
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

    def as_pattern(self, node: Node) -> None:
        """Record `with … as name`."""
        value, alias = first_named(node), node.child_by_field_name("alias")
        target = first_named(alias) if alias is not None else None
        if value is not None and target is not None:
            self.declare_here(target)
            self.assign(target, value)

    def import_from(self, node: Node) -> None:
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

    def import_names(self, node: Node) -> None:
        """Record `import module`."""
        for child in node.named_children:
            name = child.child_by_field_name("name") or child
            alias = child.child_by_field_name("alias")
            first = first_named(name)
            self.imported(alias or first or name, text_of(name), "*")

    def imported(self, node: Node, module: str, name: str) -> None:
        """Bind an imported name."""
        scope = self.function_scope()
        binding = Binding(
            text_of(node), node.start_byte, node.end_byte, scope, self.stack[-1], "import", path=(name,), module=module
        )
        self.syntax.imports.append(binding)
        self.bind(binding)

    def returned(self, node: Node) -> None:
        """Record what a function returns."""
        value = first_named(node)
        if value is not None:
            add_return(self.syntax, self.function_scope(), value)

    def comparison(self, node: Node) -> None:
        """Record == and !=."""
        if any(child.type in ("==", "!=") for child in node.children):
            self.syntax.comparisons.append(node)

    def loop(self, node: Node) -> None:
        """Bind the name of a loop: its value is not followed."""
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            scope = self.function_scope()
            self.bind(Binding(text_of(left), left.start_byte, left.end_byte, scope, self.stack[-1], "opaque"))
