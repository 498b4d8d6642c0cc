"""Whatever stands beside a key, in its name or around it: every byte of every format, log and file is searched."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from git_repository import SETTINGS, GitRepository
from guard_process import Outcome, run_process
from made_keys import api_key, line_of
from report_values import full_report
from scanners import builtin_scanner, find

from monei_guard.model.hidden_values import hidden_spans, text_kind
from monei_guard.reporting.formats import FORMATS, write_report
from monei_guard.reporting.report_redaction import report_without_keys
from monei_guard.ruleset.templates import expand

MARK = "monei-guard:"  # apart, so that these lines are no directives themselves

# What gives its value away in a line of a file: path, line. `{}` is the value, of the shape that follows.
BESIDE = (
    (".env", "AWS_SECRET_ACCESS_KEY={}", "<<alnum:40>>"),
    (".env", "AWS_ACCESS_KEY_ID={}", "AKIA<<digits:16>>"),
    (".env", "DB_PASSWORD={}", "correct horse <<digits:4>> battery"),
    (".env", "DB_PASSWORD='{}'", "swordfish<<digits:2>>"),
    (".env", "export PGPASSWORD={}", "hunter<<digits:3>>"),
    (".env", "DATABASE_URL=postgres://app:{}@db/app", "s3cr<<alnum:6>>"),
    (".env", "GITHUB_TOKEN={}", "ghp_<<alnum:36>>"),
    (".env", "SLACK_WEBHOOK=https://hooks.slack.com/services/{}", "T0/B0/<<alnum:24>>"),
    (".env", "# OLD_PASSWORD={}", "winter<<digits:4>>"),
    (".env", "PIN={}", "<<digits:6>>"),
    (".env.production", "MAIL_PASSWORD: {}", "letmein<<digits:3>>"),
    ("prod.env", "SENTRY_DSN=https://{}@o1.ingest.sentry.io/1", "<<hex:32>>"),
    ("config.yaml", "password: {}", "correct horse <<digits:4>>"),
    ("config.yaml", "  secret_key_base: {}", "<<hex:128>>"),
    ("config.yaml", "basic_auth: admin:{}", "opensesame<<digits:3>>"),
    ("config.yaml", "- {{name: DB_PASS, value: {}}}", "tr0ub<<alnum:5>>"),
    ("config.json", '  "password": "{}",', "open,sesame&<<digits:4>>"),
    ("config.json", '  "pin": {},', "<<digits:4>>"),
    ("config.ini", "passwd = {}", "abc:def<<digits:3>>"),
    ("app.properties", "spring.datasource.password={}", "qwerty<<digits:4>>"),
    ("settings.xml", "<password>{}</password>", "maven<<digits:4>>"),
    ("settings.xml", '<add key="Pass" value="{}"/>', "iis<<digits:5>>"),
    ("deploy.sh", "mysql -u root -p{}", "mysql<<digits:4>>"),
    ("deploy.sh", "mysqldump --password {} db", "dump<<digits:4>>"),
    ("deploy.sh", "sshpass -p {} ssh host", "sshpass<<digits:4>>"),
    ("deploy.sh", 'curl -u user:{} -H "X-Other: 1" x', "curlpw<<digits:4>>"),
    ("deploy.sh", "psql postgres://u:{}@h/db", "pgurl<<digits:4>>"),
    ("Dockerfile", "ENV DB_PASSWORD={}", "docker<<digits:4>>"),
    ("pay.js", 'const password = "{}";', "correct-horse-<<digits:2>>"),
    ("pay.js", "const twilio = '{}';", "AC<<hex:32>>"),
    ("pay.js", "const sendgrid = `{}`;", "SG.<<alnum:22>>.<<alnum:43>>"),
    ("pay.js", "// password: {}", "comment<<digits:3>>"),
    ("pay.js", "pay({{ pin: {}, amount: 5 }});", "<<digits:6>>"),
    ("pay.js", 'const c = ok ? "{}" : null;', "ternary<<digits:3>>"),
    ("pay.js", 'login("admin", "{}");', "argument<<digits:3>>"),
    ("pay.py", 'PASSWORD = "{}"', "python<<digits:3>>"),
    ("pay.py", "    password: {}", "docstring<<digits:3>>"),
    ("pay.go", 'var jwt = "{}"', "<<jwt>>"),
    ("pay.rb", "SECRET = '{}'", "ruby<<digits:3>>"),
    ("pay.php", "$cfg['secret'] => '{}',", "php<<digits:3>>"),
    ("README.md", "The password is {} for now", "readme<<digits:3>>"),
    ("README.md", "a key {} stands here", "<<alnum:40>>"),
    ("notes.txt", "pw: {}", "notes<<digits:3>>"),
    ("notes.txt", "login admin {}", "netrc<<digits:3>>"),
    (".netrc", "machine h login bob password {}", "machine<<digits:3>>"),
    (".pgpass", "h:5432:db:bob:{}", "pgpass<<digits:3>>"),
    (".npmrc", "//registry.npmjs.org/:_authToken={}", "npm_<<alnum:36>>"),
    ("users.csv", "bob,bob@example.com,{}", "cell<<digits:3>>"),
    ("id.pem", "{}", "<<base64:64>>"),
    ("docker-compose.yml", "      POSTGRES_PASSWORD: {}", "compose<<digits:3>>"),
    ("main.tf", 'password = "{}"', "terraform<<digits:3>>"),
    ("nginx.conf", 'proxy_set_header Authorization "Basic {}";', "<<base64:24>>"),
    ("application.yml", "password:\n  {}", "below<<digits:3>>"),
    ("run.log", "INFO token={} accepted", "logged<<digits:3>>"),
    ("Makefile", "\tDEPLOY_TOKEN={} ./deploy", "make<<digits:3>>"),
    ("app.toml", 'api_key = "{}"', "<<hex:40>>"),
    ("app.service", "Environment=PASS={}", "systemd<<digits:3>>"),
    ("Info.plist", "<key>Pass</key><string>{}</string>", "plist<<digits:3>>"),
    ("seed.sql", "INSERT INTO users VALUES ('bob', '{}');", "sqlpw<<digits:3>>"),
    ("seed.sql", "ALTER USER bob PASSWORD '{}';", "alter<<digits:3>>"),
)  # fmt: skip


def beside(index: int) -> tuple[str, str, str]:
    """Return path, line and value of one of them."""
    path, line, shape = BESIDE[index]
    value = expand(shape, f"beside/{index}")
    return path, line.format(value), value


def assert_nowhere(written: bytes, values: list[str], what: str) -> None:
    """No value, no half of one and no encoding of it stands in what was written."""
    for value in values:
        halves = [value, value[: len(value) // 2 + 1], value[len(value) // 2 :]] if len(value) > 20 else [value]
        for form in (*halves, value.encode().hex(), base64.b64encode(value.encode()).decode(), quote(value, safe="")):
            assert form.encode() not in written, f"{what} shows {form[:3]}… of {len(value)}"


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file below a folder."""
    for where, _, names in os.walk(folder):
        for name in names:
            yield name, (Path(where) / name).read_bytes()


def assert_hidden_by(outcome: Outcome, reports: Path, values: list[str]) -> None:
    """No value stands in what a run wrote, wherever it did."""
    assert_nowhere(outcome.out + outcome.err, values, "the output")
    for name, content in everything(reports):
        assert_nowhere(content, values, name)


def run_with_all_formats(*command: str, cwd: Path, reports: Path) -> Outcome:
    """Run a command that writes every format, its caches and its state into `reports`."""
    reports.mkdir(exist_ok=True)
    wanted = [part for name in FORMATS for part in ("--report", f"{name}={reports / name}")]
    return run_process(*command, *wanted, cwd=cwd, XDG_CACHE_HOME=str(reports), XDG_STATE_HOME=str(reports / "state"))


def planted(repository: GitRepository) -> list[str]:
    """Put each value next to a key, above it and below it, in a file of its kind; return the values."""
    values = []
    for number in range(len(BESIDE)):
        path, line, value = beside(number)
        folder = f"{number:02}"
        key = f"MONEI_API_KEY={api_key(number)}"
        repository.write(f"{folder}/{path}", f"{line}\n{key}\n{line}\n")
        if len(value) > 4:  # four digits stand anywhere
            values.append(value)
    return values


def test_sixty_kinds_of_secrets_stand_beside_keys() -> None:
    assert len({shape + line for _, line, shape in BESIDE}) >= 60


@pytest.mark.parametrize("number", range(len(BESIDE)), ids=[f"{path}: {line[:20]}" for path, line, _ in BESIDE])
def test_a_line_beside_a_key_shows_no_value(number: int) -> None:
    path, line, value = beside(number)
    key = f'MONEI_API_KEY="{api_key(number)}"'
    found = find(builtin_scanner(), f"{line}\n{key}\n{line}\n".encode(), path.encode())
    shown = [text.text for one in found if one.snippet is not None for text in one.snippet.lines]
    assert any("MONEI_API_KEY" in text for text in shown)
    assert_nowhere("\n".join(shown).encode(), [value], path)


def test_no_format_of_any_command_shows_what_stands_beside_a_key(repository: GitRepository, tmp_path: Path) -> None:
    values = planted(repository)
    repository.git("add", "-f", "-A")
    staged = run_with_all_formats("staged", cwd=repository.top, reports=tmp_path / "staged")
    assert staged.code == 1, staged.text
    repository.git("commit", "-qm", "all")
    outcomes = {"staged": staged}
    for command in (("scan",), ("history",), ("audit",)):
        outcomes[command[0]] = run_with_all_formats(*command, cwd=repository.top, reports=tmp_path / command[0])
        assert outcomes[command[0]].code in {1, 3}, outcomes[command[0]].text
    for name, outcome in outcomes.items():
        assert b"MG101" in outcome.out
        assert_hidden_by(outcome, tmp_path / name, values)
    for name, content in everything(repository.top / ".git/monei-guard"):
        assert_nowhere(content, values, name)


# Programs that put a key together, `{prefix}` its first half and `{body}` the rest.
IN_PARTS = {
    "names.py": "P = '{prefix}'\nH = '{body}'\nMONEI_API_KEY = P + H\n",
    "names.js": "const p = '{prefix}';\nconst moneiApiKey = p + '{body}';\nuse(p);\n",
    "list.js": "const parts = ['{prefix}', '{body}'];\nconst moneiKey = parts.join('');\n",
    "neighbour.py": "MONEI_API_KEY = ('{prefix}'\n    '{body}')\n",
    "continued.sh": "MONEI_API_KEY={prefix}\\\n{body}\n",
    "folded.yaml": "monei_api_key: >\n  {prefix}\n  {body}\n",
    "template.js": "const H = '{body}';\nconst moneiKey = `{prefix}${{H}}`;\n",
    "added.py": "k = '{prefix}'\nk += '{body}'\nMONEI_API_KEY = k\n",
}


@pytest.mark.parametrize("path", IN_PARTS)
def test_a_key_in_parts_is_masked_in_all_its_parts(repository: GitRepository, tmp_path: Path, path: str) -> None:
    key = api_key(path)
    repository.write(path, IN_PARTS[path].format(prefix=key[:4], body=key[4:]))
    repository.git("add", "-A")
    repository.git("commit", "-qm", "parts")
    for command in ("scan", "history"):
        outcome = run_with_all_formats(command, cwd=repository.top, reports=tmp_path / command)
        # Constants are folded where the file's name says in which language: history looks at content alone first.
        assert outcome.code == 1 or command == "history", outcome.text
        assert_hidden_by(outcome, tmp_path / command, [key[4:]])


PINS = {
    "log.js": 'import {{ MoneiSDK }} from "monei-sdk";\nconst monei = new MoneiSDK({{ apiKey: k }});\n'
    'console.log("https://api.monei.cc", process.env.MONEI_API_KEY, {{ transactionPin: "{}" }});\n',
    "url.js": 'fetch("http://api.monei.cc/me", {{ headers: {{ "X-API-KEY": k }}, body: {{ transactionPin: {} }} }});\n',
}


@pytest.mark.parametrize("path", PINS)
def test_no_lint_shows_a_pin_or_lets_it_be_guessed(repository: GitRepository, tmp_path: Path, path: str) -> None:
    fingerprints = set()
    for name in ("first", "second"):
        pin = line_of("MG108", name)[1]
        repository.write(path, PINS[path].format(pin))
        reports = tmp_path / name
        outcome = run_with_all_formats("scan", cwd=repository.top, reports=reports)
        assert outcome.code == 1, outcome.text
        assert_hidden_by(outcome, reports, [pin])
        found = json.loads((reports / "json").read_bytes())["findings"]
        lints = [(one["code"], one["fingerprint"]) for one in found if one["code"][2] in "34"]
        assert lints
        fingerprints.add(tuple(lints))
    assert len(fingerprints) == 1  # the PIN is not in it


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 twice": lambda key: base64.b64encode(base64.b64encode(key.encode())).decode(),
    "hex": lambda key: key.encode().hex(),
    "percent": lambda key: "".join(f"%{byte:02x}" for byte in key.encode()),
    "percent in part": lambda key: key.replace("_", "%5F"),
    "reference": lambda key: key.replace("_", "&#95;"),
    "escape": lambda key: key.replace("_", "\\u005f"),
}
OTHERS = (
    "AKIA<<digits:16>>", "ghp_<<alnum:36>>", "glpat-<<alnum:20>>", "xoxb-<<digits:12>>-<<alnum:24>>",
    "AIza<<alnum:35>>", "sk-<<alnum:48>>", "SG.<<alnum:22>>.<<alnum:43>>", "npm_<<alnum:36>>", "<<jwt>>",
    "sk_live_<<alnum:24>>", "mni_sk_<<hex:32>>", "mcs_<<hex:40>>", "mct_<<hex:40>>",
)  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", FORMATS)
def test_a_key_in_any_field_of_a_report_is_in_no_format(name: str, encoding: str, tmp_path: Path) -> None:
    key = api_key("anywhere")
    encoded = ENCODINGS[encoding](key)
    write_report(report_without_keys(full_report(f"Bob {encoded} x")), name, str(tmp_path / "report"))
    assert_nowhere((tmp_path / "report").read_bytes(), [key[4:], encoded], name)


@pytest.mark.parametrize("shape", OTHERS)
def test_a_secret_of_others_in_any_field_of_a_report_is_in_no_format(shape: str, tmp_path: Path) -> None:
    value = expand(shape, "others")
    report = report_without_keys(full_report(f"by {value}"))
    for name in FORMATS:
        write_report(report, name, str(tmp_path / name))
        assert_nowhere((tmp_path / name).read_bytes(), [value], name)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_key_in_what_git_says_is_shown_by_no_command(
    repository: GitRepository, tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = api_key("in git")
    encoded = ENCODINGS[encoding](key)
    who = f"Bob {encoded}"
    names = [f"GIT_{role}_{what}" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    repository.stage("a.env", f"MONEI_API_KEY={api_key('other')}\n")
    repository.stage("b.js", f'const k = "{api_key("silent")}"; // {MARK} ignore MG101 -- {encoded}\n')
    for name in names:
        monkeypatch.setitem(SETTINGS, name, who)
    repository.git("commit", "-qm", "one")
    if encoding != "escape":
        repository.git("branch", f"branch-{encoded.replace('=', '')}")
        repository.git("tag", "-a", f"tag-{encoded.replace('=', '')}", "-m", "x")
    repository.git("remote", "add", "origin", f"https://bob:{encoded}@example.com/x.git")
    for command in ("scan", "history", "audit"):
        outcome = run_with_all_formats(command, cwd=repository.top, reports=tmp_path / command)
        assert outcome.code in {1, 3}, outcome.text
        assert_hidden_by(outcome, tmp_path / command, [key[4:], encoded])
    for listing in (("suppressions",), ("suppressions", "--json")):
        outcome = run_process(*listing, cwd=repository.top)
        assert_nowhere(outcome.out + outcome.err, [key[4:], encoded], " ".join(listing))


CRASH = """
import sys
from monei_guard.commands.cli import run
from monei_guard.model import snippet

def fail(*_):
    raise RuntimeError("while looking at " + open(".env").read())

snippet.hidden_spans = fail
sys.exit(run(["scan", "."]))
"""


def test_a_crash_while_context_is_made_shows_no_value(tmp_path: Path) -> None:
    values = [api_key(1), expand("<<alnum:40>>", "crash")]
    (tmp_path / ".env").write_text(f"MONEI_API_KEY={values[0]}\nDB_PASSWORD={values[1]}\n")
    done = subprocess.run([sys.executable, "-c", CRASH], cwd=tmp_path, capture_output=True, check=False)
    assert b"RuntimeError" in done.stderr
    assert_nowhere(done.stdout + done.stderr, values, "the crash report")


# What stays to be read, for a context without any would be worth nothing.
STILL_SHOWN = (
    ("a.js", "const key = process.env.MONEI_API_KEY;"),
    ("a.js", 'import { MoneiSDK } from "monei-sdk";'),
    ("a.js", 'headers["X-API-KEY"] = getKey(account.id);'),
    ("a.js", "retry({ attempts: 3, enabled: true, timeout: 5000 });"),
    ("a.py", 'key = os.environ["MONEI_API_KEY"]'),
    ("a.yaml", "  - name: MONEI_API_KEY"),
    ("a.yaml", "enabled: true"),
    ("README.md", "Set the key in your environment, then run the program."),
)


@pytest.mark.parametrize(("path", "line"), STILL_SHOWN)
def test_words_of_code_numbers_and_names_are_shown(path: str, line: str) -> None:
    assert hidden_spans(line.encode(), text_kind(path.encode())) == []


def test_a_line_of_an_environment_file_shows_its_name_only() -> None:
    found = find(
        builtin_scanner(), f"PORT=80\nexport A_B=true # x\nMONEI_API_KEY={api_key(1)}\nD=e\n".encode(), b".env"
    )
    assert found[0].snippet is not None
    first, focus, last = [line.text for line in found[0].snippet.lines]
    assert (first, last) == ("export A_B=••••", "D=••••")
    assert focus.startswith("MONEI_API_KEY=mni_")


@pytest.mark.parametrize("filler", ["=", '"', "a=", "a:b ", "'x' ", "\\", "1,", "{a:", "-p ", "://"])
def test_a_hostile_line_is_read_in_bounded_time(filler: str) -> None:
    content = f"{filler * 40_000}\nMONEI_API_KEY={api_key(1)} {filler * 40_000}\n{filler * 40_000}\n".encode()
    for path in (b"a.js", b"a.yaml", b".env"):
        assert len(find(builtin_scanner(decode=False), content, path)) >= 1
