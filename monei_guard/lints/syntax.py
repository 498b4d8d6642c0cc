"""Syntax trees: one walk over a file collects scopes, bindings, functions, calls and the other places lints look at.

The walk uses a tree cursor, which is linear in the tree. Queries are not used: py-tree-sitter's query cursor is
quadratic on deep trees (measured: 100,000 parentheses take 8 s), and its progress callback cannot stop it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

import tree_sitter_html
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser, Point, Range, Tree

from monei_guard.lints.expression import Expr, expression, first_named, text_of

LANGUAGES = {
    "javascript": tree_sitter_javascript.language,
    "typescript": tree_sitter_typescript.language_typescript,
    "tsx": tree_sitter_typescript.language_tsx,
    "python": tree_sitter_python.language,
    "html": tree_sitter_html.language,
}
_Handler = Callable[[Node], object]
_MAX_NODES = 600_000  # about 1 MiB of dense code; more is generated
_PARSE_SECONDS = 3.0  # 1 MiB of code takes some 0.2 s; recovery from what is no code takes minutes
_SLICE = 1 << 16
_SMALL = 1 << 16  # bytes; less cannot take long, whatever it is


class ParseError(Exception):
    """The parser was stopped: the text is none of the language."""


class Scope(NamedTuple):
    """A region in which names live. `parent` is an index into the list of scopes, -1 for the module."""

    start: int
    end: int
    parent: int
    kind: str  # "module" | "function" | "class" | "block"


class Binding(NamedTuple):
    """One place where a name gets a value.

    `value` is the node of the value, `path` the properties taken out of it by destructuring. Parameters have the
    start of their function and an index; imports have a module and the imported name ("*" for the whole module).
    """

    name: str
    start: int
    end: int
    scope: int
    block: int
    kind: str  # "value" | "augmented" | "parameter" | "import" | "class" | "opaque"
    value: Node | None = None
    path: tuple[str, ...] = ()
    default: Node | None = None
    function: int = -1
    index: int = 0
    module: str = ""


class Function(NamedTuple):
    """A function: where it is, what it is called and what it returns (list filled during the walk)."""

    node: Node
    name: str
    scope: int
    returns: list[Node]


class Call(NamedTuple):
    """A call: its node, the last identifier of what is called, and whether it is `new`."""

    node: Node
    name: str
    new: bool


@dataclass(slots=True)
class Syntax:
    """What one walk over a tree collects."""

    language: str
    data: bytes
    tree: Tree
    scopes: list[Scope] = field(default_factory=list)
    bindings: dict[tuple[int, str], list[Binding]] = field(default_factory=lambda: defaultdict(list))
    members: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))  # "this.key", "config.key"
    assignments: list[tuple[Node, Node]] = field(default_factory=list)  # to a member: left, right
    calls: list[Call] = field(default_factory=list)
    calls_by_name: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    functions: dict[int, Function] = field(default_factory=dict)  # by start byte
    class_names: dict[int, str] = field(default_factory=dict)  # by scope
    methods: dict[str, list[Function]] = field(default_factory=lambda: defaultdict(list))
    imports: list[Binding] = field(default_factory=list)
    exports: dict[str, Node] = field(default_factory=dict)
    reexports: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> module, name there
    star_exports: list[str] = field(default_factory=list)
    comparisons: list[Node] = field(default_factory=list)
    thrown: list[Node] = field(default_factory=list)
    attributes: list[Node] = field(default_factory=list)  # JSX
    joins: list[Node] = field(default_factory=list)  # templates, f-strings, the outermost of each chain of +
    choices: list[Node] = field(default_factory=list)  # the outermost of each chain of ||, ??, or; conditionals
    truncated: bool = False
    known: dict[int, Expr] = field(default_factory=dict)  # expressions made so far, by node id

    def expression(self, node: Node) -> Expr:
        """Return a node of this tree as an expression, each made once."""
        found = self.known.get(node.id)
        if found is None:
            found = self.known[node.id] = expression(node)
        return found

    def scope_at(self, offset: int) -> int:
        """Return the innermost scope that holds `offset`."""
        index = bisect_right(self.scopes, offset, key=lambda scope: scope.start) - 1
        while index > 0 and self.scopes[index].end <= offset:
            index = self.scopes[index].parent
        return max(index, 0)

    def enclosing(self, scope: int, kind: str) -> int:
        """Return the nearest scope of a kind outwards from `scope`, or 0."""
        while scope > 0 and self.scopes[scope].kind != kind:
            scope = self.scopes[scope].parent
        return scope

    def holds(self, outer: int, inner: int) -> bool:
        """Whether `inner` is `outer` or lies inside it."""
        return self.scopes[outer].start <= self.scopes[inner].start and self.scopes[inner].end <= self.scopes[outer].end


def parse(data: bytes, language: str, ranges: tuple[tuple[int, int], ...] = ()) -> Tree:
    """Return the tree of `data`, or of its byte `ranges` (scripts inside a page); offsets are those of `data`.

    Raises ParseError.
    """
    parser = Parser(Language(LANGUAGES[language]()))
    if ranges:
        parser.included_ranges = [Range(_point(data, a), _point(data, b), a, b) for a, b in ranges]
    if len(data) > _SMALL:
        _try(parser, data)
        parser.reset()
    return parser.parse(data)


def _try(parser: Parser, data: bytes) -> None:
    """Parse large data with a stop watch. Raises ParseError.

    Only parsing from a callback can be stopped, but the nodes of such a tree take long to give their text: hence twice.
    """
    deadline = monotonic() + _PARSE_SECONDS
    try:
        parser.parse(
            lambda offset, _point: data[offset : offset + _SLICE],
            progress_callback=lambda _at, _error: monotonic() > deadline,
        )
    except ValueError as error:  # what py-tree-sitter raises when the callback stops it
        raise ParseError(f"not parsed within {_PARSE_SECONDS:g} seconds: no code of any known kind") from error


def read_syntax(data: bytes, language: str, ranges: tuple[tuple[int, int], ...] = ()) -> Syntax:
    """Return what a walk over `data` (or its `ranges`) collects. Broken code yields what can be made out."""
    syntax = Syntax(language, data, parse(data, language, ranges))
    walk = _PythonWalk(syntax) if language == "python" else _ScriptWalk(syntax)
    walk.run()
    return syntax


def _point(data: bytes, offset: int) -> Point:
    return Point(data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1)


class _Walk:
    """State of the walk: the stack of open scopes, and assignments whose scope is known only at the end."""

    def __init__(self, syntax: Syntax) -> None:
        self.syntax = syntax
        self.stack = [0]
        self.pending: list[Binding] = []
        self.class_name = ""
        self.chain_end = -1  # where the outermost chain of operators that was recorded ends
        root = syntax.tree.root_node
        syntax.scopes.append(Scope(0, max(root.end_byte, len(syntax.data)) + 1, -1, "module"))

    def run(self) -> None:
        """Visit every node once, parents first."""
        cursor = self.syntax.tree.walk()
        handlers = self.handlers()
        count = 0
        while True:
            count += 1
            if count > _MAX_NODES:
                self.syntax.truncated = True
                break
            node = cursor.node
            handler = handlers.get(node.type) if node is not None else None
            if handler is not None and node is not None and node.is_named:
                self.close_scopes(node.start_byte)
                handler(node)
            if cursor.goto_first_child():
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    self.settle()
                    return
        self.settle()

    def handlers(self) -> dict[str, _Handler]:
        """Return what to do by node type."""
        raise NotImplementedError

    def close_scopes(self, offset: int) -> None:
        """Leave the scopes that end before `offset`."""
        scopes = self.syntax.scopes
        while len(self.stack) > 1 and scopes[self.stack[-1]].end <= offset:
            self.stack.pop()

    def open_scope(self, node: Node, kind: str) -> int:
        """Enter a scope."""
        scopes = self.syntax.scopes
        scopes.append(Scope(node.start_byte, node.end_byte, self.stack[-1], kind))
        self.stack.append(len(scopes) - 1)
        return self.stack[-1]

    def name_class(self, node: Node) -> None:
        """Remember the name of the class whose body comes next."""
        name = node.child_by_field_name("name")
        self.class_name = text_of(name) if name is not None else ""
        if name is not None:
            here = self.stack[-1]
            self.bind(Binding(self.class_name, name.start_byte, name.end_byte, here, here, "class"))

    def open_class(self, node: Node) -> None:
        """Enter a class."""
        self.syntax.class_names[self.open_scope(node, "class")] = self.class_name

    def python_class(self, node: Node) -> None:
        """Enter a Python class."""
        self.name_class(node)
        self.open_class(node)

    def function_scope(self) -> int:
        """Return the innermost function scope that is open."""
        for index in reversed(self.stack):
            if self.syntax.scopes[index].kind in ("function", "module"):
                return index
        return 0

    def bind(self, binding: Binding) -> None:
        """Record a declaration."""
        self.syntax.bindings[binding.scope, binding.name].append(binding)

    def call(self, node: Node, *, field_name: str, new: bool = False) -> None:
        """Record a call by the last identifier of its callee."""
        callee = node.child_by_field_name(field_name)
        if callee is None:
            return
        last = callee
        if callee.type in ("member_expression", "attribute"):
            last = callee.child_by_field_name("property") or callee.child_by_field_name("attribute") or callee
        name = text_of(last) if last.end_byte - last.start_byte < 80 else ""
        call = Call(node, name, new)
        self.syntax.calls.append(call)
        self.syntax.calls_by_name[name].append(call)

    def assign(self, left: Node, right: Node | None, kind: str = "value", path: tuple[str, ...] = ()) -> None:
        """Record an assignment to a name, a member, or each name of a pattern."""
        block = self.stack[-1]
        if left.type in ("identifier", "shorthand_property_identifier_pattern"):
            name = text_of(left)
            self.pending.append(Binding(name, left.start_byte, left.end_byte, -1, block, kind, right, path))
        elif left.type in ("member_expression", "attribute", "subscript", "subscript_expression"):
            if right is not None:
                self.syntax.assignments.append((left, right))
                name = text_of(left)
                member = Binding(name, left.start_byte, left.end_byte, block, block, kind, right, path)
                self.syntax.members[name].append(member)
        else:
            for name_node, found, default in pattern_names(left):
                self.pending.append(
                    Binding(
                        text_of(name_node), name_node.start_byte, name_node.end_byte, -1, block, kind, right,
                        path + found, default,
                    )
                )  # fmt: skip

    def joined(self, node: Node) -> None:
        """Record a string that has something put into it."""
        if node.named_child_count and any(
            child.type in ("template_substitution", "interpolation", "string") for child in node.named_children[:200]
        ):
            self.syntax.joins.append(node)

    def binary(self, node: Node) -> None:
        """Record comparisons, and the outermost of each chain of + or of alternatives."""
        operator = node.child_by_field_name("operator")
        sign = operator.type if operator is not None else ""
        if sign in ("==", "===", "!=", "!=="):
            self.syntax.comparisons.append(node)
        elif node.start_byte >= self.chain_end and sign in ("+", "%", "||", "??", "or"):
            self.chain_end = node.end_byte
            (self.syntax.joins if sign in ("+", "%") else self.syntax.choices).append(node)

    def settle(self) -> None:
        """Give each assignment the scope in which its name is declared."""
        syntax = self.syntax
        for binding in self.pending:
            scope = binding.block
            while scope > 0 and (scope, binding.name) not in syntax.bindings:
                scope = syntax.scopes[scope].parent
            syntax.bindings[max(scope, 0), binding.name].append(binding._replace(scope=max(scope, 0)))
        for found in syntax.bindings.values():
            found.sort(key=lambda binding: binding.start)


class _ScriptWalk(_Walk):
    """JavaScript, TypeScript, TSX."""

    def handlers(self) -> dict[str, _Handler]:
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
            "throw_statement": lambda node: self.syntax.thrown.append(node),
            "binary_expression": self.binary,
            "ternary_expression": lambda node: self.syntax.choices.append(node),
            "template_string": self.joined,
            "jsx_attribute": lambda node: self.syntax.attributes.append(node),
            "for_in_statement": self.loop,
        }

    def function(self, node: Node) -> None:
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
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        self.assign(left, right)
        target = text_of(left) if left.end_byte - left.start_byte < 200 else ""
        if target == "module.exports":
            self.syntax.exports["default"] = right
        elif target.startswith(("exports.", "module.exports.")):
            self.syntax.exports[target.rsplit(".", 1)[1]] = right

    def augmented(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None:
            self.assign(left, right, "augmented")

    def class_field(self, node: Node) -> None:
        name = node.child_by_field_name("property") or node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        if name is not None:
            text, block = "this." + text_of(name), self.stack[-1]
            kind = "value" if value is not None else "opaque"
            self.syntax.members[text].append(Binding(text, name.start_byte, name.end_byte, block, block, kind, value))

    def import_statement(self, node: Node) -> None:
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
        block = self.stack[-1]
        binding = Binding(
            text_of(node), node.start_byte, node.end_byte, block, block, "import", path=(name,), module=module
        )
        self.syntax.imports.append(binding)
        self.bind(binding)

    def export(self, node: Node) -> None:
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
        value = first_named(node)
        if value is not None:
            _add_return(self.syntax, self.function_scope(), value)

    def loop(self, node: Node) -> None:
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            block = self.stack[-1]
            self.bind(Binding(text_of(left), left.start_byte, left.end_byte, block, block, "opaque"))


class _PythonWalk(_Walk):
    """Python."""

    def handlers(self) -> dict[str, _Handler]:
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
            "raise_statement": lambda node: self.syntax.thrown.append(node),
            "comparison_operator": self.comparison,
            "binary_operator": self.binary,
            "boolean_operator": self.binary,
            "conditional_expression": lambda node: self.syntax.choices.append(node),
            "string": self.joined,
            "concatenated_string": self.joined,
            "for_statement": self.loop,
        }

    def function(self, node: Node) -> None:
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
        value, alias = first_named(node), node.child_by_field_name("alias")
        target = first_named(alias) if alias is not None else None
        if value is not None and target is not None:
            self.declare_here(target)
            self.assign(target, value)

    def import_from(self, node: Node) -> None:
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
        for child in node.named_children:
            name = child.child_by_field_name("name") or child
            alias = child.child_by_field_name("alias")
            first = first_named(name)
            self.imported(alias or first or name, text_of(name) if alias is not None else text_of(name), "*")

    def imported(self, node: Node, module: str, name: str) -> None:
        scope = self.function_scope()
        binding = Binding(
            text_of(node), node.start_byte, node.end_byte, scope, self.stack[-1], "import", path=(name,), module=module
        )
        self.syntax.imports.append(binding)
        self.bind(binding)

    def returned(self, node: Node) -> None:
        value = first_named(node)
        if value is not None:
            _add_return(self.syntax, self.function_scope(), value)

    def comparison(self, node: Node) -> None:
        if any(child.type in ("==", "!=") for child in node.children):
            self.syntax.comparisons.append(node)

    def loop(self, node: Node) -> None:
        left = node.child_by_field_name("left")
        if left is not None and left.type == "identifier":
            scope = self.function_scope()
            self.bind(Binding(text_of(left), left.start_byte, left.end_byte, scope, self.stack[-1], "opaque"))


def _add_return(syntax: Syntax, scope: int, value: Node) -> None:
    known = syntax.functions.get(syntax.scopes[scope].start) if scope else None
    if known is not None:
        known.returns.append(value)


def pattern_names(pattern: Node) -> list[tuple[Node, tuple[str, ...], Node | None]]:
    """Return each name a destructuring pattern binds, the properties that lead to it, and its default."""
    found: list[tuple[Node, tuple[str, ...], Node | None]] = []
    work: list[tuple[Node, tuple[str, ...], Node | None]] = [(pattern, (), None)]
    while work and len(found) < 500:  # noqa: PLR2004 - a pattern this wide is generated
        node, path, default = work.pop()
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier_pattern"):
            name = (text_of(node),) if kind != "identifier" else ()
            found.append((node, path + name, default))
        elif kind == "pair_pattern":
            key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
            if key is not None and value is not None:
                work.append((value, (*path, text_of(key).strip("'\"")), default))
        elif kind in ("object_assignment_pattern", "assignment_pattern"):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None:
                work.append((left, path, right))
        elif kind in ("object_pattern", "rest_pattern", "pattern_list", "tuple_pattern", "list_pattern"):
            work.extend((child, path, None) for child in node.named_children)
        elif kind == "array_pattern":
            work.extend((child, (*path, str(i)), None) for i, child in enumerate(node.named_children))
    return found
