"""Buildkite.

Variables: https://buildkite.com/docs/pipelines/configure/environment-variables; of a merge queue:
https://buildkite.com/docs/pipelines/tutorials/github-merge-queue. A push's former commit is not among them. The agent
clones all history unless BUILDKITE_GIT_CLONE_FLAGS says otherwise.
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
    source = get("BUILDKITE_SOURCE", "")
    tip = ids(get("BUILDKITE_COMMIT"))  # "HEAD" for a build somebody started
    default = branch_name(get("BUILDKITE_PIPELINE_DEFAULT_BRANCH"))
    if get("BUILDKITE_MERGE_QUEUE_BASE_COMMIT") or get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH"):
        bases = ids(get("BUILDKITE_MERGE_QUEUE_BASE_COMMIT"))
        return Event(EventKind.MERGE_QUEUE, source, tip, bases, default_branch=default)
    if get("BUILDKITE_PULL_REQUEST", "false") not in ("", "false"):
        bases = branches(get("BUILDKITE_PULL_REQUEST_BASE_BRANCH"))
        return Event(EventKind.PULL_REQUEST, source, tip, bases, default_branch=default)
    if source != "webhook":
        return whole(source)
    if get("BUILDKITE_TAG"):
        return Event(EventKind.TAG, source, (*tag_ref(get("BUILDKITE_TAG")), *tip), default_branch=default)
    return Event(EventKind.PUSH, source, tip, branch=branch_name(get("BUILDKITE_BRANCH")), default_branch=default)


_STEP = (
    "- label: monei-guard",
    "  command: |",
    "    pipx install monei-guard==VERSION",
    "    monei-guard ci",
    "  artifact_paths: monei-guard-junit.xml",
)

BUILDKITE = Platform(
    name="Buildkite",
    recognises=lambda variables: variables.get("BUILDKITE") == "true",
    event=_event,
    deepen="take '--depth' out of BUILDKITE_GIT_CLONE_FLAGS and BUILDKITE_GIT_FETCH_FLAGS",
    reports=(("junit", "monei-guard-junit.xml"),),
    config_files=CONFIG_FILES["Buildkite"],
    steps=(PastedStep(b".buildkite/pipeline.yml", _STEP),),
)
