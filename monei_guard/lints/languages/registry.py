"""What a path says of its file: the language of its grammar, or one of those that are read without."""

_LANGUAGE_BY_SUFFIX = {
    "js": "javascript", "mjs": "javascript", "cjs": "javascript", "jsx": "tsx", "ts": "typescript", "mts": "typescript",
    "cts": "typescript", "tsx": "tsx", "py": "python", "pyw": "python",
}  # fmt: skip
_PAGES = frozenset(
    {"html", "htm", "xhtml", "vue", "svelte", "astro", "ejs", "hbs", "njk", "j2", "jinja", "jinja2", "erb"}
)
# Languages without a grammar here.
APP_SUFFIXES = frozenset({
    "dart", "kt", "kts", "java", "swift", "m", "mm", "go", "php", "rb", "cs", "rs", "scala", "ex", "exs", "sh", "bash",
    "zsh", "ps1",
})  # fmt: skip


def language_of(path: str) -> str | None:
    """Return the grammar for a path, None where no grammar is at hand; "page" for files with scripts inside."""
    suffix = path.rpartition(".")[2].lower()
    return "page" if suffix in _PAGES else _LANGUAGE_BY_SUFFIX.get(suffix)
