"""Jenkins.

Variables of the Git plugin: https://plugins.jenkins.io/git/#plugin-content-environment-variables; of multibranch
projects (CHANGE_ID, CHANGE_TARGET, TAG_NAME):
https://www.jenkins.io/doc/book/pipeline/multibranch/#additional-environment-variables. A build by the clock cannot be
told from one by a push, except that it brings nothing new.
"""

from monei_guard.ci_platforms.config_files import CONFIG_FILES
from monei_guard.ci_platforms.event import (
    Event,
    EventKind,
    Payload,
    Platform,
    Variables,
    branch_name,
    branches,
    ids,
    tag_ref,
)
from monei_guard.ci_platforms.steps import PastedStep


def _event(variables: Variables, payload: Payload) -> Event:
    del payload
    get = variables.get
    tip = ids(get("GIT_COMMIT"))
    if get("CHANGE_ID"):
        return Event(EventKind.PULL_REQUEST, "change request", tip, branches(get("CHANGE_TARGET")))
    if get("TAG_NAME"):
        return Event(EventKind.TAG, "tag", (*tag_ref(get("TAG_NAME")), *tip))
    branch = get("BRANCH_NAME") or get("GIT_BRANCH", "").removeprefix("origin/")
    # Since the last build that succeeded: one that failed or was stopped may have looked at nothing.
    return Event(EventKind.PUSH, "build", tip, ids(get("GIT_PREVIOUS_SUCCESSFUL_COMMIT")), branch_name(branch))


_STEP = (
    """sh 'python -I -m venv "$WORKSPACE_TMP/monei-guard"'""",
    """sh '"$WORKSPACE_TMP/monei-guard/bin/pip" install --quiet monei-guard==VERSION'""",
    """sh '"$WORKSPACE_TMP/monei-guard/bin/monei-guard" ci'""",
)

JENKINS = Platform(
    name="Jenkins",
    recognises=lambda variables: "JENKINS_URL" in variables,
    event=_event,
    deepen="switch off 'Shallow clone' in the job's advanced clone behaviours",
    reports=(("junit", "monei-guard-junit.xml"),),
    config_files=CONFIG_FILES["Jenkins"],
    steps=(PastedStep(b"Jenkinsfile", _STEP),),
)
