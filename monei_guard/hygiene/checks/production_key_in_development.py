"""MG208 production-key-in-development: a production key where tests and developers work."""

import re
from collections.abc import Iterator

from monei_guard.hygiene.env_file_names import EnvironmentSide, side_of_name, side_of_path
from monei_guard.hygiene.findings import about_key, shown
from monei_guard.hygiene.readers.deployment_files import DeploymentFile, deployment_file, job_name
from monei_guard.hygiene.readers.key_sides import LocatedKey, located_keys
from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.model.rule import Environment, Rule

_BYTES_BEFORE = 1 << 16  # bytes above a key in which its job's name is looked for
_COMPOSE = re.compile(rb"(?:.*/)?(?:docker-)?compose(?:[._-][^/]*)?\.ya?ml")


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each production key in a development, test or compose file, or a CI test job."""
    for located in located_keys(files):
        if files.reports(located.path) and _is_production(located):
            where = _development_file(files, located)
            if where:
                message = f"a production key in {where} {display_path(located.path)}"
                yield about_key(rule, located.key, message, blanks={"path": shown(located.path)})


def _is_production(located: LocatedKey) -> bool:
    if located.name_side is not EnvironmentSide.UNKNOWN:
        return located.name_side is EnvironmentSide.PRODUCTION
    return located.key.environment is Environment.PRODUCTION


def _development_file(files: RepositorySnapshot, located: LocatedKey) -> str:
    if _COMPOSE.fullmatch(located.path.lower()):
        return "" if side_of_path(located.path) is EnvironmentSide.PRODUCTION else "the compose file"
    if deployment_file(located.path) is DeploymentFile.CI:
        start = located.key.location.start_byte
        job = job_name((files.read(located.path) or b"")[max(start - _BYTES_BEFORE, 0) : start])
        stem = located.path.rpartition(b"/")[2].decode("utf-8", "replace")
        if EnvironmentSide.DEVELOPMENT in (side_of_name(job), side_of_name(stem)):
            return f"the CI job {job or stem!r} of"
        return ""
    return "the development file" if located.path_side is EnvironmentSide.DEVELOPMENT else ""
