"""Drone and Woodpecker.

Drone's variables: https://docs.drone.io/pipeline/environment/reference/; Woodpecker's:
https://woodpecker-ci.org/docs/usage/environment. Woodpecker's "previous" is the previous pipeline on the branch, pull
requests into it included, so it counts only where that was a push to the same branch, and a green one. Its clone step
fetches a single commit, without old file contents, and not the target branch
(https://github.com/woodpecker-ci/plugin-git/blob/main/flags.go). Drone merges or rebases a request into the clone's own
branch (https://github.com/drone/drone-git/blob/master/posix/clone-pull-request).
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
from monei_guard.ci_platforms.steps import PastedStep, WorkflowFile

_REQUESTS = frozenset({"pull_request", "pull_request_closed", "pull_request_metadata"})


def _drone(variables: Variables, payload: Payload) -> Event:
    del payload
    get = variables.get
    name = get("DRONE_BUILD_EVENT", "")
    tip = ids(get("DRONE_COMMIT_SHA"))
    bases = ids(get("DRONE_COMMIT_BEFORE"))
    default = branch_name(get("DRONE_REPO_BRANCH"))
    if name == "pull_request":
        return Event(EventKind.PULL_REQUEST, name, tip, branches(get("DRONE_TARGET_BRANCH")), default_branch=default)
    if name == "push":
        return Event(EventKind.PUSH, name, tip, bases, branch_name(get("DRONE_BRANCH")), default)
    if name == "tag":
        return Event(EventKind.TAG, name, (*tag_ref(get("DRONE_TAG")), *tip), bases, default_branch=default)
    return whole(name)


def _woodpecker(variables: Variables, payload: Payload) -> Event:
    del payload
    get = variables.get
    name = get("CI_PIPELINE_EVENT", "")
    tip = ids(get("CI_COMMIT_SHA"))
    default = branch_name(get("CI_REPO_DEFAULT_BRANCH"))
    if name in _REQUESTS:
        return Event(
            EventKind.PULL_REQUEST, name, tip, branches(get("CI_COMMIT_TARGET_BRANCH")), default_branch=default
        )
    if name == "push":
        branch = branch_name(get("CI_COMMIT_BRANCH"))
        bases = ids(get("CI_PREV_COMMIT_SHA")) if _is_green_push(variables) else ()
        return Event(EventKind.PUSH, name, tip, bases, branch, default)
    if name == "tag":
        return Event(EventKind.TAG, name, (*tag_ref(get("CI_COMMIT_TAG")), *tip), default_branch=default)
    return whole(name)


def _is_green_push(variables: Variables) -> bool:
    return (
        variables.get("CI_PREV_PIPELINE_EVENT") == "push"
        and variables.get("CI_PREV_PIPELINE_STATUS") == "success"
        and variables.get("CI_PREV_COMMIT_BRANCH") == variables.get("CI_COMMIT_BRANCH")
    )


_STEP = (
    "- name: monei-guard",
    "  image: python:3.13",
    "  commands:",
    "    - pip install --quiet monei-guard==VERSION",
    "    - monei-guard ci",
)

DRONE = Platform(
    name="Drone",
    recognises=lambda variables: variables.get("DRONE") == "true",
    event=_drone,
    deepen="take 'depth' out of the pipeline's 'clone' settings",
    config_files=CONFIG_FILES["Drone"],
    steps=(PastedStep(b".drone.yml", _STEP),),
)

# For the folder of workflows.
_WORKFLOW = """\
when:
  - event: [push, pull_request, tag, cron]
clone:
  git:
    image: woodpeckerci/plugin-git
    settings:
      partial: false
      fetch-target-branch: true
steps:
  - name: monei-guard
    image: python:3.13
    commands:
      - pip install --quiet monei-guard==VERSION
      - monei-guard ci
"""

WOODPECKER = Platform(
    name="Woodpecker",
    recognises=lambda variables: variables.get("CI") == "woodpecker",
    event=_woodpecker,
    deepen="give the clone step the settings 'partial: false' and 'fetch-target-branch: true'",
    config_files=CONFIG_FILES["Woodpecker"],
    steps=(WorkflowFile(b".woodpecker/", _WORKFLOW), PastedStep(b".woodpecker.yml", _STEP)),
)
