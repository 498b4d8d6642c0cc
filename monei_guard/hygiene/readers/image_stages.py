"""Which files that a Dockerfile copies are in the image that it builds: stages, WORKDIR, COPY --from.

Only the last stage, with the stages it begins from, is the image; the layers of every other are thrown away, with all
that no later stage takes over (docs.docker.com/build/building/multi-stage). What a RUN step copies is not followed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import normpath

from monei_guard.hygiene.readers.dockerfile import Instruction

_COPIES = ("COPY", "ADD")
_FEWEST_WORDS = 2  # a source and a target
_MAX_COPIES = 200  # in one Dockerfile
_MAX_PLACES = 50  # of one file, in all stages
_AS = 2  # the place of the stage's name in `FROM image AS name`


@dataclass(frozen=True, slots=True)
class _Copy:
    """A COPY or ADD: the stage it fills, the one it takes from (None: the build context), where its target lies."""

    step: Instruction
    stage: int
    source_stage: int | None
    target: str


@dataclass(frozen=True, slots=True)
class Stages:
    """What is needed of a Dockerfile: its copies, and the stage that each stage (from 0) begins from."""

    copies: tuple[_Copy, ...]
    bases: tuple[int | None, ...]

    def is_shipped(self, step: Instruction, name: str) -> bool:
        """Whether the file `name` of the build context, which `step` copies, is in the final image.

        Where there is more to follow than any real file asks, it is taken to be.
        """
        if len(self.copies) > _MAX_COPIES:
            return True
        waiting = [
            (copy.stage, path)
            for copy in self.copies
            if copy.step is step
            for path in _landings(copy, name, from_context=True)
        ]
        seen: set[tuple[int, str]] = set()
        while waiting:
            stage, path = here = waiting.pop()
            if stage == len(self.bases) - 1 or len(seen) > _MAX_PLACES:
                return True
            if here not in seen:
                seen.add(here)
                waiting += ((later, path) for later, base in enumerate(self.bases) if base == stage)
                waiting += (
                    (copy.stage, landing)
                    for copy in self.copies
                    if copy.source_stage == stage
                    for landing in _landings(copy, path, from_context=False)
                )
        return False


def stages(steps: tuple[Instruction, ...]) -> Stages:
    """Return the stages of a Dockerfile."""
    names: dict[str, int] = {}
    bases: list[int | None] = []
    folders: list[str] = []
    copies: list[_Copy] = []
    for step in steps:
        if step.keyword == "FROM" or not bases:
            base = names.get(step.words[0].lower()) if step.keyword == "FROM" and step.words else None
            names[str(len(bases))] = len(bases)
            if len(step.words) > _AS:
                names[step.words[_AS].lower()] = len(bases)
            bases.append(base)
            folders.append("/" if base is None else folders[base])
        if step.keyword == "WORKDIR" and step.words:
            folders[-1] = _below(folders[-1], step.words[0])
        elif step.keyword in _COPIES and len(step.words) >= _FEWEST_WORDS:
            source = next((flag.removeprefix("--from=") for flag in step.flags if flag.startswith("--from=")), None)
            known = names.get(source.lower(), -1) if source is not None else None  # -1: some other image
            copies.append(_Copy(step, len(bases) - 1, known, _below(folders[-1], step.words[-1])))
    return Stages(tuple(copies), tuple(bases))


def covers(source: str, name: str) -> str | None:
    """Return what of `name` lies below the COPY source (`*` and `?` within a component), None where it takes it not.

    A source that is the file itself leaves its base name.
    """
    text = relative(source)
    if text in ("", "."):
        return name
    if "*" not in text and "?" not in text:
        return (
            name.rpartition("/")[2] if name == text else name[len(text) + 1 :] if name.startswith(text + "/") else None
        )
    expression = re.escape(text).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    match = re.fullmatch(f"{expression}(?:/(.*))?", name)
    if match is None:
        return None
    return name.rpartition("/")[2] if match[1] is None else match[1]


def relative(source: str) -> str:
    """Return a COPY source relative to the root of what it is copied from."""
    while source.startswith(("./", "/")):
        source = source.removeprefix("./").removeprefix("/")
    return source.rstrip("/")


def _landings(copy: _Copy, path: str, *, from_context: bool) -> Iterator[str]:
    """Yield where the copy puts the file `path` of its source."""
    if from_context != (copy.source_stage is None):
        return
    for word in copy.step.words[:-1]:
        rest = covers(word, relative(path))
        if rest is not None:
            yield f"{copy.target.rstrip('/')}/{rest}"
            if relative(word) == relative(path) and not copy.step.words[-1].endswith("/"):
                yield copy.target  # a file under a new name, if the target is no folder


def _below(folder: str, target: str) -> str:
    """Return where `target` lies, seen from the working directory. A variable is taken for an absolute path."""
    return normpath(target if target.startswith(("/", "$")) else f"{folder}/{target}")
