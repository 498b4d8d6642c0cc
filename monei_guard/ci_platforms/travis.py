"""Travis CI.

Variables: https://docs.travis-ci.com/user/environment-variables/#default-environment-variables. TRAVIS_COMMIT_RANGE is
empty for a new branch and names a commit that is gone after a force push. The depth is 50 commits
(https://docs.travis-ci.com/user/customizing-the-build/#git-clone-depth).
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
    name = get("TRAVIS_EVENT_TYPE", "")
    before = ids(get("TRAVIS_COMMIT_RANGE", "").partition("...")[0])
    tip = ids(get("TRAVIS_COMMIT"))
    if name == "pull_request":
        tips = ids(get("TRAVIS_PULL_REQUEST_SHA"))
        return Event(EventKind.PULL_REQUEST, name, tips, (*before, *branches(get("TRAVIS_BRANCH"))))
    if name != "push":
        return whole(name)
    if get("TRAVIS_TAG"):
        return Event(EventKind.TAG, name, (*tag_ref(get("TRAVIS_TAG")), *tip))
    return Event(EventKind.PUSH, name, tip, before, branch_name(get("TRAVIS_BRANCH")))


_STEP = (
    "git:",
    "  depth: false",
    "install: pip install --quiet monei-guard==VERSION",
    "script: monei-guard ci",
)

TRAVIS = Platform(
    name="Travis CI",
    recognises=lambda variables: variables.get("TRAVIS") == "true",
    event=_event,
    deepen="set 'git: {depth: false}'",
    config_files=CONFIG_FILES["Travis CI"],
    steps=(PastedStep(b".travis.yml", _STEP),),
)
