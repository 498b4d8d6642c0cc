"""Which files configure which CI system. Names alone: who asks only for these does not pay for what reads the systems.

Patterns are in lower case: `**` stands for anything, `*` for anything within a folder, `**/` at the beginning for any
folder or none, `{a,b}` for either.
"""

CONFIG_FILES: dict[str, tuple[str, ...]] = {
    "GitHub Actions": (
        ".github/workflows/**.{yml,yaml}", ".github/actions/**.{yml,yaml}", "action.{yml,yaml}",
    ),
    "Gitea or Forgejo Actions": (".gitea/workflows/**", ".forgejo/workflows/**"),
    "GitLab CI/CD": ("**/.gitlab-ci*.{yml,yaml}", ".gitlab/**.{yml,yaml}"),
    "CircleCI": (".circleci/**.{yml,yaml}",),
    "Bitbucket Pipelines": ("**/bitbucket-pipelines*.{yml,yaml}",),
    "Azure Pipelines": (
        "**/azure-pipelines*.{yml,yaml}", ".azure-pipelines/**.{yml,yaml}", ".azuredevops/**.{yml,yaml}",
    ),
    "Buildkite": (".buildkite/**.{yml,yaml}",),
    "Woodpecker": (".woodpecker/**", ".woodpecker.{yml,yaml}"),
    "Drone": (".drone.{yml,yaml}",),
    "Travis CI": (".travis.{yml,yaml}",),
    "TeamCity": (".teamcity/**",),
    "Jenkins": ("**/jenkinsfile*",),
    # On these, nothing tells `monei-guard ci` what a run is about.
    "AppVeyor": ("appveyor.{yml,yaml}", ".appveyor.{yml,yaml}"),
    "AWS CodeBuild": ("**/buildspec*.{yml,yaml}",),
    "Cirrus CI": (".cirrus.{yml,yaml}",),
    "Codemagic": ("**/codemagic*.{yml,yaml}",),
    "Google Cloud Build": ("**/cloudbuild*.{yml,yaml}",),
    "Semaphore": (".semaphore/**.{yml,yaml}",),
}  # fmt: skip
