"""Azure Pipelines.

Variables: https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables (as environment variables: upper
case, dots as underscores). A push's former commit is not among them. New pipelines fetch one commit
(https://learn.microsoft.com/en-us/azure/devops/pipelines/yaml-schema/steps-checkout).
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

_PUSHES = frozenset({"IndividualCI", "BatchedCI"})


def _event(variables: Variables, payload: Payload) -> Event:
    del payload
    reason = variables.get("BUILD_REASON", "")
    if reason == "PullRequest":
        return Event(
            EventKind.PULL_REQUEST, reason,
            tips=ids(variables.get("SYSTEM_PULLREQUEST_SOURCECOMMITID")),
            bases=branches(variables.get("SYSTEM_PULLREQUEST_TARGETBRANCH")),
        )  # fmt: skip
    if reason not in _PUSHES:
        return whole(reason)
    ref = variables.get("BUILD_SOURCEBRANCH", "")
    tip = ids(variables.get("BUILD_SOURCEVERSION"))
    if ref.startswith("refs/tags/"):
        return Event(EventKind.TAG, reason, (*tag_ref(ref), *tip))
    return Event(EventKind.PUSH, reason, tip, branch=branch_name(ref))


_STEP = (
    "- checkout: self",
    "  fetchDepth: 0",
    "  persistCredentials: false",
    "- script: pipx install monei-guard==VERSION",
    "- script: monei-guard ci",
    "- task: PublishTestResults@2",
    "  condition: always()",
    "  inputs:",
    "    testResultsFiles: monei-guard-junit.xml",
)

AZURE = Platform(
    name="Azure Pipelines",
    recognises=lambda variables: variables.get("TF_BUILD", "").lower() == "true",
    event=_event,
    deepen="write the step as '- checkout: self' with 'fetchDepth: 0'",
    reports=(("junit", "monei-guard-junit.xml"),),
    config_files=CONFIG_FILES["Azure Pipelines"],
    steps=(PastedStep(b"azure-pipelines.yml", _STEP),),
)
