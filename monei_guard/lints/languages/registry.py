"""THE table of languages, and what else a path says of its file. A language is opened with the first file in it."""

from typing import NamedTuple


class ListedLanguage(NamedTuple):
    """One line of the table: how the files of a language end, and where its `Language` stands."""

    suffixes: frozenset[str]
    target: str
    stubs: frozenset[str] = frozenset()  # files of declarations: keys may be put together there, but no code runs


LANGUAGES = (
    ListedLanguage(frozenset({"py", "pyw"}), "monei_guard.lints.languages.python:PYTHON", stubs=frozenset({"pyi"})),
    ListedLanguage(frozenset({"js", "mjs", "cjs"}), "monei_guard.lints.languages.javascript:JAVASCRIPT"),
    ListedLanguage(frozenset({"ts", "mts", "cts"}), "monei_guard.lints.languages.javascript:TYPESCRIPT"),
    ListedLanguage(frozenset({"jsx", "tsx"}), "monei_guard.lints.languages.javascript:TSX"),
)

# Files with scripts inside.
PAGES = frozenset(
    {"html", "htm", "xhtml", "vue", "svelte", "astro", "ejs", "hbs", "njk", "j2", "jinja", "jinja2", "erb"}
)
# Languages without a grammar here.
WITHOUT_GRAMMAR = frozenset({
    "dart", "kt", "kts", "java", "swift", "m", "mm", "go", "php", "rb", "cs", "rs", "scala", "ex", "exs", "sh", "bash",
    "zsh", "ps1",
})  # fmt: skip


class ParseError(Exception):
    """The parser was stopped: the text is none of the language its path says."""


def suffix_of(path: str) -> str:
    """Return the extension of a path, lower-case, "" where it has none."""
    _, dot, suffix = path.rpartition(".")
    return suffix.lower() if dot else ""


def listed_language(path: str) -> ListedLanguage | None:
    """Return the line of the table for a path, None where no grammar is at hand."""
    suffix = suffix_of(path)
    return next((language for language in LANGUAGES if suffix in language.suffixes or suffix in language.stubs), None)
