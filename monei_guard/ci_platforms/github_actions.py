"""GitHub Actions, and Gitea's and Forgejo's, which speak its language.

Variables: https://docs.github.com/en/actions/reference/workflows-and-actions/variables; payloads:
https://docs.github.com/en/webhooks/webhook-events-and-payloads (`push`, `pull_request`, `merge_group`); what GITHUB_SHA
is for which event: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows.
Gitea sets GITEA_ACTIONS, Forgejo both GITEA_ACTIONS and FORGEJO_ACTIONS, beside GitHub's variables
(https://docs.gitea.com/usage/actions/comparison, https://forgejo.org/docs/latest/user/actions/reference/).
"""

from typing import Any

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
from monei_guard.ci_platforms.steps import WorkflowFile


def _event(variables: Variables, payload: Payload) -> Event:
    name = variables.get("GITHUB_EVENT_NAME", "")
    default = branch_name(_at(payload, "repository", "default_branch"))
    if isinstance(payload.get("pull_request"), dict):
        # GITHUB_SHA is GitHub's trial merge, for pull_request_target the target branch: the request's own head it is.
        return Event(
            EventKind.PULL_REQUEST, name,
            tips=ids(_at(payload, "pull_request", "head", "sha")),
            bases=(
                *ids(_at(payload, "pull_request", "base", "sha")),
                *branches(_at(payload, "pull_request", "base", "ref"), variables.get("GITHUB_BASE_REF")),
            ),
            default_branch=default,
        )  # fmt: skip
    if isinstance(payload.get("merge_group"), dict):
        return Event(
            EventKind.MERGE_QUEUE, name,
            tips=ids(_at(payload, "merge_group", "head_sha"), variables.get("GITHUB_SHA")),
            bases=ids(_at(payload, "merge_group", "base_sha")),
            default_branch=default,
        )  # fmt: skip
    if name == "push":
        return _push(variables, payload, default)
    return whole(name)


def _push(variables: Variables, payload: Payload, default: str | None) -> Event:
    ref = variables.get("GITHUB_REF", "")
    if payload.get("deleted") is True:
        return Event(EventKind.DELETION, "push")
    tips = ids(payload.get("after"), variables.get("GITHUB_SHA"))
    bases = ids(payload.get("before"))
    if ref.startswith("refs/tags/"):
        return Event(EventKind.TAG, "push", (*tag_ref(ref), *tips), bases, default_branch=default)
    return Event(EventKind.PUSH, "push", tips, bases, branch_name(ref), default)


def _at(payload: Any, *keys: str) -> Any:
    for key in keys:
        payload = payload.get(key) if isinstance(payload, dict) else None
    return payload


def _is_forge(variables: Variables) -> bool:
    return "true" in (variables.get("GITEA_ACTIONS"), variables.get("FORGEJO_ACTIONS"))


_DEEPEN = "give actions/checkout 'with: fetch-depth: 0'"

# For a folder of workflows. It needs no secret and may not write.
_WORKFLOW = """\
name: monei-guard
on:
  push:
  pull_request:
permissions:
  contents: read
jobs:
  monei-guard:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - run: pipx install monei-guard==VERSION
      - run: monei-guard ci
"""

GITHUB = Platform(
    name="GitHub Actions",
    recognises=lambda variables: variables.get("GITHUB_ACTIONS") == "true" and not _is_forge(variables),
    event=_event,
    deepen=_DEEPEN,
    event_file="GITHUB_EVENT_PATH",
    summary_file="GITHUB_STEP_SUMMARY",
    annotations="github",
    config_files=CONFIG_FILES["GitHub Actions"],
    steps=(WorkflowFile(b".github/workflows/", _WORKFLOW),),
)

GITEA = Platform(
    name="Gitea or Forgejo Actions",
    recognises=_is_forge,
    event=_event,
    deepen=_DEEPEN,
    event_file="GITHUB_EVENT_PATH",
    summary_file="GITHUB_STEP_SUMMARY",
    annotations="github",
    config_files=CONFIG_FILES["Gitea or Forgejo Actions"],
    steps=(WorkflowFile(b".gitea/workflows/", _WORKFLOW), WorkflowFile(b".forgejo/workflows/", _WORKFLOW)),
)
