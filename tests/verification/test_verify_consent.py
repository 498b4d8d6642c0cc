"""Nothing is sent before somebody agreed to it."""

import contextlib
import os
import pty
import subprocess
import sys
from collections.abc import Callable

import pytest
from verification.program import Program

MakeKey = Callable[[], bytes]


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
        env=dict(os.environ) | {"MONEI_API_KEY": key.decode()},
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
        stdin=slave, stderr=slave, stdout=subprocess.DEVNULL, cwd=program.folder, env=dict(os.environ),
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
