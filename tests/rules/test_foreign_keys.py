"""Keys of other companies and of nobody: named, one secret each, and no leak where nothing speaks of Monei."""

import base64
import sys
from pathlib import Path

import pytest
from git_repository import GitRepository
from guard_process import run_process
from rule_judge import Finder, builtin_finder

from monei_guard.model.levels import Severity
from monei_guard.ruleset.templates import expand


@pytest.fixture(scope="module")
def find() -> Finder:
    return builtin_finder()


@pytest.mark.parametrize(
    ("name", "inner", "codes"),
    [
        ("WORKOS_API_KEY", "key_01<<alnum:26>>,<<alnum:25>>", []),
        ("HIGHNOTE_API_KEY", "key_01<<alnum:26>>,sk_live_<<alnum:25>>", []),
        ("API_KEY", "key_01<<alnum:26>>,sk_live_<<alnum:25>>", ["MG103"]),
        ("MONEI_SECRET_KEY", "key_99<<alnum:26>>,sk_live_<<alnum:25>>", ["MG103"]),
    ],
)  # fmt: skip
def test_a_key_and_what_it_decodes_to_are_one_secret(find: Finder, name: str, inner: str, codes: list[str]) -> None:
    value = "sk_live_" + base64.b64encode(expand(inner, name).encode()).decode()
    found = find(f"{name}={value}\n".encode(), ".env")
    assert [finding.code for finding in found] == codes
    assert all(finding.secret and finding.secret.reveal() == value.encode() for finding in found)


def test_a_key_of_monei_is_found_inside_another_companys(find: Finder) -> None:
    """Only what is no more informative than the outer key goes with it."""
    inner = expand("key_01<<alnum:30>>:mni_<<hex:32>>", "inside").encode()
    found = find(b"WORKOS_API_KEY=sk_live_" + base64.b64encode(inner), ".env")
    assert [finding.code for finding in found] == ["MG101"]


def test_two_keys_in_one_encoded_text_are_two(find: Finder) -> None:
    inner = expand("mni_<<hex:32>> mni_<<hex:32>>", "two").encode()
    found = find(b"MONEI_API_KEYS=" + base64.b64encode(inner), ".env")
    assert [finding.code for finding in found] == ["MG101", "MG101"]


KEY = expand("sk_live_<<alnum:57>>", "nobody")
FOREIGN = f"LENCO_SECRET_KEY={KEY}\n"


@pytest.mark.parametrize("path", [".env", ".env.development", "tests/pay.spec.ts", "README.md"])
@pytest.mark.parametrize("name", ["LENCO_SECRET_KEY", "SECRET", "apiKey", "money.token"])
def test_a_key_of_nobody_is_information_where_nothing_speaks_of_monei(find: Finder, name: str, path: str) -> None:
    severities = [finding.severity for finding in find(f'{name}="{KEY}"\n'.encode(), path)]
    assert severities == [Severity.INFO]


@pytest.mark.parametrize(
    ("path", "text", "manifests"),
    [
        (".env", f"# payouts: Monei\n\n{FOREIGN}", b""),
        (".env", f"{FOREIGN}MONEI_API_KEY=\n", b""),
        (".env", FOREIGN + "\n" * 400_000 + "// see Monei\n", b""),
        ("services/monei/.env", FOREIGN, b""),
        (".env", FOREIGN, b'"dependencies": {"monei-sdk": "^1.0.8"}'),
        (".env", FOREIGN, b'{"name": "shop-monei"}'),
    ],
)  # fmt: skip
def test_where_monei_is_spoken_of_it_stays_a_finding(path: str, text: str, manifests: bytes) -> None:
    found = builtin_finder(manifests)(text.encode(), path)
    assert [(finding.code, finding.vendor, finding.severity) for finding in found] == [
        ("MG103", "lenco", Severity.MEDIUM)
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{FOREIGN}# monei-guard: enforce\n",
        f"{FOREIGN}# https://docs.monei.com/api\n",
        f"{FOREIGN}# monei_guard hook\n",
    ],
)
def test_this_program_and_monei_com_are_no_sign_of_monei(find: Finder, text: str) -> None:
    assert [finding.severity for finding in find(text.encode(), ".env")] == [Severity.INFO]


OTHER_FILES = {
    "nothing": ({}, 0, "info"),
    "its own hook": ({".pre-commit-config.yaml": "repos: [{repo: monei-guard, hooks: []}]\n"}, 0, "info"),
    "a call": ({"src/a.js": 'fetch("https://api.monei.cc/api/v1/user/me", { retry: 3 })\n'}, 1, "medium"),
    "a word": ({"docs/readme.txt": "Payouts go through Monei.\n"}, 1, "medium"),
}  # fmt: skip


@pytest.mark.parametrize("command", ["scan", "staged", "history", "range"])
@pytest.mark.parametrize(("files", "code", "severity"), OTHER_FILES.values(), ids=OTHER_FILES.keys())
def test_the_whole_repository_is_asked(
    repository: GitRepository, command: str, files: dict[str, str], code: int, severity: str
) -> None:
    for name, text in files.items():
        repository.commit_file(name, text)
    repository.commit("before")
    repository.stage(".env.development", FOREIGN)
    if command != "staged":
        repository.commit("added")
    arguments = ("range", "HEAD~1..HEAD") if command == "range" else (command,)
    done = run_process(*arguments, "--format", "json", "--ignore", "MG201,MG208", cwd=repository.top)
    found = [(one["code"], one["vendor"], one["severity"]) for one in done.findings if one["code"] != "MG406"]
    assert (found, done.code) == ([("MG103", "lenco", severity)], code)


def test_no_advice_on_the_repository_for_a_key_of_nobody(repository: GitRepository) -> None:
    workflow = f"jobs:\n  test:\n    env:\n      SECRET: {KEY}\n"
    places = {".env.development": FOREIGN, "docker-compose.yml": f"a: {KEY}\n", ".github/workflows/ci.yml": workflow}
    for name, text in places.items():
        repository.stage(name, text)
    done = run_process("scan", "--format", "json", "--ignore", "MG201", cwd=repository.top)
    assert [(one["code"], one["severity"]) for one in done.findings] == [("MG103", "info")] * 3
    assert done.code == 0


def test_a_server_asks_what_is_pushed(repository: GitRepository, tmp_path: Path) -> None:
    server = GitRepository(tmp_path / "server.git")
    server.top.mkdir()
    server.git("init", "-q", "--bare")
    hook = server.top / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m monei_guard hook-pre-receive\n', encoding="utf-8")
    hook.chmod(0o755)
    repository.git("remote", "add", "server", str(server.top))
    repository.commit_file(".env", FOREIGN)
    repository.git("push", "-q", "server", "HEAD:refs/heads/plain")
    repository.commit_file("pay.txt", "Payouts go through Monei.\n")
    repository.commit_file("other.env", FOREIGN.replace("LENCO", "POLAR"))
    repository.git("push", "-q", "server", "HEAD:refs/heads/with-monei", ok=False)
    assert server.git("for-each-ref", "--format=%(refname)").decode().split() == ["refs/heads/plain"]


def test_a_report_counts_no_information_as_leaked(repository: GitRepository) -> None:
    repository.write("a.env", FOREIGN)
    page = run_process("scan", "--format", "html", "--ignore", "MG2", cwd=repository.top).out.decode()
    assert "Nothing was found that needs attention." in page
    text = run_process("scan", "--format", "markdown", "--ignore", "MG2", cwd=repository.top).out.decode()
    assert text.startswith("## monei-guard: ✅ nothing that needs attention, 1 piece of information\n")
