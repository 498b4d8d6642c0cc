"""Bitbucket Pipelines.

Variables: https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/. A push's former commit is not
among them; custom (also scheduled) pipelines have neither BITBUCKET_BRANCH nor BITBUCKET_TAG. Ids may be shortened to
12 characters. The depth is 50 commits (https://support.atlassian.com/bitbucket-cloud/docs/git-clone-behavior/); JUnit
files are found in test-results/ by themselves (https://support.atlassian.com/bitbucket-cloud/docs/test-reporting-in-pipelines/).
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
    whole,
)  # fmt: skip
from monei_guard.ci_platforms.steps import PastedStep


def _event(variables: Variables, payload: Payload) -> Event:
    del payload
    get = variables.get
    tip = ids(get("BITBUCKET_COMMIT"))
    if get("BITBUCKET_PR_ID"):
        bases = (
            *ids(get("BITBUCKET_PR_DESTINATION_COMMIT")), *branches(get("BITBUCKET_PR_DESTINATION_BRANCH")),
        )  # fmt: skip
        return Event(EventKind.PULL_REQUEST, "pull request", tip, bases)
    if get("BITBUCKET_TAG"):
        return Event(EventKind.TAG, "tag", (*tag_ref(get("BITBUCKET_TAG")), *tip))
    if get("BITBUCKET_BRANCH"):
        return Event(EventKind.PUSH, "push", tip, branch=branch_name(get("BITBUCKET_BRANCH")))
    return whole("custom pipeline")


_STEP = (
    "clone:",
    "  depth: full",
    "script:",
    "  - pip install --quiet monei-guard==VERSION",
    "  - monei-guard ci",
)

BITBUCKET = Platform(
    name="Bitbucket Pipelines",
    recognises=lambda variables: "BITBUCKET_BUILD_NUMBER" in variables,
    event=_event,
    deepen="set 'clone: {depth: full}' for the step",
    reports=(("junit", "test-results/monei-guard.xml"),),
    config_files=CONFIG_FILES["Bitbucket Pipelines"],
    steps=(PastedStep(b"bitbucket-pipelines.yml", _STEP),),
)
