"""What `init` would do to a repository, as values: edits, commands, and what only a person can do.

Nothing here writes. An edit holds the whole content before and after, so that it can be shown, checked against the
disk once more, and taken back.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from monei_guard.fixing.text_edits import UnsuitableTextError, ignore_pattern, with_lines
from monei_guard.hygiene.checks.env_file_in_image import image_leaks
from monei_guard.hygiene.checks.env_file_published import leaks
from monei_guard.hygiene.env_file_names import EnvFileKind, env_file_kind
from monei_guard.hygiene.findings import path_of, shown
from monei_guard.hygiene.readers.dotenv_files import assignments
from monei_guard.hygiene.snapshot import (
    FileState,
    RepositorySnapshot,
    folder_of,
    join,
    nearest_ignore_file,
)
from monei_guard.model.finding import Finding

_COMMENT = "Files that hold keys (monei-guard init)"
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
_TEMPLATE_HEAD = "# Copy to {name} and fill in. Names only: this file is committed, {name} is not."


@dataclass(frozen=True, slots=True)
class Edit:
    """New content for a file. `before` is None where it does not exist yet."""

    path: bytes
    before: bytes | None
    after: bytes
    why: str


@dataclass(frozen=True, slots=True)
class Untrack:
    """`git rm --cached`: the file stays on disk."""

    path: bytes


@dataclass(frozen=True, slots=True)
class Protect:
    """`chmod 600`."""

    path: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps, and what is left to a person. An empty plan means that the repository is as it should be."""

    edits: tuple[Edit, ...] = ()
    untrack: tuple[Untrack, ...] = ()
    protect: tuple[Protect, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.edits or self.untrack or self.protect)


@dataclass(slots=True)
class Drafts:
    """Contents while several steps work on them; a file that cannot be edited becomes a line for a person."""

    files: RepositorySnapshot
    changed: dict[bytes, Edit] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def content(self, path: bytes) -> bytes | None:
        """Return the content as it will be after the steps so far."""
        return self.changed[path].after if path in self.changed else self.files.read(path)

    def set(self, path: bytes, content: bytes, why: str) -> None:
        """Give `path` a new content."""
        before = self.files.read(path) if path not in self.changed else self.changed[path].before
        reasons = [self.changed[path].why] if path in self.changed and self.changed[path].why != why else []
        if content != before:
            self.changed[path] = Edit(path, before, content, "; ".join([*reasons, why]))

    def append(self, path: bytes, lines: Iterable[str | bytes], why: str, comment: str = _COMMENT) -> None:
        """Add lines that are not there yet at the end of `path`, which may be new."""
        before = self.content(path)
        if before is None and path in self.files.states:
            self.left.append(f"{shown(path)} cannot be read as a regular file: {why} by hand")
            return
        try:
            self.set(path, with_lines(before, list(lines), comment), why)
        except UnsuitableTextError as error:
            self.left.append(f"{shown(path)}: {error}; then run init again")


def mend(files: RepositorySnapshot, findings: Iterable[Finding], templates_ignored: frozenset[bytes]) -> Plan:
    """Return the plan that puts right what the checks found. `templates_ignored` are new templates git would ignore."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    drafts = Drafts(files)
    untrack = _to_untrack(files, by_rule)
    _ignore(drafts, by_rule, untrack, templates_ignored)
    _write_templates(drafts, untrack)
    _empty_template_values(drafts, by_rule["env-example-with-value"])
    _exclude_from_images(drafts)
    _exclude_from_packages(drafts)
    protect = {path_of(f) for f in by_rule["env-file-readable-by-others"]}
    protect |= {path for path in untrack if _readable_by_others(files, path)}
    return Plan(
        edits=tuple(drafts.changed[path] for path in sorted(drafts.changed)),
        untrack=tuple(Untrack(path) for path in untrack),
        protect=tuple(Protect(path) for path in sorted(protect)),
        left=(*drafts.left, *_for_a_person(by_rule)),
    )


def _to_untrack(files: RepositorySnapshot, by_rule: Mapping[str, list[Finding]]) -> list[bytes]:
    tracked = {path_of(f) for f in (*by_rule["env-file-tracked"], *by_rule["key-in-agent-config"])}
    return sorted(path for path in tracked if files.states.get(path) is FileState.TRACKED)


def _readable_by_others(files: RepositorySnapshot, path: bytes) -> bool:
    mode = files.mode(path)
    kind = files.env_kinds.get(path)
    return mode is not None and bool(mode & 0o044) and kind in (EnvFileKind.DEDICATED, EnvFileKind.KEY)


def _ignore(
    drafts: Drafts, by_rule: Mapping[str, list[Finding]], untrack: list[bytes], templates_ignored: frozenset[bytes]
) -> None:
    files = drafts.files
    to_ignore = {path for path in untrack if path not in files.ignored}
    for finding in by_rule["env-file-not-ignored"]:
        path = path_of(finding)
        if env_file_kind(path) in (EnvFileKind.DEDICATED, EnvFileKind.KEY, EnvFileKind.MIXED):
            to_ignore.add(path)
    to_ignore |= {reader.env_file for reader in files.readers} - files.ignored - files.states.keys()
    to_ignore |= {path_of(f) for f in by_rule["key-in-agent-config"]} - files.ignored
    lists: dict[bytes, list[bytes]] = defaultdict(list)
    for path in sorted(to_ignore):
        ignore_file = nearest_ignore_file(files, path)
        lists[ignore_file] += [
            line for line in _ignore_lines(files, path, ignore_file) if line not in lists[ignore_file]
        ]
    for path in sorted(templates_ignored):
        line = b"!" + ignore_pattern(path.rpartition(b"/")[2])
        ignore_file = nearest_ignore_file(files, path)
        if line not in lists[ignore_file]:
            lists[ignore_file].append(line)
    for ignore_file, lines in lists.items():
        # What takes templates back must come after what excludes them.
        ordered = [line for line in lines if not line.startswith(b"!")] + [
            line for line in lines if line.startswith(b"!")
        ]
        drafts.append(ignore_file, ordered, "ignore files that hold keys")


def _ignore_lines(files: RepositorySnapshot, path: bytes, ignore_file: bytes) -> Iterator[bytes]:
    """Yield the lines that keep `path` out of git: `.env` and its family by name, anything else by its place."""
    name = path.rpartition(b"/")[2]
    if env_file_kind(path) is EnvFileKind.DEDICATED and name.startswith(b".env"):
        yield b".env"
        yield b".env.*"
        if not name.startswith(b".env.") and name != b".env":
            yield ignore_pattern(name)
        yield b"!.env.example"
        below = folder_of(ignore_file)
        for other, kind in sorted(files.env_kinds.items()):
            other_name = other.rpartition(b"/")[2]
            taken = kind in (EnvFileKind.TEMPLATE, EnvFileKind.ENCRYPTED) and other_name.startswith(b".env.")
            if taken and files.states[other] is not FileState.IGNORED and other.startswith(below):
                yield b"!" + ignore_pattern(other_name)
    elif env_file_kind(path) is EnvFileKind.DEDICATED:
        yield ignore_pattern(name)
    else:
        inside = path[len(folder_of(ignore_file)) :].lstrip(b"/")
        yield b"/" + ignore_pattern(inside)


def new_templates(files: RepositorySnapshot) -> dict[bytes, bytes]:
    """Return the templates missing beside a `.env`: path of the template → path of the file it is made from."""
    missing: dict[bytes, bytes] = {}
    for path in files.env_files(EnvFileKind.DEDICATED):
        folder, _, name = path.rpartition(b"/")
        has_template = any(
            kind is EnvFileKind.TEMPLATE and folder_of(other) == folder for other, kind in files.env_kinds.items()
        )
        if name in (b".env", b".env.local") and not has_template:
            missing.setdefault(join(folder, b".env.example"), path)
    return missing


def _write_templates(drafts: Drafts, untrack: list[bytes]) -> None:
    for template, source in new_templates(drafts.files).items():
        if drafts.files.states[source] is FileState.TRACKED and source not in untrack:
            continue  # encrypted, or references only: everybody has it already
        names = list(dict.fromkeys(a.name for a in assignments(source, drafts.files.read(source) or b"")))
        # A name with other characters may be a value in the wrong place: better no template than one with a key.
        if not names or not all(_NAME_CHARACTERS.issuperset(name) and len(name) <= 80 for name in names):  # noqa: PLR2004
            continue
        if any(kept.secret is not None and kept.secret.reveal().decode("utf-8", "replace") in " ".join(names)
               for kept in drafts.files.findings.get(source, ())):  # fmt: skip
            continue
        name = source.rpartition(b"/")[2].decode()
        lines = [_TEMPLATE_HEAD.replace("{name}", name), *(f"{n}=" for n in names)]
        drafts.append(template, lines, f"names of {name}, no values", comment="")


def _empty_template_values(drafts: Drafts, found: list[Finding]) -> None:
    by_path: dict[bytes, list[Finding]] = defaultdict(list)
    for finding in found:
        by_path[path_of(finding)].append(finding)
    for path, keys in by_path.items():
        content = drafts.content(path)
        if drafts.files.states.get(path) is not FileState.TRACKED or content is None:
            drafts.left.append(f"empty the value in {shown(path)} yourself: git could not give it back")
            continue
        for key in sorted(keys, key=lambda k: k.location.start_byte, reverse=True):
            location = key.location
            if not location.encoding_path:
                content = content[: location.start_byte] + content[location.end_byte :]
        drafts.set(path, content, "empty the value that looks like a credential")


def _exclude_from_images(drafts: Drafts) -> None:
    lists: dict[bytes, dict[str, None]] = defaultdict(dict)
    for leak in image_leaks(drafts.files):
        if leak.ignore_file is not None:
            lists[leak.ignore_file] |= dict.fromkeys(leak.entries)
    for path, entries in lists.items():
        drafts.append(path, entries, "keep environment files out of images")


def _exclude_from_packages(drafts: Drafts) -> None:
    for leak in leaks(drafts.files):
        if leak.fix_file is not None:
            drafts.append(leak.fix_file, leak.entries, "keep environment files out of what is shipped")


_BY_PERSON = (
    "same-key-across-environments", "production-key-in-development", "key-older-than-90-days", "secret-in-ci-file",
    "env-file-in-image", "env-file-published",
)  # fmt: skip


def _for_a_person(by_rule: Mapping[str, list[Finding]]) -> Iterator[str]:
    """Yield what no edit can put right: keys to rotate, and places where the fix is a decision."""
    for rule in _BY_PERSON:
        for finding in by_rule[rule]:
            if ">> " not in finding.hint:  # a list that lines are appended to: that was done
                yield f"{finding.code} {finding.location.path}:{finding.location.start_line}: {finding.hint}"
    leaked = (*by_rule["env-file-tracked"], *by_rule["env-example-with-value"], *by_rule["key-in-agent-config"])
    paths = sorted({str(finding.location.path) for finding in leaked})
    if paths:
        yield f"rotate the keys that were committed in {', '.join(paths)}: history still has them"
