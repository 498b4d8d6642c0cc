"""GitLab CI/CD.

Variables: https://docs.gitlab.com/ci/variables/predefined_variables/; what CI_PIPELINE_SOURCE can be:
https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable. CI_COMMIT_BEFORE_SHA is all zeros in
merge request pipelines, for a branch's first pipeline, and for scheduled and manual ones. The depth is 20 commits
unless GIT_DEPTH says otherwise: https://docs.gitlab.com/ci/pipelines/settings/#limit-the-number-of-changes-fetched-during-clone.
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
from monei_guard.ci_platforms.steps import AppendedJob


def _event(variables: Variables, payload: Payload) -> Event:
    del payload
    get = variables.get
    source = get("CI_PIPELINE_SOURCE", "")
    default = branch_name(get("CI_DEFAULT_BRANCH"))
    tip = get("CI_COMMIT_SHA")
    if get("CI_MERGE_REQUEST_IID"):
        train = get("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train"
        return Event(
            EventKind.MERGE_QUEUE if train else EventKind.PULL_REQUEST, source,
            tips=ids(None if train else get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"), tip),
            bases=(
                *ids(get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), get("CI_MERGE_REQUEST_DIFF_BASE_SHA")),
                *branches(get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")),
            ),
            default_branch=default,
        )  # fmt: skip
    if get("CI_EXTERNAL_PULL_REQUEST_IID"):
        return Event(
            EventKind.PULL_REQUEST, source,
            tips=ids(get("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA"), tip),
            bases=(
                *ids(get("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA")),
                *branches(get("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME")),
            ),
            default_branch=default,
        )  # fmt: skip
    bases = ids(get("CI_COMMIT_BEFORE_SHA"))
    if source == "push" and get("CI_COMMIT_TAG"):
        return Event(EventKind.TAG, source, (*tag_ref(get("CI_COMMIT_TAG")), *ids(tip)), bases, default_branch=default)
    if source == "push" or (source == "parent_pipeline" and bases):
        return Event(EventKind.PUSH, source, ids(tip), bases, branch_name(get("CI_COMMIT_BRANCH")), default)
    return whole(source)


# The stage `.pre` exists in every pipeline.
_JOB = (
    "monei-guard:",
    "  stage: .pre",
    "  image: python:3.13-slim",
    "  variables:",
    '    GIT_DEPTH: "0"',
    "  before_script:",
    "    - apt-get update -qq && apt-get install -qq -y --no-install-recommends git",
    "    - pip install --quiet monei-guard==VERSION",
    "  script:",
    "    - monei-guard ci",
    "  rules:",
    '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"',
    "    - if: $CI_COMMIT_BRANCH",
    "    - if: $CI_COMMIT_TAG",
    "  artifacts:",
    "    when: always",
    "    reports:",
    "      secret_detection: gl-secret-detection-report.json",
    "      junit: monei-guard-junit.xml",
)

GITLAB = Platform(
    name="GitLab CI/CD",
    recognises=lambda variables: variables.get("GITLAB_CI") == "true",
    event=_event,
    deepen="set the job's variable 'GIT_DEPTH: 0'",
    reports=(("gitlab", "gl-secret-detection-report.json"), ("junit", "monei-guard-junit.xml")),
    config_files=CONFIG_FILES["GitLab CI/CD"],
    steps=(AppendedJob(b".gitlab-ci.yml", _JOB),),
)
