"""What `init` offers for the CI systems of a repository: a step that runs `monei-guard ci`, as each system has it."""

from collections.abc import Callable
from dataclasses import dataclass

from monei_guard.ci_platforms.registry import PLATFORMS
from monei_guard.ci_platforms.steps import AppendedJob, PastedStep, WorkflowFile
from monei_guard.fixing.fixes import Edit
from monei_guard.fixing.text_edits import UnsuitableTextError, with_lines

_YAML = (b".yml", b".yaml")
_NAME = b"monei-guard"
_FILE = b"monei-guard.yml"
_VERSION = "VERSION"


@dataclass(frozen=True, slots=True)
class Paste:
    """Lines for a person to paste into the file of a CI system."""

    where: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CiSteps:
    """Files to write, lines to paste, and what could not be done."""

    edits: tuple[Edit, ...]
    pastes: tuple[Paste, ...]
    problems: tuple[str, ...]


def ci_steps(version: str, paths: frozenset[bytes], read: Callable[[bytes], bytes | None]) -> CiSteps:
    """Return a step for each CI system whose files are among `paths` and do not mention monei-guard yet."""
    steps = [(platform.name, step) for platform in PLATFORMS for step in platform.steps]
    files = [
        Edit(step.folder + _FILE, None, step.text.replace(_VERSION, version).encode(), "scan what comes in")
        for _, step in steps
        if isinstance(step, WorkflowFile) and _lacks_ours(step.folder, paths, read)
    ]
    jobs = [
        _with_job(step, version, read(step.path))
        for _, step in steps
        if isinstance(step, AppendedJob) and step.path in paths
    ]
    pastes = tuple(
        Paste(f"add a step to {name} ({step.path.decode()})", _lines(step, version))
        for name, step in steps
        if isinstance(step, PastedStep) and step.path in paths and _NAME not in (read(step.path) or b"")
    )
    edits = (*files, *(job for job in jobs if isinstance(job, Edit)))
    return CiSteps(edits, pastes, tuple(job for job in jobs if isinstance(job, str)))


def _lacks_ours(folder: bytes, paths: frozenset[bytes], read: Callable[[bytes], bytes | None]) -> bool:
    """Whether the folder has files, and none of them mentions monei-guard."""
    inside = [path for path in paths if path.startswith(folder) and path.endswith(_YAML)]
    return bool(inside) and not any(_NAME in (read(path) or b"") for path in inside)


def _lines(step: AppendedJob | PastedStep, version: str) -> tuple[str, ...]:
    return tuple(line.replace(_VERSION, version) for line in step.lines)


def _with_job(job: AppendedJob, version: str, before: bytes | None) -> Edit | str | None:
    """Return the file with the job added, why that cannot be, or None where there is nothing to do."""
    if before is None or _NAME in before:
        return None
    try:
        after = with_lines(before, _lines(job, version), "Keys are found before the pipeline does anything else")
    except UnsuitableTextError as error:
        return f"{job.path.decode()}: {error}"
    return Edit(job.path, before, after, "scan in every pipeline")
