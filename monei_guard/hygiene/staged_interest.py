"""Whether a commit touches anything that the checks of this package care about: byte searches, nothing imported.

A false yes costs a commit some 30 ms, a false no would lose a finding; a test holds the words and the checks together.
Files that matter only when they hold a key (agent configuration, manifests, compose files) are looked at whenever the
scan itself found something, so their names need not be here.
"""

_WORDS = (
    b"env", b".dev.vars", b"settings", b".key", b"docker", b"containerfile", b"ignore",
    b"package.json", b"pyproject.toml", b"manifest.in", b"serverless.y",
    b".github/", b"gitlab", b".circleci/", b"pipelines", b"action.y", b".travis", b".drone", b".woodpecker",
    b".buildkite", b"appveyor", b"jenkinsfile", b"cloudbuild", b"buildspec", b"codemagic", b".semaphore", b".teamcity",
    b".forgejo", b".gitea", b".azure", b".cirrus",
)  # fmt: skip


def concerns_hygiene(path: bytes) -> bool:
    """Return whether some check may have something to say about a staged file of that name."""
    low = path.lower()
    return any(word in low for word in _WORDS)
