"""CircleCI.

Variables: https://circleci.com/docs/reference/variables/. What was there before is a pipeline value, not a variable:
hand it over as MONEI_GUARD_BASE: << pipeline.git.base_revision >>. `checkout` clones without old file contents unless
it is told `method: full` (https://circleci.com/docs/reference/configuration-reference/#checkout).
"""

from monei_guard.ci_platforms.config_files import CONFIG_FILES
from monei_guard.ci_platforms.event import Event, EventKind, Payload, Platform, Variables, branch_name, ids, tag_ref
from monei_guard.ci_platforms.steps import PastedStep


def _event(variables: Variables, payload: Payload) -> Event:
    del payload
    tip = ids(variables.get("CIRCLE_SHA1"))
    if variables.get("CIRCLE_TAG"):
        return Event(EventKind.TAG, "tag", (*tag_ref(variables.get("CIRCLE_TAG")), *tip))
    return Event(EventKind.PUSH, "branch", tip, branch=branch_name(variables.get("CIRCLE_BRANCH")))


_STEP = (
    "environment:",
    "  MONEI_GUARD_BASE: << pipeline.git.base_revision >>",
    "steps:",
    "  - checkout:",
    "      method: full",
    "  - run: pip install --quiet monei-guard==VERSION",
    "  - run: monei-guard ci",
    "  - store_test_results:",
    "      path: monei-guard-junit.xml",
)

CIRCLECI = Platform(
    name="CircleCI",
    recognises=lambda variables: variables.get("CIRCLECI") == "true",
    event=_event,
    deepen="write the step as '- checkout: {method: full}'",
    reports=(("junit", "monei-guard-junit.xml"),),
    config_files=CONFIG_FILES["CircleCI"],
    steps=(PastedStep(b".circleci/config.yml", _STEP),),
)
