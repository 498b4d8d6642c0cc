"""MG208 production-key-in-development: a production key where tests and developers work."""

import re
from collections.abc import Iterator

from monei_guard.hygiene.env_file_names import EnvironmentSide, side_of_name, side_of_path
from monei_guard.hygiene.findings import about_key, shown
from monei_guard.hygiene.readers.deployment_files import DeploymentFile, deployment_file, job_name
from monei_guard.hygiene.readers.key_sides import KeyPlace, key_places
from monei_guard.hygiene.snapshot import RepositorySnapshot
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.model.rule import Environment, Rule

_LOOK_BACK = 1 << 16  # bytes above a key in which its job's name is looked for
_COMPOSE = re.compile(rb"(?:.*/)?(?:docker-)?compose(?:[._-][^/]*)?\.ya?ml")


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each production key in a development, test or compose file, or a CI test job."""
    for place in key_places(files):
        if files.reports(place.path) and _is_production(place):
            where = _development_place(files, place)
            if where:
                message = f"a production key in {where} {display_path(place.path)}"
                yield about_key(rule, place.key, message, blanks={"path": shown(place.path)})


def _is_production(place: KeyPlace) -> bool:
    if place.name_side is not EnvironmentSide.UNKNOWN:
        return place.name_side is EnvironmentSide.PRODUCTION
    return place.key.environment is Environment.PRODUCTION


def _development_place(files: RepositorySnapshot, place: KeyPlace) -> str:
    if _COMPOSE.fullmatch(place.path.lower()):
        return "" if side_of_path(place.path) is EnvironmentSide.PRODUCTION else "the compose file"
    if deployment_file(place.path) is DeploymentFile.CI:
        start = place.key.location.start_byte
        job = job_name((files.read(place.path) or b"")[max(start - _LOOK_BACK, 0) : start])
        stem = place.path.rpartition(b"/")[2].decode("utf-8", "replace")
        if EnvironmentSide.DEVELOPMENT in (side_of_name(job), side_of_name(stem)):
            return f"the CI job {job or stem!r} of"
        return ""
    return "the development file" if place.path_side is EnvironmentSide.DEVELOPMENT else ""
