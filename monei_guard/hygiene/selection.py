"""Whether a commit touches anything that the checks of this package care about: byte searches, nothing imported.

A false yes costs a commit some 75 ms, a false no would lose a finding; a test holds the words and the checks together.
Files that matter only when they hold a key (agent configuration, manifests, compose files) are looked at whenever the
scan itself found a key, so their names need not be here.
"""

IN_NAME = (
    b".env", b"dotenv", b"flaskenv", b"env.sh", b".dev.vars", b"local.settings", b"appsettings", b".key", b"docker",
    b"containerfile", b"ignore", b"package.json", b"pyproject.toml", b"manifest.in", b"serverless.y", b"gitlab-ci",
    b"pipelines", b"action.y", b".travis", b".drone", b".woodpecker", b"appveyor", b"jenkinsfile", b"cloudbuild",
    b"buildspec", b"codemagic", b".cirrus",
)  # fmt: skip
NAME_STARTS = (b"env.", b"env-", b"env_")
IN_PATH = (
    b".github/", b".gitlab/", b".circleci/", b".woodpecker/", b".buildkite/", b".semaphore/", b".teamcity/",
    b".forgejo/", b".gitea/", b".azure",
)  # fmt: skip


def concerns_hygiene(path: bytes) -> bool:
    """Return whether some check may have something to say about a staged file of that name."""
    low = path.lower()
    name = low.rpartition(b"/")[2]
    return (
        name.startswith(NAME_STARTS)
        or name.endswith(b"env")
        or any(word in name for word in IN_NAME)
        or any(word in low for word in IN_PATH)
    )
