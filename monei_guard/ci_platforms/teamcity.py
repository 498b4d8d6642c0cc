"""TeamCity.

Variables: https://www.jetbrains.com/help/teamcity/predefined-build-parameters.html. Only the commit is among them:
define `env.MONEI_GUARD_BASE` as `%teamcity.pullRequest.target.branch%` or a branch of your own to scan what is beyond
it. Reports are announced by a line in the log: https://www.jetbrains.com/help/teamcity/service-messages.html.
"""

from monei_guard.ci_platforms.config_files import CONFIG_FILES
from monei_guard.ci_platforms.event import Event, EventKind, Payload, Platform, Variables, ids

_JUNIT = "monei-guard-junit.xml"


def _event(variables: Variables, payload: Payload) -> Event:
    del payload
    return Event(EventKind.PUSH, "build", ids(variables.get("BUILD_VCS_NUMBER")))


TEAMCITY = Platform(
    name="TeamCity",
    recognises=lambda variables: "TEAMCITY_VERSION" in variables,
    event=_event,
    deepen="let the agent check out, with the VCS root's parameter teamcity.git.shallowClone at false",
    reports=(("junit", _JUNIT),),
    log_lines=(f"##teamcity[importData type='junit' path='{_JUNIT}']",),
    config_files=CONFIG_FILES["TeamCity"],
)
