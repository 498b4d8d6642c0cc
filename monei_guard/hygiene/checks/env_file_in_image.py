"""MG204 env-file-in-image: a Dockerfile copies a `.env` into the image, or bakes a key into a layer."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from monei_guard.hygiene.env_file_names import EnvFileKind, env_file_kind
from monei_guard.hygiene.findings import about_file, about_key, locator, shown
from monei_guard.hygiene.readers.dockerfile import Instruction, instructions, is_dockerfile
from monei_guard.hygiene.readers.dotenv_files import ValueKind, decode, value_kind
from monei_guard.hygiene.readers.image_stages import covers, relative, stages
from monei_guard.hygiene.readers.on_demand import Patterns, dockerignore_patterns
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot, below, folder_of, join
from monei_guard.model.finding import Finding
from monei_guard.model.location import Location, Span, display_path
from monei_guard.model.rule import Confidence, Rule

_MONEI_SECRET = re.compile(r"(?i)\w*MONEI\w*(?:KEY|SECRET|TOKEN|PIN)\w*")


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each instruction that puts a `.env` or a key into the image."""
    for path, state in files.states.items():
        if state is FileState.IGNORED or not is_dockerfile(path) or not files.reports(path):
            continue
        data = files.read(path)
        if data is None:
            continue
        steps = instructions(data)
        yield from _baked(rule, files, path, data, steps)
        locate = locator(files, path, data)
        for leak in _copies(files, path, steps):
            if leak.in_final_image or files.concerns_monei:
                yield _copied(rule, path, locate, leak)


def _baked(
    rule: Rule, files: RepositorySnapshot, path: bytes, data: bytes, steps: tuple[Instruction, ...]
) -> Iterator[Finding]:
    keys = files.findings.get(path, ())
    locate = locator(files, path, data)
    for step in steps:
        blanks = {"path": shown(path), "fix": _AT_RUN_TIME}
        inside = [k for k in keys if step.start <= k.location.start_byte < step.end]
        for key in inside:
            message = f"{step.keyword} bakes a key into the image: every layer can be read with 'docker history'"
            yield about_key(rule, key, message, blanks=blanks)
        if step.keyword not in ("ENV", "ARG") or inside:
            continue
        for word in step.words:
            name, _, value = word.partition("=")
            passed_on = step.keyword == "ENV" and value_kind(value) is ValueKind.REFERENCE
            if _MONEI_SECRET.fullmatch(name) and (passed_on or step.keyword == "ARG"):
                message = f"{step.keyword} {name} keeps the build argument's value in the image's history and metadata"
                location = locate(Span(step.start, step.end))
                yield about_file(
                    rule,
                    location,
                    message,
                    blanks=blanks,
                    confidence=min(rule.confidence, Confidence.MEDIUM),
                    subject=word,
                )


_AT_RUN_TIME = (
    "pass the key when the container starts ('docker run --env-file .env …'), or mount it for one step: "
    "'RUN --mount=type=secret,id=monei,env=MONEI_API_KEY …' with 'docker build --secret id=monei,env=MONEI_API_KEY .'"
)


@dataclass(frozen=True, slots=True)
class ImageLeak:
    """An instruction that copies a `.env` of the build context. `ignore_file` is the list that `entries` would mend."""

    path: bytes
    step: Instruction
    context: bytes
    env_file: str  # relative to the context
    exists: bool
    in_final_image: bool
    ignore_file: bytes | None
    entries: tuple[str, ...]


def image_leaks(files: RepositorySnapshot) -> Iterator[ImageLeak]:
    """Yield every COPY and ADD, of every Dockerfile, that takes a `.env` along."""
    for path, state in files.states.items():
        if state is not FileState.IGNORED and is_dockerfile(path):
            yield from _copies(files, path, instructions(files.read(path) or b""))


def _copied(rule: Rule, path: bytes, locate: Callable[[Span], Location], leak: ImageLeak) -> Finding:
    step = leak.step
    words = " ".join(step.words)
    what = "copies" if leak.exists else "would copy"
    target = display_path(join(leak.context, leak.env_file.encode()))
    if leak.ignore_file is None:
        fix = f"take {leak.env_file} out of this line; pass it at the start: docker run --env-file {leak.env_file} …"
    else:
        typed = " ".join(f"'{entry}'" for entry in leak.entries)
        fix = f"printf '%s\\n' '' {typed} >> {shown(leak.ignore_file)}"
    confidence = Confidence.LOW if not leak.in_final_image else rule.confidence if leak.exists else Confidence.MEDIUM
    return about_file(
        rule,
        locate(Span(step.start, step.end)),
        f"{step.keyword} {words} {what} {target} into the image",
        blanks={"path": shown(path), "fix": fix},
        confidence=confidence,
        subject=f"{step.keyword} {words}",
    )


def _copies(files: RepositorySnapshot, path: bytes, steps: tuple[Instruction, ...]) -> Iterator[ImageLeak]:
    built = stages(steps)
    ignored: dict[bytes, Patterns | None] = {}
    for step in steps:
        if step.keyword not in ("COPY", "ADD") or len(step.words) < 2 or _from_stage(step):  # noqa: PLR2004 - source, target
            continue
        context = _context(files, path, step)
        if context not in ignored:
            ignored[context] = _dockerignore(files, path, context)
        shipped = _shipped(files, context, step, ignored[context])
        if not shipped:
            continue
        named = next((name for name, _ in shipped if name in map(relative, step.words[:-1])), None)
        env_file, exists = shipped[0] if named is None else (named, dict(shipped)[named])
        own = path + b".dockerignore"
        ignore_file = own if own in files.states else join(context, b".dockerignore")
        yield ImageLeak(
            path, step, context, env_file, exists, any(built.is_shipped(step, name) for name, _ in shipped),
            ignore_file if named is None else None, _entries(name for name, _ in shipped),
        )  # fmt: skip


def _entries(names: Iterable[str]) -> tuple[str, ...]:
    """Return the `.dockerignore` lines that cover the files, wherever they lie."""
    entries: dict[str, None] = {}
    for name in names:
        base = name.rpartition("/")[2]
        family = ("**/.env", "**/.env.*") if base == ".env" or base.startswith(".env.") else (f"**/{base}",)
        entries |= dict.fromkeys(family)
    return tuple(entries)


def _from_stage(step: Instruction) -> bool:
    return step.heredoc or any(flag.startswith("--from=") for flag in step.flags)


def _context(files: RepositorySnapshot, path: bytes, step: Instruction) -> bytes:
    """Return the folder that is most likely the build context: the Dockerfile's, unless its sources lie at the root."""
    folder = folder_of(path)
    sources = [w.strip("./").encode() for w in step.words[:-1] if w.strip("./") and "*" not in w and "$" not in w]
    if folder and sources and not any(_there(files, folder, s) for s in sources):
        if any(_there(files, b"", s) for s in sources):
            return b""
    elif folder and not sources and not _has_own_files(files, folder):
        return b""  # docker/Dockerfile with `COPY . .`: nothing but Docker's own files beside it
    return folder


def _has_own_files(files: RepositorySnapshot, folder: bytes) -> bool:
    return any(
        not is_dockerfile(path) and not path.endswith((b".dockerignore", b".sh", b".conf", b".yml", b".yaml"))
        for path in files.states
        if below(path, folder) is not None
    )


def _there(files: RepositorySnapshot, folder: bytes, name: bytes) -> bool:
    path = join(folder, name)
    return path in files.states or path in files.folders


def _shipped(
    files: RepositorySnapshot, context: bytes, step: Instruction, ignored: Patterns | None
) -> list[tuple[str, bool]]:
    """Return the `.env`-like files, relative to the context, that the step copies; existing ones first.

    The flag says whether the file exists now; others are those that the code reads or that the step names.
    """
    candidates: dict[str, bool] = {}
    for env_path in files.env_files(EnvFileKind.DEDICATED, EnvFileKind.KEY):
        inside = below(env_path, context)
        if inside is not None:
            candidates[inside.decode("utf-8", "replace")] = True
    for reader in files.readers:
        inside = below(reader.env_file, context)
        if inside is not None:
            candidates.setdefault(inside.decode("utf-8", "replace"), False)
    for word in step.words[:-1]:
        name = relative(word)
        if env_file_kind(name.encode()) in (EnvFileKind.DEDICATED, EnvFileKind.KEY) and "*" not in name:
            candidates.setdefault(name, False)
    return [
        (name, exists)
        for name, exists in sorted(candidates.items(), key=lambda item: (not item[1], item[0]))
        if any(covers(word, name) is not None for word in step.words[:-1])
        and not (ignored and ignored.match_file(name))
    ]


def _dockerignore(files: RepositorySnapshot, path: bytes, context: bytes) -> Patterns | None:
    """Return the ignore list that counts: `<Dockerfile>.dockerignore` beside it, else the context's own."""
    for name in (path + b".dockerignore", join(context, b".dockerignore")):
        if name in files.states:
            data = files.read(name)
            if data is not None:
                return dockerignore_patterns(decode(data).splitlines())
    return None
