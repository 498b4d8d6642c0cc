"""Which files configure CI and deployment, and what they call their jobs."""

import re
from collections.abc import Callable
from enum import Enum
from functools import cache
from itertools import chain

from monei_guard.ci_platforms.config_files import CONFIG_FILES


class DeploymentFile(Enum):
    """What kind of automation a file configures."""

    CI = "CI configuration"
    PLATFORM = "deployment configuration"
    KUBERNETES = "Kubernetes or Helm manifest"
    TERRAFORM = "Terraform file"
    ANSIBLE = "Ansible variables file"


_PLATFORM = rb"""
    (?:.*/)?(?:render|app|serverless|docker-stack|railway|nixpacks|samconfig|template)\.(?:ya?ml|toml|json)
    | (?:.*/)?(?:vercel|now|heroku|firebase|apprunner|amplify)\.json | (?:.*/)?(?:netlify|fly[^/]*|wrangler)\.toml
    | (?:.*/)?wrangler\.jsonc? | (?:.*/)?procfile[^/]* | (?:.*/)?\.platform(?:\.app)?\.ya?ml | (?:.*/)?\.ebextensions/.*
    | (?:.*/)?\.do/[^/]*\.ya?ml | (?:.*/)?env_vars?\.ya?ml
"""
_KUBERNETES = rb"""
    (?:.*/)?(?:k8s|kubernetes|kube|manifests|helm|charts?|kustomize|argocd|flux)/.*\.(?:ya?ml|json|tpl)
    | (?:.*/)?values(?:[._-][^/]*)?\.ya?ml
    | (?:.*/)?(?:[^/]*[._-])?(?:secrets?|config-?maps?|deployment|statefulset|cronjob)(?:[._-][^/]*)?\.ya?ml
    | (?:.*/)?kustomization\.ya?ml
"""
_TERRAFORM = rb"(?:.*/)?[^/]*\.(?:tf|tofu|tfvars|tfvars\.json|tfstate|tfstate\.backup|tf\.json|hcl)"
_ANSIBLE = rb"""
    (?:.*/)?(?:group_vars|host_vars)/.* | (?:.*/)?(?:playbooks?|roles)/.*\.ya?ml
    | (?:.*/)?(?:playbook|site|ansible[^/]*)\.ya?ml
    | (?:.*/)?(?:inventory|hosts)(?:/.*|\.ini|\.ya?ml)
"""

# First match wins: a Kubernetes manifest in a CI folder is CI's. Made when asked, for few commits touch such a file.
_FILES: tuple[tuple[Callable[[], bytes], DeploymentFile], ...] = (
    (lambda: b"|".join(map(_expression, chain.from_iterable(CONFIG_FILES.values()))), DeploymentFile.CI),
    (lambda: _TERRAFORM, DeploymentFile.TERRAFORM),
    (lambda: _ANSIBLE, DeploymentFile.ANSIBLE),
    (lambda: _KUBERNETES, DeploymentFile.KUBERNETES),
    (lambda: _PLATFORM, DeploymentFile.PLATFORM),
)
_CANDIDATE = re.compile(
    rb"\.(?:ya?ml|json|jsonc|toml|tpl|tf\w*|hcl|backup|ini|config)$|jenkinsfile|procfile|_vars/|/?inventory|/?hosts"
)
_JOB = re.compile(rb"^( *)([A-Za-z_.][\w. -]{0,80}):\s*(?:#.*)?$")
_NOT_A_JOB = frozenset({
    b"jobs", b"steps", b"env", b"with", b"variables", b"script", b"before_script", b"after_script", b"environment",
    b"services", b"step", b"run", b"stages", b"on", b"pipelines", b"secrets", b"strategy",
    b"matrix", b"docker", b"inputs",
})  # fmt: skip


def deployment_file(path: bytes) -> DeploymentFile | None:
    """Return what kind of automation `path` configures, or None."""
    low = path.lower()
    if not _CANDIDATE.search(low):
        return None
    return next((kind for pattern, kind in _FILES if _compiled(pattern).fullmatch(low)), None)


@cache
def _compiled(pattern: Callable[[], bytes]) -> re.Pattern[bytes]:
    return re.compile(pattern(), re.VERBOSE)


def _expression(pattern: str) -> bytes:
    """Return a pattern of `config_files` as a regular expression."""
    text = re.escape(pattern)
    if text.startswith(r"\*\*/"):
        text = "(?:.*/)?" + text.removeprefix(r"\*\*/")
    text = text.replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return re.sub(r"\\\{(.*?)\\\}", lambda found: f"(?:{found[1].replace(',', '|')})", text).encode()


def job_name(before: bytes) -> str:
    """Return the name of the CI job that the end of `before` stands in, or "" where indentation shows none.

    `before` is the file up to some place on a line. The name is the outermost key above that line which is not one of
    the words CI systems use themselves: `jobs: → test: → env:` gives "test" for GitHub, `unit tests: → script:` gives
    "unit tests" for GitLab.
    """
    lines = before.split(b"\n")
    depth = len(lines[-1]) - len(lines[-1].lstrip(b" -"))
    name = b""
    for text in reversed(lines[:-1]):
        match = _JOB.match(text)
        if match is not None and len(match[1]) < depth:
            depth = len(match[1])
            if match[2].lower() not in _NOT_A_JOB:
                name = match[2]
        if depth == 0:
            break
    return name.decode("utf-8", "replace")
