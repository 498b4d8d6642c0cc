"""Which paths the configuration keeps out of a scan. Imports pathspec, which a run without such a list does not pay."""

from collections.abc import Callable, Sequence

from pathspec import GitIgnoreSpec


def excluder(patterns: Sequence[str]) -> Callable[[bytes], bool]:
    """Return a test for excluded paths (gitignore patterns)."""
    spec = GitIgnoreSpec.from_lines(patterns)
    return lambda path: spec.match_file(path.decode("utf-8", "surrogateescape"))
