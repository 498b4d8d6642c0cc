"""The table of CI platforms."""

from monei_guard.ci_platforms.azure_pipelines import AZURE
from monei_guard.ci_platforms.bitbucket import BITBUCKET
from monei_guard.ci_platforms.buildkite import BUILDKITE
from monei_guard.ci_platforms.circleci import CIRCLECI
from monei_guard.ci_platforms.drone import DRONE, WOODPECKER
from monei_guard.ci_platforms.event import Event, EventKind, Payload, Platform, Variables
from monei_guard.ci_platforms.github_actions import GITEA, GITHUB
from monei_guard.ci_platforms.gitlab import GITLAB
from monei_guard.ci_platforms.jenkins import JENKINS
from monei_guard.ci_platforms.teamcity import TEAMCITY
from monei_guard.ci_platforms.travis import TRAVIS

# The first that recognises itself is it.
PLATFORMS = (
    GITHUB, GITEA, GITLAB, CIRCLECI, BITBUCKET, AZURE, BUILDKITE, WOODPECKER, DRONE, TRAVIS, TEAMCITY, JENKINS,
)  # fmt: skip


def _unknown_event(variables: Variables, payload: Payload) -> Event:
    del variables, payload
    return Event(EventKind.PUSH, "no CI system that is known")


UNKNOWN = Platform(
    name="no CI system that is known",
    recognises=lambda _: True,
    event=_unknown_event,
    deepen="fetch all of the history ('git fetch --unshallow')",
)


def recognise(variables: Variables) -> Platform:
    """Return the platform whose variables these are, one that says nothing where it is none of the table's."""
    return next((platform for platform in PLATFORMS if platform.recognises(variables)), UNKNOWN)
