"""What a repository could do with what is written and sent: links where reports go, keys of others called Monei's."""

import os
from pathlib import Path

import pytest
from git_repository import GitRepository
from guard_process import run_process
from made_keys import api_key
from rule_judge import builtin_finder

from monei_guard.ruleset.templates import expand
from monei_guard.verification.hosts import ApiUrlError, parse_api_url

# Where a pull request puts its link, and the arguments that write through it; `{}` is a folder outside the repository.
THROUGH_A_LINK = {
    "the report itself": ("report.json", "victim", ("scan", "--format", "json", "--output", "report.json")),
    "a further report": ("out.sarif", "victim", ("scan", "--report", "sarif=out.sarif")),
    "the folder of a report": ("reports", ".", ("scan", "--report", "html=reports/victim")),
    "a folder further up": ("build", ".", ("scan", "--output", "build/../build/victim")),
    "a link to nothing yet": ("junit.xml", "new", ("scan", "--report", "junit=junit.xml")),
    "scanned from below": ("report.json", "victim", ("scan", "src", "--output", "report.json")),
    "the folder of the cache": ("cache", ".", ("history", "--cache-dir", "cache")),
    "a folder of the cache's folder": ("cache", ".", ("history", "--cache-dir", "cache/inner")),
}


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
@pytest.mark.parametrize("attack", THROUGH_A_LINK)
def test_nothing_is_written_through_a_link_of_the_repository(
    repository: GitRepository, tmp_path: Path, attack: str
) -> None:
    link, target, arguments = THROUGH_A_LINK[attack]
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "victim").write_text("precious")
    repository.write("src/a.env", f"MONEI_API_KEY={api_key(attack)}\n")
    (repository.top / link).symlink_to(outside / target)
    repository.git("add", "-A")
    repository.git("commit", "-qm", "a report's place")
    outcome = run_process(*arguments, cwd=repository.top)
    assert outcome.code == 2, outcome.text
    assert "symbolic link inside the repository" in outcome.text
    assert "help: remove the link" in outcome.text
    assert {place.name: place.read_text() for place in outside.iterdir()} == {"victim": "precious"}
    assert (repository.top / link).is_symlink()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_the_cache_in_the_git_directory_is_written_through_no_link(repository: GitRepository, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    repository.stage("a.txt", "x\n")
    repository.git("commit", "-qm", "one")
    (repository.top / ".git/monei-guard").symlink_to(outside)
    outcome = run_process("history", cwd=repository.top, XDG_STATE_HOME=str(tmp_path / "state"))
    assert outcome.code == 0, outcome.text
    assert "no cache of scanned objects" in outcome.text
    assert "symbolic link" in outcome.text
    assert list(outside.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_of_the_users_own_is_followed(repository: GitRepository, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "mine").symlink_to(tmp_path / "real")
    outcome = run_process("scan", "--output", str(tmp_path / "mine/report"), cwd=repository.top)
    assert outcome.code == 0, outcome.text
    assert (tmp_path / "real/report").is_file()


@pytest.mark.parametrize("url", ["https://api.example.com:0", "http://127.0.0.1:0", "https://[::1]:0", "https://a:00"])
def test_port_0_is_no_place_to_send_a_key_to(url: str) -> None:
    with pytest.raises(ApiUrlError, match="port 0"):
        parse_api_url(url)


# What is called another company's and stands beside Monei's header, host or SDK; the value may fit no form of theirs.
CALLED_ANOTHERS = [
    'const stripeKey = "{}";\nfetch("https://api.monei.cc/me", {{ headers: {{ "X-API-KEY": stripeKey }} }});',
    'import {{ MoneiSDK }} from "monei-sdk";\nconst stripeKey = "{}";',
    "# https://api.monei.cc X-API-KEY\nSTRIPE_SECRET_KEY={}",
    'new MoneiSDK({{ stripeKey: "{}" }}); // https://api.monei.cc',
    "monei:\n  host: https://api.monei.cc\n  paystack_secret: {}",
    'curl https://api.monei.cc/me -H "X-API-KEY: $K" --clerk-secret-key {}',
]


@pytest.mark.parametrize("shape", ["sk_live_<<alnum:32>>", "sk_live_<<hex:32>>", "sk_test_<<alnum:48>>"])
@pytest.mark.parametrize("text", CALLED_ANOTHERS)
def test_a_value_called_another_companys_is_never_moneis(text: str, shape: str) -> None:
    content = text.format(expand(shape, "another's")).encode()
    found = builtin_finder(b"")(content, "src/pay.js")
    assert [one.vendor for one in found if one.vendor == "monei"] == []


@pytest.mark.parametrize("shape", ["sk_live_<<alnum:32>>", "sk_test_<<alnum:48>>"])
@pytest.mark.parametrize("name", ["moneiKey", "key", "secretKey"])
def test_a_value_called_moneis_or_nobodys_beside_moneis_host_stays_moneis(name: str, shape: str) -> None:
    content = f'fetch("https://api.monei.cc/me"); const {name} = "{expand(shape, name)}";'.encode()
    assert [one.vendor for one in builtin_finder(b"")(content, "src/pay.js")] == ["monei"]
