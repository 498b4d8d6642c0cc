"""What npm, setuptools (MANIFEST.in) and Serverless say they will ship."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from monei_guard.hygiene.readers.on_demand import gitignore_patterns, json_document


@dataclass(frozen=True, slots=True)
class NpmFiles:
    """The "files" list of a package that may be published; `patterns` is None where there is no list."""

    patterns: tuple[str, ...] | None
    line: int  # of "files", from 1


def npm_files_list(text: str) -> NpmFiles | None:
    """Return the "files" list of a package.json, or None for a private package or text that is no package.json."""
    document = json_document(text.removeprefix("\ufeff"))
    if not isinstance(document, dict) or document.get("private") is True or not document.get("name"):
        return None
    listed = document.get("files")
    if not isinstance(listed, list):
        return NpmFiles(None, 1)
    match = re.search(r'^[ \t{,]*"files"[ \t]*:', text, re.MULTILINE)
    line = text.count("\n", 0, match.end()) + 1 if match else 1
    return NpmFiles(tuple(entry for entry in listed if isinstance(entry, str)), line)


def npm_lists(patterns: tuple[str, ...], name: str) -> bool:
    """Whether a "files" list takes the file `name` along, its path relative to the package.

    As npm reads the list (npm-packlist): an entry begins at the package's root, takes a folder with all that is below
    it, and with wildcards only files; "!x" takes back what an entry does not give by its very name.
    """
    if npm_lists_by_name(patterns, name):
        return True
    entries = map(_anchored, patterns)
    meant = (entry for entry in entries if not _names_files_anywhere(entry) or _base(entry) == _base(name))
    return gitignore_patterns(meant).match_file(name)


def npm_lists_by_name(patterns: tuple[str, ...], name: str) -> bool:
    """Whether an entry of a "files" list is that very file: then no ignore file takes it back."""
    return any(entry.removeprefix("./").removeprefix("/") == name for entry in patterns)


def _anchored(entry: str) -> str:
    if entry.startswith("!"):
        return entry
    body = entry.removeprefix("./").strip("/")
    return "*" if body in ("", ".") else f"/{body}"


def _names_files_anywhere(entry: str) -> bool:
    """Whether wildcards lead to a plain name: "**/dist" is files of that name, never a folder's content."""
    return "*" in entry and not any(sign in _base(entry) for sign in "*?[")


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def manifest_in_ships(text: str, name: str) -> int:
    """Return the line (from 1) of MANIFEST.in that takes `name` into the sdist, or 0 when the last word is no.

    Commands in order, later ones win (setuptools "Controlling files in the distribution").
    """
    shipped = 0
    for number, line in enumerate(text.splitlines(), 1):
        command, *words = line.split("#")[0].split() or [""]
        verb = _covered(command, words, name)
        if verb is not None:
            shipped = number if verb else 0
    return shipped


def _covered(command: str, words: list[str], name: str) -> bool | None:
    """Return True where the command takes `name` in, False where it takes it out, None where it says nothing."""
    takes_in = command in ("include", "recursive-include", "global-include", "graft")
    if not words or not (takes_in or command in ("exclude", "recursive-exclude", "global-exclude", "prune")):
        return None
    folder, base = name.rpartition("/")[0], name.rpartition("/")[2]
    if command in ("graft", "prune"):
        matched = any(w.strip("/") in ("", ".") or f"{name}/".startswith(w.strip("/") + "/") for w in words)
    elif command.startswith("global-"):
        matched = any(fnmatchcase(base, w) for w in words)
    elif command.startswith("recursive-"):
        top = words[0].strip("/")
        inside = top in ("", ".") or f"{folder}/".startswith(top + "/")
        matched = inside and any(fnmatchcase(base, w) for w in words[1:])
    else:
        matched = any(
            w.count("/") == name.count("/")
            and fnmatchcase(folder, w.rpartition("/")[0])
            and fnmatchcase(base, w.rpartition("/")[2])
            for w in words
        )
    return takes_in if matched else None


_BUNDLER = re.compile(r"(?m)^[ \t]{0,40}-[ \t]*['\"]?serverless-(?:esbuild|webpack|bundle|plugin-typescript|jetpack)")
_ITEM = re.compile(r"\s*-\s*['\"]?([^'\"#\s]+)")


def serverless_patterns(text: str) -> tuple[str, ...] | None:
    """Return the package patterns of a serverless.yml ("!x" excludes), or None where `.env` cannot be packaged.

    It cannot with a bundler plug-in (which packs only what is imported), with `useDotenv: true` (Serverless then leaves
    `.env*` out by itself) or with a ready-made `artifact:`.
    """
    if _BUNDLER.search(text) or re.search(r"(?m)^useDotenv:[ \t]*true|^[ \t]{1,40}artifact:[ \t]*\S", text):
        return None
    patterns: list[str] = []
    sign: str | None = None
    depth = 0
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        heading = re.match(r"\s+(patterns|include|exclude):\s*$", line)
        if heading:
            sign, depth = ("!" if heading[1] == "exclude" else ""), indent
        elif sign is not None and indent >= depth and (item := _ITEM.match(line)):
            patterns.append(sign + item[1])
        else:
            sign = None
    return tuple(patterns)
