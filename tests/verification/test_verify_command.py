"""`monei-guard verify` and `--verify`, run as a user runs them, against the stand-in."""

import contextlib
import hashlib
import json
import os
import pty
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from verification.stand_in import PLANTED, StandIn, says, serve, slow_headers
from verification.two_hosts import Api

MakeKey = Callable[[], bytes]
ROOT = Path(__file__).resolve().parents[2]


class Program:
    """The program in a folder of its own, trusting the test's authority through SSL_CERT_FILE."""

    def __init__(self, api: Api, folder: Path) -> None:
        self.api, self.folder = api, folder
        self.env = {key: value for key, value in os.environ.items() if not key.upper().endswith("_PROXY")}
        self.env |= {"SSL_CERT_FILE": str(api.settings.extra_ca), "HOME": str(folder), "NO_COLOR": "1"}
        self.urls = [part for host in api.hosts for part in ("--api-url", host.origin)]

    def run(
        self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "monei_guard", *arguments], input=stdin, capture_output=True, cwd=self.folder,
            env=self.env | (env or {}), check=False, timeout=60,
        )  # fmt: skip
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    def verify(self, *arguments: str, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[str]:
        return self.run("verify", *self.urls, "--yes", "--rate", "500", *arguments, stdin=stdin, env=env)

    def json(self, *arguments: str, stdin: bytes = b"", **env: str) -> list[dict[str, object]]:
        done = self.verify("--format", "json", *arguments, stdin=stdin, **env)
        findings = json.loads(done.stdout)["findings"]
        assert isinstance(findings, list)
        return findings


@pytest.fixture
def program(api: Api, tmp_path: Path) -> Program:
    folder = tmp_path / "project"
    folder.mkdir()
    return Program(api, folder)


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


# --- where keys come from ---------------------------------------------------------------------------------------------
def test_a_live_key_on_standard_input_exits_1_and_prints_the_steps_in_order(
    program: Program, make_key: MakeKey
) -> None:
    key = program.api.live(make_key())
    done = program.verify(stdin=key + b"\n")

    assert done.returncode == 1, done.stderr
    assert "critical[MG101]" in done.stdout
    assert "the API says: live in production" in done.stdout
    positions = [
        done.stdout.index(word) for word in ("step 1: rotate", "step 2: revoke", "step 3: purge", "step 4: check")
    ]
    assert positions == sorted(positions)
    assert key.decode() not in done.stdout + done.stderr
    for value in PLANTED.values():
        assert value not in done.stdout + done.stderr


def test_a_dead_key_exits_0_and_keeps_its_severity(program: Program, make_key: MakeKey) -> None:
    done = program.verify(stdin=make_key())

    assert done.returncode == 0, done.stderr
    assert "[MG101]" in done.stdout
    assert "the API says: inactive" in done.stdout
    assert "wrong or was revoked" in done.stdout


def test_a_restricted_key_exits_1_unless_only_live_ones_are_to_fail(program: Program, make_key: MakeKey) -> None:
    key = program.api.live(make_key(), allowed_ips=("192.0.2.1",))

    assert program.verify(stdin=key).returncode == 1
    assert program.verify("--fail-on", "live", stdin=key).returncode == 0
    assert program.verify("--fail-on", "never", stdin=program.api.live(make_key())).returncode == 0


def test_an_unanswered_question_exits_3_even_beside_a_live_key(program: Program, make_key: MakeKey) -> None:
    keys = [program.api.live(make_key()), make_key()]
    program.api.development.always = says(404, b"")
    done = program.verify(stdin=b"\n".join(keys))

    assert done.returncode == 3
    assert "live in production" in done.stdout
    assert "unknown" in done.stdout


def test_a_key_comes_from_a_named_environment_variable(program: Program, make_key: MakeKey) -> None:
    key = program.api.live(make_key(), environment="sandbox")
    found = program.json("--env", "MONEI_API_KEY", MONEI_API_KEY=key.decode())

    assert [one["verification"]["verdict"] for one in found] == ["live"]  # type: ignore[index]
    assert found[0]["environment"] == "sandbox"


def test_keys_come_from_a_file(program: Program, make_key: MakeKey) -> None:
    keys = [program.api.live(make_key()) for _ in range(3)]
    (program.folder / "keys.txt").write_bytes(b"\n".join(keys))

    assert len(program.json("--file", "keys.txt")) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["{key}"],
        ["-", "{key}"],
        ["report.json", "{key}"],
        ["--env", "{key}"],
        ["--file", "{key}"],
        ["--key={key}"],
        ["--api-url", "https://{key}@x"],
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(
    program: Program, make_key: MakeKey, arguments: list[str]
) -> None:
    key = program.api.live(make_key()).decode()
    done = program.verify(*(argument.format(key=key) for argument in arguments))

    assert done.returncode == 2
    assert key not in done.stdout + done.stderr
    assert program.api.production.seen == []


def test_the_refusal_says_how_to_do_it_instead(program: Program, make_key: MakeKey) -> None:
    done = program.verify(make_key().decode())

    assert "other users of this machine" in done.stderr
    assert "--env NAME" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        ([], b"", "no Monei key"),
        ([], b"nothing here", "no Monei key"),
        (["--env", "NOT_SET"], b"", "NOT_SET is not set"),
        (["--file", "missing"], b"", "does not name a file"),
        ([], b'{"findings": 1}', "not a report"),
        ([], b'{"findings": [', "not valid JSON"),
        ([], b'{"version": 1, "findings": [{}]}', "incomplete"),
        (["--wait-revoked", "soon"], b"", "30m"),
        (["--rate", "0"], b"", "rate"),
        (["--api-url", "http://api.monei.test"], b"", "not sent unencrypted"),
    ],
)
def test_misuse_is_one_clear_line(program: Program, arguments: list[str], stdin: bytes, words: str) -> None:
    done = program.verify(*arguments, stdin=stdin)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert program.api.production.seen == []


# --- reports ----------------------------------------------------------------------------------------------------------
def test_a_report_names_places_which_are_read_again(program: Program, make_key: MakeKey) -> None:
    live, dead, gone = program.api.live(make_key()), make_key(), make_key()
    for name, key in (("live.env", live), ("dead.env", dead), ("gone.env", gone)):
        (program.folder / name).write_bytes(b"MONEI_API_KEY=" + key + b"\n")
    program.run("scan", "--format", "json", "--output", "report.json")
    (program.folder / "gone.env").write_text("MONEI_API_KEY=\n")

    done = program.verify("report.json", "--format", "json")

    document = json.loads(done.stdout)
    assert done.returncode == 3
    assert [(one["location"]["path"], one["verification"]["verdict"]) for one in document["findings"]] == [
        ("live.env", "live"), ("dead.env", "inactive"),
    ]  # fmt: skip
    assert document["skipped"] == [{"path": "gone.env", "reason": "the key the report names is no longer there"}]


def test_a_report_is_read_from_standard_input_as_well(program: Program, make_key: MakeKey) -> None:
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + program.api.live(make_key()))
    report = program.run("scan", "--format", "json").stdout.encode()

    done = program.verify("-", stdin=report)

    assert done.returncode == 1
    assert "live in production" in done.stdout


def test_a_report_of_staged_content_is_read_from_the_index(program: Program, make_key: MakeKey) -> None:
    git(program.folder, "init")
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + program.api.live(make_key()))
    git(program.folder, "add", "-f", "a.env")
    program.run("staged", "--format", "json", "--output", "report.json")
    (program.folder / "a.env").unlink()

    assert program.verify("report.json").returncode == 1


@pytest.mark.parametrize("path", ["/etc/passwd", "../outside.env", "a/../../outside.env", "C:/x", "\\\\host\\x"])
def test_a_hostile_report_cannot_name_files_outside_the_root(program: Program, make_key: MakeKey, path: str) -> None:
    key = program.api.live(make_key())
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + key)
    report = json.loads(program.run("scan", "--format", "json").stdout)
    (program.folder.parent / "outside.env").write_bytes(b"MONEI_API_KEY=" + key)
    report["findings"][0]["location"]["path"] = path

    done = program.verify("-", stdin=json.dumps(report).encode())

    assert done.returncode == 3
    assert "outside the scanned root" in done.stdout
    assert program.api.production.seen == []


def test_what_a_report_claims_does_not_decide_what_is_sent(program: Program, make_key: MakeKey) -> None:
    stripe = "sk_live_" + make_key().decode()[4:28]
    (program.folder / "a.env").write_text(
        f"import stripe\nSTRIPE_SECRET_KEY={stripe}\nMONEI_API_KEY={make_key().decode()}"
    )
    report = json.loads(program.run("scan", "--format", "json").stdout)
    report["findings"].append(report["findings"][0] | {"vendor": "monei", "confidence": "high"})
    report["findings"][-1]["secret"] = {"redacted": "x", "sha256": hashlib.sha256(stripe.encode()).hexdigest()}

    program.verify("-", stdin=json.dumps(report).encode())

    arrived = b"".join(seen.everything() for seen in (*program.api.production.seen, *program.api.development.seen))
    assert program.api.production.paths() == ["/api/v1/user/me"]
    assert stripe.encode() not in arrived


# --- consent ----------------------------------------------------------------------------------------------------------
def test_without_a_terminal_and_without_yes_nothing_is_sent(program: Program, make_key: MakeKey) -> None:
    done = program.run("verify", *program.urls, stdin=program.api.live(make_key()))

    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert program.api.production.seen == []


@pytest.mark.parametrize(("reply", "code", "sent"), [(b"y\n", 1, True), (b"n\n", 3, False), (b"\n", 3, False)])
def test_on_a_terminal_it_says_what_goes_where_and_asks(
    program: Program, make_key: MakeKey, reply: bytes, code: int, sent: bool
) -> None:
    key = program.api.live(make_key())
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "monei_guard", "verify", *program.urls, "--env", "MONEI_API_KEY"],
        stdin=slave, stderr=slave, stdout=subprocess.PIPE, cwd=program.folder,
        env=program.env | {"MONEI_API_KEY": key.decode()},
    )  # fmt: skip
    os.close(slave)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(master, 4096)
    os.write(master, reply)
    output, _ = process.communicate(timeout=60)
    os.close(master)

    assert f"1 key to be sent to {program.api.hosts[0].name}".encode() in shown
    assert program.api.hosts[1].name.encode() in shown
    assert process.returncode == code, output
    assert bool(program.api.production.seen) is sent


def test_on_a_terminal_many_keys_show_progress(program: Program, make_key: MakeKey) -> None:
    (program.folder / "keys").write_bytes(b"\n".join(program.api.live(make_key()) for _ in range(8)))
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "monei_guard", "verify", *program.urls, "--yes", "--file", "keys", "--rate", "100"],
        stdin=slave, stderr=slave, stdout=subprocess.DEVNULL, cwd=program.folder, env=program.env,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while chunk := os.read(master, 4096):
            shown += chunk
    os.close(master)

    assert process.wait(60) == 1
    assert b"asking the API" in shown
    assert b"100%" in shown


# --- the rest ---------------------------------------------------------------------------------------------------------
def test_only_live_leaves_the_rest_out_of_the_report_but_not_out_of_the_exit_code(
    program: Program, make_key: MakeKey
) -> None:
    keys = [make_key(), program.api.live(make_key())]

    assert len(program.json("--only-live", stdin=b"\n".join(keys))) == 1


def test_wait_revoked_exits_0_when_the_key_dies_and_1_when_it_does_not(program: Program, make_key: MakeKey) -> None:
    assert program.verify("--wait-revoked", "30s", stdin=make_key()).returncode == 0

    before = time.monotonic()
    done = program.verify("--wait-revoked", "1s", stdin=program.api.live(make_key()))
    assert done.returncode == 1
    assert time.monotonic() - before < 20


def test_the_audit_log_and_the_permissions_come_from_options(program: Program, make_key: MakeKey) -> None:
    key = program.api.live(make_key())
    done = program.verify("--permissions", "--audit-log", "audit.jsonl", stdin=key)

    assert "permission class: at least Read Only" in done.stdout
    lines = (program.folder / "audit.jsonl").read_text().splitlines()
    assert len(lines) == len(program.api.production.seen)


def test_a_key_that_may_not_be_sent_says_why_and_is_no_success(program: Program, make_key: MakeKey) -> None:
    refresh = b"MONEI_REFRESH_TOKEN=mcr_" + make_key()[4:] + make_key()[4:]
    done = program.verify(stdin=refresh)

    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert program.api.production.seen == []


def test_a_scan_carries_the_verdicts_into_every_report(program: Program, make_key: MakeKey) -> None:
    live, dead = program.api.live(make_key()), make_key()
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + dead + b"\n")
    (program.folder / "b.env").write_bytes(b"MONEI_API_KEY=" + live + b"\n")

    done = program.run(
        "scan",
        "--verify",
        "--yes",
        *program.urls,
        "--format",
        "json",
        "--report",
        "sarif=r.sarif",
        "--output",
        "r.json",
    )

    assert done.returncode == 1
    document = json.loads((program.folder / "r.json").read_text())
    schema = json.loads((ROOT / "docs" / "monei-guard-report-v1.json").read_text())
    jsonschema.validate(document, schema)
    first = document["findings"][0]
    assert (first["verification"]["verdict"], first["severity"]) == ("live", "critical")
    keys = [one for one in document["findings"] if one["code"] == "MG101"]
    assert {one["verification"]["verdict"] for one in keys} == {"live", "inactive"}
    assert '"verdict": "live"' in (program.folder / "r.sarif").read_text()


def test_a_scan_without_consent_stops_before_it_scans(program: Program, make_key: MakeKey) -> None:
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + program.api.live(make_key()))

    assert program.run("scan", "--verify", *program.urls).returncode == 2
    assert program.run("scan", "--api-url", "https://x.test").returncode == 2
    assert program.run("scan", "--verify", "--yes", "--api-url", "http://x.test").returncode == 2
    assert program.api.production.seen == []


@pytest.mark.parametrize("name", ["api-url", "verify", "yes", "verify-api-url", "hosts"])
def test_a_scanned_repository_cannot_choose_where_keys_go(program: Program, make_key: MakeKey, name: str) -> None:
    (program.folder / ".monei-guard.toml").write_text(f'{name} = "https://evil.test"\n')
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + program.api.live(make_key()))

    done = program.run("scan", "--verify", "--yes", *program.urls)

    assert done.returncode == 2
    assert "unknown key" in done.stderr
    assert program.api.production.seen == []


def test_no_environment_variable_chooses_the_host(program: Program, make_key: MakeKey, tls: ssl.SSLContext) -> None:
    names = ("MONEI_GUARD_API_URL", "MONEI_GUARD_VERIFY_API_URL", "API_URL", "MONEI_API_URL", "MONEI_BASE_URL",
             "VERIFY_API_URL", "MONEI_SANDBOX_URL")  # fmt: skip
    evil = StandIn()
    with serve(evil, tls) as port:
        program.verify(stdin=program.api.live(make_key()), **dict.fromkeys(names, f"https://localhost:{port}"))

    assert evil.seen == []
    assert program.api.production.paths()


def test_an_interrupt_ends_it_at_once_with_130_and_no_traceback(program: Program, make_key: MakeKey) -> None:
    program.api.production.fail("/api/v1", slow_headers(30))
    process = subprocess.Popen(
        [sys.executable, "-m", "monei_guard", "verify", *program.urls, "--yes", "--env", "MONEI_API_KEY"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=program.folder,
        env=program.env | {"MONEI_API_KEY": make_key().decode()}, start_new_session=True,
    )  # fmt: skip
    while not program.api.production.seen:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    before = time.monotonic()
    _, errors = process.communicate(timeout=30)

    assert process.returncode == 130
    assert time.monotonic() - before < 10  # of the thirty seconds that the host takes
    assert b"Traceback" not in errors


def test_no_command_but_verify_imports_the_http_library(program: Program, make_key: MakeKey) -> None:
    (program.folder / "a.txt").write_bytes(b"MONEI_API_KEY=" + make_key())
    git(program.folder, "init")
    git(program.folder, "add", "a.txt")
    script = (
        "import sys; from monei_guard.commands.cli import run; code = run(sys.argv[1:]);"
        "sys.exit(str([m for m in ('httpx2', 'httpcore2', 'truststore', 'tenacity', 'anyio') if m in sys.modules]))"
    )
    for arguments in (["--help"], ["scan"], ["staged"], ["rules", "list"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, cwd=program.folder, check=False,
            env=program.env | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stderr.splitlines()[-1] == "[]", arguments
