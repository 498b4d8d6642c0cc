"""Environment files, Dockerfiles, manifests and lists as the checks read them; hostile input included."""

import time

import pytest

from monei_guard.fixing.text_edits import ignore_pattern, with_lines, with_pre_commit_hook
from monei_guard.hygiene.checks.key_in_agent_config import is_agent_file
from monei_guard.hygiene.env_file_names import EnvFileKind, EnvironmentSide, env_file_kind, side_of_name, side_of_path
from monei_guard.hygiene.readers.deployment_files import DeploymentFile, deployment_file, job_name
from monei_guard.hygiene.readers.dockerfile import instructions, is_dockerfile
from monei_guard.hygiene.readers.dotenv_files import ValueKind, assignments, is_encrypted, value_kind
from monei_guard.hygiene.readers.package_manifests import (
    manifest_in_ships,
    npm_files_list,
    serverless_patterns,
)
from monei_guard.hygiene.readers.python_builds import build_lists
from monei_guard.hygiene.readers.ship_patterns import dockerignore_patterns, gitignore_patterns


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (".env", EnvFileKind.DEDICATED),
        (".ENV", EnvFileKind.DEDICATED),
        (".env.local", EnvFileKind.DEDICATED),
        (".env.production", EnvFileKind.DEDICATED),
        (".env-staging", EnvFileKind.DEDICATED),
        (".env~", EnvFileKind.DEDICATED),
        ("prod.env", EnvFileKind.DEDICATED),
        (".dev.vars", EnvFileKind.DEDICATED),
        (".env.bak", EnvFileKind.DEDICATED),
        (".envrc", EnvFileKind.MIXED),
        (".flaskenv", EnvFileKind.MIXED),
        ("env.sh", EnvFileKind.MIXED),
        ("local.settings.json", EnvFileKind.MIXED),
        ("appsettings.Staging.json", EnvFileKind.MIXED),
        ("config/master.key", EnvFileKind.KEY),
        ("config/credentials/production.key", EnvFileKind.KEY),
        (".env.keys", EnvFileKind.KEY),
        (".env.example", EnvFileKind.TEMPLATE),
        (".env.local.example", EnvFileKind.TEMPLATE),
        (".env.example.local", EnvFileKind.TEMPLATE),
        ("example.env", EnvFileKind.TEMPLATE),
        ("env.sample", EnvFileKind.TEMPLATE),
        (".env.dist", EnvFileKind.TEMPLATE),
        (".dev.vars.example", EnvFileKind.TEMPLATE),
        (".env.vault", EnvFileKind.ENCRYPTED),
        ("secrets.enc.env", EnvFileKind.ENCRYPTED),
        (".env.age", EnvFileKind.ENCRYPTED),
        ("env.d.ts", None),
        ("env.js", None),
        ("environment.py", None),
        ("host.key", None),
        ("README.md", None),
        ("settings.json", None),
        (".github/workflows/env.md", None),
    ],
)
def test_a_name_says_what_kind_of_file_it_is(name: str, kind: EnvFileKind | None) -> None:
    assert env_file_kind(name.encode()) is kind


def test_python_dotenv_reads_quotes_exports_lines_comments_and_repeats() -> None:
    text = b"""\xef\xbb\xbf# head
export A=1 # one
B = 'two words'

C="line one
line two"
D=${A}-x
A=again
E=
just words
F
"""
    found = assignments(b".env", text)
    assert [(a.name, a.value.reveal(), a.line) for a in found] == [
        ("A", b"1", 2), ("B", b"two words", 3), ("C", b"line one\nline two", 5), ("D", b"${A}-x", 7),
        ("A", b"again", 8), ("E", b"", 9),
    ]  # fmt: skip
    assert found[-1].kind is ValueKind.EMPTY


def test_a_value_never_shows_itself() -> None:
    (one,) = assignments(b".env", b"TOKEN=abcdefghijklmnopqrstuvwxyz0123456789\n")
    assert "klmnop" not in repr(one)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", ValueKind.EMPTY),
        ("  ", ValueKind.EMPTY),
        ("${OTHER}", ValueKind.REFERENCE),
        ("$OTHER", ValueKind.REFERENCE),
        ("op://vault/item/field", ValueKind.REFERENCE),
        ("$(pass show monei)", ValueKind.REFERENCE),
        ("@Microsoft.KeyVault(SecretUri=x)", ValueKind.REFERENCE),
        ("encrypted:BASE64==", ValueKind.ENCRYPTED),
        ("ENC[AES256_GCM,data:x]", ValueKind.ENCRYPTED),
        ("<your key>", ValueKind.PLACEHOLDER),
        ("changeme", ValueKind.PLACEHOLDER),
        ("your_api_key_here", ValueKind.PLACEHOLDER),
        ("xxxx", ValueKind.PLACEHOLDER),
        ("...", ValueKind.PLACEHOLDER),
        ("postgres://u:${PW}@h/db", ValueKind.LITERAL),
        ("1", ValueKind.LITERAL),
        ("abc$def", ValueKind.LITERAL),
    ],
)
def test_a_value_is_empty_a_reference_encrypted_a_placeholder_or_literal(value: str, kind: ValueKind) -> None:
    assert value_kind(value) is kind


def test_encrypted_files_are_known_by_their_beginning() -> None:
    for head in (
        b"\0GITCRYPT\0x",
        b"age-encryption.org/v1\n",
        b"-----BEGIN PGP MESSAGE-----\n",
        b"$ANSIBLE_VAULT;1.1\n",
    ):
        assert is_encrypted(head)
        assert assignments(b".env", head) == ()
    assert is_encrypted(b"A=ENC[x]\nsops_version=3\n")
    assert not is_encrypted(b"A=1\n")


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("MONEI_PROD_API_KEY", EnvironmentSide.PRODUCTION),
        ("moneiLiveKey", EnvironmentSide.PRODUCTION),
        ("DEV_API_KEY", EnvironmentSide.DEVELOPMENT),
        ("MONEI_API_KEY", EnvironmentSide.UNKNOWN),
        ("PRODUCT_ID", EnvironmentSide.UNKNOWN),
        ("device", EnvironmentSide.UNKNOWN),
        ("SANDBOX_API_KEY", EnvironmentSide.DEVELOPMENT),
    ],
)
def test_a_name_speaks_of_a_side_by_whole_words(name: str, side: EnvironmentSide) -> None:
    assert side_of_name(name) is side


def test_a_path_speaks_by_its_file_first_and_then_by_its_folders() -> None:
    assert side_of_path(b"test/values-prod.yaml") is EnvironmentSide.PRODUCTION
    assert side_of_path(b"deploy/production/values.yaml") is EnvironmentSide.PRODUCTION
    assert side_of_path(b"tests/config.py") is EnvironmentSide.DEVELOPMENT
    assert side_of_path(b".env") is EnvironmentSide.UNKNOWN


def test_a_dockerfile_is_read_with_continuations_comments_heredocs_and_json() -> None:
    data = b"""# syntax=docker/dockerfile:1
FROM python:3.13 AS base
ENV A=1 \\
    # a comment inside
    B="two words"
RUN <<EOF
COPY . .
EOF
COPY --chown=1:1 ["a b", "/dst/"]
ONBUILD COPY x y
ENV OLD form of it
"""
    found = instructions(data)
    assert [(i.keyword, i.words, i.line) for i in found] == [
        ("FROM", ("python:3.13", "AS", "base"), 2), ("ENV", ("A=1", "B=two words"), 3), ("RUN", ("<<EOF",), 6),
        ("COPY", ("a b", "/dst/"), 9), ("COPY", ("x", "y"), 10), ("ENV", ("OLD=form of it",), 11),
    ]  # fmt: skip
    assert found[3].flags == ("--chown=1:1",)
    for one in found:
        assert data[one.start : one.end].strip()


def test_dockerfile_names() -> None:
    for name in (b"Dockerfile", b"docker/Dockerfile.prod", b"api.dockerfile", b"Containerfile"):
        assert is_dockerfile(name)
    for name in (b"Dockerfile.dockerignore", b".dockerignore", b"docker-compose.yml", b"dockerfile_parser.py/x"):
        assert not is_dockerfile(name)


def test_dockerignore_is_anchored_and_the_last_match_wins() -> None:
    rules = dockerignore_patterns([".env", "!keep/.env", "/build/", "# no", "!", "docs", "!docs/a.md"])
    assert rules.match_file(".env")
    assert not rules.match_file("api/.env")
    assert rules.match_file("build/x")
    assert rules.match_file("docs/b.md")
    assert not rules.match_file("docs/a.md")
    assert dockerignore_patterns(["*", "!src"]).match_file(".env")
    assert dockerignore_patterns(["**/.env"]).match_file("a/b/.env")


def test_gitignore_lists_match_at_any_depth() -> None:
    assert gitignore_patterns([".env"]).match_file("api/.env")
    assert not gitignore_patterns(["/.env"]).match_file("api/.env")


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("global-include *\n", ".env", 1),
        ("graft config\n", "config/.env", 1),
        ("graft config\n", ".env", 0),
        ("include .env\nexclude .env\n", ".env", 0),
        ("recursive-include config *\n", "config/a/.env", 1),
        ("graft .\nprune config\n", "config/.env", 0),
        ("# include .env\n\n", ".env", 0),
        ("include *.md\n", ".env", 0),
    ],
)
def test_manifest_in_commands_are_taken_in_order(text: str, name: str, line: int) -> None:
    assert manifest_in_ships(text, name) == line


def test_npm_manifests() -> None:
    found = npm_files_list('{\n "name": "a",\n "files": ["dist", 1]\n}')
    assert found is not None
    assert (found.patterns, found.line) == (("dist",), 3)
    assert npm_files_list('{"name": "a", "private": true, "files": ["."]}') is None
    for broken in ("", "[]", "{", "null", "[" * 100_000):
        assert npm_files_list(broken) is None


def test_pyproject_lists_of_every_build_tool() -> None:
    data = b"""
[tool.hatch.build.targets.wheel.force-include]
".env" = "x/.env"
[tool.poetry]
include = ["a", {path = "b", format = "sdist"}]
[tool.setuptools.package-data]
"*" = ["*.env"]
[tool.ruff]
include = ["never.env"]
"""
    list_for = build_lists(data)
    keys = {
        name: found.key if (found := list_for(name)) else None for name in (".env", "a", "b", "x/p.env", "never.env")
    }
    assert keys == {
        ".env": "tool.hatch.build.targets.wheel.force-include",
        "a": "tool.poetry.include",
        "b": "tool.poetry.include",
        "x/p.env": "tool.setuptools.package-data",
        "never.env": None,
    }
    for broken in (b"\xff", b"[", b"tool = 1", b"[tool]\nhatch = 1\nsetuptools = 1\n"):
        assert build_lists(broken)(".env") is None


def test_serverless_packages() -> None:
    assert serverless_patterns("package:\n  patterns:\n    - '!.env*'\n    - src/**\nother: 1\n") == (
        "!.env*",
        "src/**",
    )
    assert serverless_patterns("package:\n  exclude:\n    - .env\n") == ("!.env",)
    assert serverless_patterns("useDotenv: true\n") is None
    assert serverless_patterns("plugins:\n  - serverless-esbuild\n") is None
    assert serverless_patterns("service: x\n") == ()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".github/workflows/ci.yml", DeploymentFile.CI),
        ("sub/.gitlab-ci.yml", DeploymentFile.CI),
        ("Jenkinsfile", DeploymentFile.CI),
        (".circleci/config.yml", DeploymentFile.CI),
        ("azure-pipelines-release.yml", DeploymentFile.CI),
        ("action.yml", DeploymentFile.CI),
        ("render.yaml", DeploymentFile.PLATFORM),
        ("vercel.json", DeploymentFile.PLATFORM),
        ("netlify.toml", DeploymentFile.PLATFORM),
        ("fly.staging.toml", DeploymentFile.PLATFORM),
        ("app.json", DeploymentFile.PLATFORM),
        ("infra/prod.tfvars", DeploymentFile.TERRAFORM),
        ("terraform.tfstate", DeploymentFile.TERRAFORM),
        ("chart/values.yaml", DeploymentFile.KUBERNETES),
        ("k8s/app.yaml", DeploymentFile.KUBERNETES),
        ("db-secret.yaml", DeploymentFile.KUBERNETES),
        ("group_vars/all", DeploymentFile.ANSIBLE),
        ("src/app.py", None),
        ("package.json", None),
        ("tsconfig.json", None),
        ("docs/values.md", None),
    ],
)
def test_ci_and_deployment_files_are_known_by_their_place(path: str, kind: DeploymentFile | None) -> None:
    assert deployment_file(path.encode()) is kind


def test_the_job_around_a_line() -> None:
    github = b"jobs:\n  unit-test:\n    steps:\n      - run: x\n        env:\n          KEY: y\n"
    assert job_name(github.removesuffix(b"y\n")) == "unit-test"
    assert job_name(b"test:\n  variables:\n    KEY: ") == "test"
    assert job_name(b"variables:\n  KEY: ") == ""
    assert job_name(b"") == ""


def test_agent_files_are_known_by_their_place() -> None:
    for path in (
        b".cursor/mcp.json",
        b".mcp.json",
        b"x/claude_desktop_config.json",
        b".vscode/mcp.json",
        b".codex/config.toml",
        b".gemini/settings.json",
        b".claude/settings.local.json",
        b"CLAUDE.md",
        b"mcp_config.json",
    ):
        assert is_agent_file(path)
    for path in (b"src/mcp.py", b".vscode/extensions.json", b"README.md", b"claude/notes.txt"):
        assert not is_agent_file(path)


def test_added_lines_keep_line_ends_and_what_stands_before() -> None:
    assert with_lines(None, ["a"], "why") == b"# why\na\n"
    assert with_lines(b"x", ["a"]) == b"x\na\n"
    assert with_lines(b"x\r\ny", ["a", b"b"], "why") == b"x\r\ny\r\n\r\n# why\r\na\r\nb\r\n"


def test_an_ignore_line_matches_its_name_and_nothing_else() -> None:
    for name in ("a*b", "!x", "#y", "with space ", "sq[1]", "back\\slash"):
        rules = gitignore_patterns([ignore_pattern(name.encode()).decode()])
        assert rules.match_file(name)
        assert not rules.match_file("azb")


def test_a_hook_entry_follows_the_form_of_the_list() -> None:
    item = ("- repo: local", "  hooks:", "    - id: x")
    indented = with_pre_commit_hook(b"repos:\n  - repo: a\n    hooks: []\n", item)
    assert indented == b"repos:\n  - repo: a\n    hooks: []\n  - repo: local\n    hooks:\n      - id: x\n"
    assert with_pre_commit_hook(b"repos: []\n", item) is None
    assert with_pre_commit_hook(b"", item) is None
    windows = with_pre_commit_hook(b"repos:\r\n- repo: a\r\n", item)
    assert windows is not None
    assert windows.count(b"\n") == windows.count(b"\r\n")


HOSTILE = [
    b"A=" + b"'" * 50_000, b'"' * 50_000, b"=" * 50_000, b"A" * 50_000, b"A='" + b"\\'" * 25_000, b"\n" * 50_000,
    b"${" * 25_000, b"A=" + b"${" * 25_000, b" " * 50_000, b"export " * 7_000, b"A=\\\n" * 10_000, b"<<E " * 12_000,
    b"- " * 25_000, b"a:\n" * 15_000, b"\0" * 50_000, b"RUN <<A\n" * 5_000, b"\xff\xfe" + b"A\0" * 25_000,
    b"A: " + b"B: " * 15_000, b"x" * 25_000 + b"=" + b" #" * 12_000,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_text_ends_in_bounded_time_and_without_an_error(number: int) -> None:
    data = HOSTILE[number]
    start = time.process_time()
    for path in (b".env", b"env.json"):
        assignments(path, data)
    instructions(data)
    text = data.decode("latin-1")
    manifest_in_ships(text, ".env")
    serverless_patterns(text)
    build_lists(data)(".env")
    npm_files_list(text)
    job_name(data)
    with_pre_commit_hook(data, ("- repo: local",))
    assert time.process_time() - start < 3
