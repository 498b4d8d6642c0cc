"""`monei-guard verify`: where keys come from, and what the exit code says."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable

import jsonschema
import pytest
from verification.program import ROOT, Program, git
from verification.stand_in import PLANTED, StandIn, says, serve, slow_headers

MakeKey = Callable[[], bytes]


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


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["r.json", "r.json"], b"", "give one report"),
        (["--env", "MONEI_API_KEY", "-"], b'{"findings": []}', "not both"),
    ],
)
def test_sources_that_do_not_go_together_are_a_mistake_on_the_command_line(
    program: Program, make_key: MakeKey, arguments: list[str], stdin: bytes, words: str
) -> None:
    (program.folder / "r.json").write_text('{"findings": []}')
    done = program.verify(*arguments, stdin=stdin, MONEI_API_KEY=make_key().decode())

    assert done.returncode == 2
    assert words in done.stderr
    assert "help: 'monei-guard verify --help' shows how it is used" in done.stderr
    assert program.api.production.seen == []


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
    written = (program.folder / "r.json").read_text() + (program.folder / "r.sarif").read_text() + done.stderr
    for value in (*PLANTED.values(), live.decode(), dead.decode()):
        assert value not in written


def test_what_keeps_the_api_from_being_asked_does_not_cost_the_scans_report(
    program: Program, make_key: MakeKey
) -> None:
    (program.folder / "a.env").write_bytes(b"MONEI_API_KEY=" + program.api.live(make_key()))

    done = program.run("scan", "--verify", "--yes", *program.urls, env={"SSL_CERT_FILE": "missing.pem"})

    assert done.returncode == 1
    assert "[MG101]" in done.stdout
    assert "not verified: unknown (not asked: cannot read certificates from missing.pem)" in done.stdout
    assert "cannot read certificates" in done.stderr
    assert program.api.production.seen == []


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
        env=dict(os.environ) | {"MONEI_API_KEY": make_key().decode()}, start_new_session=True,
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
    for arguments in (["--help"], ["scan"], ["staged"], ["history"], ["rules", "list"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, cwd=program.folder, check=False,
            env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stderr.splitlines()[-1] == "[]", arguments
