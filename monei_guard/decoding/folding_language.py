"""What folding constants asks of a language. Who knows languages hands it in: decoding knows no grammar."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from tree_sitter import Tree


class FoldingNodes(Protocol):
    """What a grammar calls the nodes that have a constant value (`lints.analysis.expression.NodeNames`)."""

    @property
    def identifiers(self) -> frozenset[str]:
        """Names."""

    @property
    def parentheses(self) -> frozenset[str]:
        """What stands around an expression without changing its value."""

    @property
    def strings(self) -> frozenset[str]:
        """Strings."""

    @property
    def pieces(self) -> frozenset[str]:
        """Text within a string."""

    @property
    def holes(self) -> frozenset[str]:
        """What is put into a string."""

    @property
    def fences(self) -> frozenset[str]:
        """What else stands in a string without being part of its text."""

    @property
    def sums(self) -> frozenset[str]:
        """Expressions with an operator."""

    @property
    def calls(self) -> frozenset[str]:
        """Calls."""

    @property
    def lists(self) -> frozenset[str]:
        """Lists."""

    @property
    def bindings(self) -> frozenset[str]:
        """A name, and the value it is given."""

    @property
    def additions(self) -> frozenset[str]:
        """`name += value`."""


class FoldingLanguage(Protocol):
    """What folding asks of a language (`lints.languages.language.Language`)."""

    @property
    def nodes(self) -> FoldingNodes:
        """What its grammar calls things."""

    def parse_until(self, data: bytes, is_late: Callable[[], bool]) -> "Tree | None":
        """Return the tree of `data`, None if `is_late` says so before it is made."""


# From a path to what opens its language (which may take long); from None to what opens each there is.
FindLanguages: TypeAlias = Callable[[str | None], tuple[Callable[[], FoldingLanguage], ...]]
