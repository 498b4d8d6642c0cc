"""What one walk over a syntax tree collects: scopes, bindings, functions, calls and the other places lints look at."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from monei_guard.lints.analysis.expression import Expr, NodeNames, Reading, expression

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


class Scope(NamedTuple):
    """A region in which names live. `parent` is an index into the list of scopes, -1 for the module."""

    start: int
    end: int
    parent: int
    kind: str  # "module" | "function" | "class" | "block"


class Binding(NamedTuple):
    """One place where a name gets a value.

    `value` is the node of the value, `path` the properties taken out of it by destructuring. Parameters have the
    start of their function and their position; imports have a module and the imported name ("*" for the whole module).
    """

    name: str
    start: int
    end: int
    scope: int
    block: int
    kind: str  # "value" | "augmented" | "parameter" | "import" | "class" | "opaque"
    value: "Node | None" = None
    path: tuple[str, ...] = ()
    default: "Node | None" = None
    function: int = -1
    position: int = 0
    module: str = ""


class Function(NamedTuple):
    """A function: where it is, what it is called and what it returns (list filled during the walk)."""

    node: "Node"
    name: str
    scope: int
    returns: "list[Node]"


class Call(NamedTuple):
    """A call: its node, the last identifier of what is called, and whether it is `new`."""

    node: "Node"
    name: str
    new: bool


@dataclass(slots=True)
class Syntax:
    """What one walk over a tree collects."""

    nodes: NodeNames
    data: bytes
    tree: "Tree"
    scopes: list[Scope] = field(default_factory=list)
    bindings: dict[tuple[int, str], list[Binding]] = field(default_factory=lambda: defaultdict(list))
    members: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))  # "this.key", "config.key"
    assignments: "list[tuple[Node, Node]]" = field(default_factory=list)  # to a member: left, right
    calls: list[Call] = field(default_factory=list)
    calls_by_name: dict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    functions: dict[int, Function] = field(default_factory=dict)  # by start byte
    class_names: dict[int, str] = field(default_factory=dict)  # by scope
    methods: dict[str, list[Function]] = field(default_factory=lambda: defaultdict(list))
    imports: list[Binding] = field(default_factory=list)
    exports: "dict[str, Node]" = field(default_factory=dict)
    reexports: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> module, name there
    star_exports: list[str] = field(default_factory=list)
    comparisons: "list[Node]" = field(default_factory=list)
    thrown: "list[Node]" = field(default_factory=list)
    attributes: "list[Node]" = field(default_factory=list)  # JSX
    joins: "list[Node]" = field(default_factory=list)  # templates, f-strings, the outermost of each chain of +
    choices: "list[Node]" = field(default_factory=list)  # the outermost of each chain of ||, ??, or; conditionals
    truncated: bool = False
    made: dict[int, tuple[Expr, int]] = field(default_factory=dict)  # as `expression.Reading` keeps them

    def expression(self, node: "Node") -> Expr:
        """Return a node of this tree as an expression."""
        return expression(node, Reading(self.nodes, self.data, self.made))

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
