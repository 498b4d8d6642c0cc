"""MG205 env-file-published: an npm package, a Python distribution or a cloud deploy would ship a `.env`.

Each tool has a list of its own, and the trap is the same everywhere: once the tool's list exists, `.gitignore` counts
no more. Sources: docs.npmjs.com (package.json "files", .npmignore), packaging.python.org and setuptools (MANIFEST.in),
`gcloud topic gcloudignore`, Vercel, Cloud Foundry, Elastic Beanstalk, Azure Functions, EAS, VS Code and Serverless
documentation of their ignore files.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.findings import about_file, file_location, shown
from monei_guard.hygiene.readers.built_archives import env_files_inside
from monei_guard.hygiene.readers.dotenv_files import decode
from monei_guard.hygiene.readers.on_demand import gitignore_patterns
from monei_guard.hygiene.readers.package_manifests import (
    manifest_in_ships,
    npm_files_list,
    npm_lists,
    npm_lists_by_name,
    serverless_patterns,
)
from monei_guard.hygiene.readers.python_builds import build_lists
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot, below, folder_of, join
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin, display_path
from monei_guard.model.rule import Confidence, Rule


@dataclass(frozen=True, slots=True)
class IgnoreList:
    """A tool's own ignore file. `ships` says who reads it; `tracked_only` is for tools that get a git push."""

    ships: str
    tracked_only: bool = False
    always_ignored: tuple[str, ...] = ()


IGNORE_LISTS: dict[bytes, IgnoreList] = {
    b".npmignore": IgnoreList("npm publish"),
    b".gcloudignore": IgnoreList("gcloud deploy"),
    b".vercelignore": IgnoreList("vercel deploy", always_ignored=(".env.local", ".env.*.local")),
    b".nowignore": IgnoreList("vercel deploy", always_ignored=(".env.local", ".env.*.local")),
    b".slugignore": IgnoreList("the Heroku slug", tracked_only=True),
    b".cfignore": IgnoreList("cf push"),
    b".ebignore": IgnoreList("eb deploy"),
    b".funcignore": IgnoreList("func azure functionapp publish"),
    b".railwayignore": IgnoreList("railway up"),
    b".easignore": IgnoreList("eas build"),
    b".vscodeignore": IgnoreList("vsce publish"),
}


@dataclass(frozen=True, slots=True)
class Leak:
    """A list that lets a `.env` out. `fix_file` is the list to append `entries` to, None where that is not enough."""

    path: bytes
    line: int
    env_file: bytes
    exists: bool
    ships: str
    advice: str
    fix_file: bytes | None = None
    entries: tuple[str, ...] = ()


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each list that would ship a `.env`."""
    for leak in leaks(files):
        if not files.reports(leak.path):
            continue
        would = "ships" if leak.exists else "would ship"
        yield about_file(
            rule,
            file_location(files, leak.path, leak.line),
            f"{leak.ships} {would} {display_path(leak.env_file)}",
            blanks={"path": shown(leak.env_file), "fix": leak.advice},
            confidence=rule.confidence if leak.exists else min(rule.confidence, Confidence.MEDIUM),
            subject=leak.ships,
        )
    yield from _built(rule, files)


def _built(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each built archive that has a `.env` inside."""
    for archive in files.archives if files.touched is None else ():
        for name in env_files_inside(files.root, archive)[:1]:
            location = replace(file_location(files, archive + b"!/" + name.encode()), origin=Origin.ARCHIVE)
            message = f"the built package {display_path(archive)} contains {name}"
            fix = f"rm {shown(archive)}, exclude the file, build again; if it was published, rotate its keys now"
            yield about_file(rule, location, message, blanks={"path": shown(archive), "fix": fix})


def leaks(files: RepositorySnapshot) -> Iterator[Leak]:
    """Yield every list, in every package folder, that lets a `.env` out."""
    for path in sorted(files.states):
        if files.states[path] is FileState.IGNORED:
            continue
        folder, _, name = path.rpartition(b"/")
        if name in IGNORE_LISTS:
            yield from _ignore_list(files, path, IGNORE_LISTS[name])
        elif name == b"package.json":
            yield from _npm_files(files, path)
        elif name == b"MANIFEST.in":
            yield from _manifest_in(files, path)
        elif name == b"pyproject.toml":
            yield from _pyproject(files, path)
        elif name in (b"serverless.yml", b"serverless.yaml"):
            yield from _serverless(files, path, folder)


def _candidates(files: RepositorySnapshot, folder: bytes) -> Iterator[tuple[bytes, str, bool]]:
    """Yield the `.env`-like files below `folder`: path, path relative to the folder, whether it exists."""
    existing = files.env_files(EnvFileKind.DEDICATED, EnvFileKind.KEY)
    for path in existing:
        inside = below(path, folder)
        if inside is not None:
            yield path, inside.decode("utf-8", "replace"), True
    for reader in files.readers:
        path = reader.env_file
        inside = below(path, folder)
        if inside is not None and path not in files.states:
            yield path, inside.decode("utf-8", "replace"), False


def _text(files: RepositorySnapshot, path: bytes) -> str:
    return decode(files.read(path) or b"")


def _ignore_list(files: RepositorySnapshot, path: bytes, tool: IgnoreList) -> Iterator[Leak]:
    folder = folder_of(path)
    candidates = list(_candidates(files, folder))
    if not candidates or (path.endswith(b".npmignore") and not _npmignore_counts(files, folder)):
        return
    lines = _text(files, path).splitlines()
    includes_gitignore = any(re.fullmatch(r"#!include:\.gitignore\s*", line) for line in lines)
    patterns = gitignore_patterns([*tool.always_ignored, *lines])
    shipped = [
        (env_path, inside, exists)
        for env_path, inside, exists in candidates
        if not patterns.match_file(inside)
        and not (tool.tracked_only and files.states.get(env_path) is not FileState.TRACKED)
        and not (includes_gitignore and env_path in files.ignored)
        and not (path.endswith(b".npmignore") and _ignored_inside(files, folder, inside))
    ]
    if shipped:
        entries = _entries(inside for _, inside, _ in shipped)
        typed = " ".join(f"'{entry}'" for entry in entries)
        yield Leak(
            path, 1, shipped[0][0], shipped[0][2], f"{tool.ships} reads {display_path(path)} instead of .gitignore and",
            f"printf '%s\\n' '' {typed} >> {shown(path)}", path, entries,
        )  # fmt: skip


def _entries(names: Iterable[str]) -> tuple[str, ...]:
    """Return the ignore lines that cover the files, wherever they lie."""
    entries: dict[str, None] = {}
    for name in names:
        base = name.rpartition("/")[2]
        entries |= dict.fromkeys((".env", ".env.*") if base == ".env" or base.startswith(".env.") else (base,))
    return tuple(entries)


def _npmignore_counts(files: RepositorySnapshot, folder: bytes) -> bool:
    """Whether npm reads the folder's `.npmignore`: a package that may be published, without a "files" list."""
    manifest = npm_files_list(_text(files, join(folder, b"package.json")))
    return manifest is not None and manifest.patterns is None


def _npm_files(files: RepositorySnapshot, path: bytes) -> Iterator[Leak]:
    candidates = list(_candidates(files, folder_of(path)))
    manifest = npm_files_list(_text(files, path)) if candidates else None
    if manifest is None or manifest.patterns is None:
        return
    for env_path, inside, exists in candidates:
        if not npm_lists(manifest.patterns, inside):
            continue
        if npm_lists_by_name(manifest.patterns, inside) or not _ignored_inside(files, folder_of(path), inside):
            yield Leak(
                path, manifest.line, env_path, exists, 'npm publish follows "files" in package.json and',
                f'add "!{inside}" at the end of "files" in {shown(path)}, and check: npm pack --dry-run',
            )  # fmt: skip
            return


def _ignored_inside(files: RepositorySnapshot, package: bytes, inside: str) -> bool:
    """Whether npm leaves the file out for an ignore file below the package's root, whose own does not count here."""
    is_ignored = False
    folders = inside.split("/")[:-1]
    for depth in range(1, len(folders) + 1):
        folder = join(package, "/".join(folders[:depth]).encode())
        name = next((n for n in (b".npmignore", b".gitignore") if files.folder_has(folder, n)), None)
        if name is not None:
            patterns = gitignore_patterns(_text(files, join(folder, name)).splitlines())
            said = patterns.check_file("/".join(inside.split("/")[depth:])).include
            is_ignored = is_ignored if said is None else said
    return is_ignored


def _manifest_in(files: RepositorySnapshot, path: bytes) -> Iterator[Leak]:
    text = _text(files, path)
    candidates = _candidates(files, folder_of(path))
    lines = [(env_path, inside, exists, manifest_in_ships(text, inside)) for env_path, inside, exists in candidates]
    shipped = [found for found in lines if found[3]]
    if shipped:
        env_path, _, exists, line = shipped[0]
        entry = f"global-exclude {' '.join(_entries(inside for _, inside, _, _ in shipped))}"
        yield Leak(
            path, line, env_path, exists, "the sdist follows MANIFEST.in and",
            f"printf '%s\\n' '' '{entry}' >> {shown(path)}", path, (entry,),
        )  # fmt: skip


def _pyproject(files: RepositorySnapshot, path: bytes) -> Iterator[Leak]:
    candidates = list(_candidates(files, folder_of(path)))
    if not candidates:
        return
    list_for = build_lists(files.read(path) or b"")
    for env_path, inside, exists in candidates:
        listed = list_for(inside)
        if listed is None:
            continue
        held_back = listed.minds_gitignore and env_path in files.ignored
        if held_back and not files.concerns_monei:
            continue
        yield Leak(
            path, 1, env_path, exists and not held_back,
            f"the build follows {listed.key} and" + (", but for .gitignore," if held_back else ""),
            f"take {inside} out of {listed.key} in {shown(path)}, build again, look: python -m zipfile -l dist/*.whl",
        )  # fmt: skip
        return


def _serverless(files: RepositorySnapshot, path: bytes, folder: bytes) -> Iterator[Leak]:
    candidates = [c for c in _candidates(files, folder) if c[2]]
    patterns = serverless_patterns(_text(files, path)) if candidates else None
    if patterns is None:
        return
    # The package starts with everything; "!x" takes out and "x" takes in again: a .gitignore with the signs turned.
    excluded = gitignore_patterns([p.removeprefix("!") if p.startswith("!") else "!" + p for p in patterns])
    for env_path, inside, _ in candidates:
        if not excluded.match_file(inside):
            yield Leak(
                path, 1, env_path, True, "serverless deploy packages the whole folder and",
                f"add \"- '!.env*'\" below package: patterns: in {shown(path)}",
            )  # fmt: skip
            return
