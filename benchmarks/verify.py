"""Verification at speed, against the stand-in on loopback: 1,000 distinct live keys at --rate 200.

    python -m benchmarks.verify [KEYS RATE]

Prints how long the rate limit alone takes, how long the run took, and the growth of the process's memory between
100 keys and all of them. The stand-in runs in a process of its own, so that only the client is measured.
"""

import random
import resource
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from verification.stand_in import Client, StandIn, serve

from monei_guard.model.secret import Secret
from monei_guard.verification.eligibility import Credential, Scheme
from monei_guard.verification.hosts import parse_api_url
from monei_guard.verification.settings import VerificationSettings
from monei_guard.verification.verifier import expected_seconds, verify

SEED = 20_261_124
CONTROLS = 3  # requests without a key before the first one


def keys(count: int) -> list[bytes]:
    """Return distinct keys of the documented shape, the same in both processes."""
    source = random.Random(SEED)  # noqa: S311 - test data
    return [b"mni_" + source.randbytes(16).hex().encode() for _ in range(count)]


def stand_in(count: int, certificate: str) -> None:
    """Serve until standard input closes; prints the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    app = StandIn(clients={key: Client() for key in keys(count)})
    with serve(app, context) as port:
        print(port, flush=True)
        sys.stdin.read()
        print(len(app.seen), flush=True)


@contextmanager
def running(count: int, certificate: Path) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Run the stand-in in another process; yields its port."""
    command = [sys.executable, "-m", "benchmarks.verify", "--serve", str(count), str(certificate)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process


def measure(count: int, rate: float) -> None:
    """Run 100 keys to warm up and set the mark of memory, then all of them."""
    with tempfile.TemporaryDirectory() as folder:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(Path(folder) / "ca.pem")
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(Path(folder) / "server.pem")
        settings = VerificationSettings(rate=rate, extra_ca=Path(folder) / "ca.pem")
        with running(count, Path(folder) / "server.pem") as (port, process):
            hosts = (parse_api_url(f"https://localhost:{port}"),)
            credentials = [Credential(Secret(key), Scheme.API_KEY) for key in keys(count)]
            verify(credentials[:100], hosts, settings)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            start, cpu = time.perf_counter(), time.process_time()
            verdicts = verify(credentials, hosts, settings)
            took, cpu = time.perf_counter() - start, time.process_time() - cpu
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            process.communicate("")
    live = sum(verdict.verdict == "live" for verdict in verdicts.values())
    own = expected_seconds(count, settings) + CONTROLS / rate
    print(f"{count} keys, {live} live, {rate:g}/s: {took:.2f} s, {took / own - 1:+.1%} over the limit's {own:.2f} s")
    print(
        f"client CPU {cpu:.2f} s; peak memory {before / 1024:.1f} MiB after 100 keys, {after / 1024:.1f} MiB after all"
    )


def main() -> None:
    """Measure the numbers the issue asks for."""
    measure(1000, 200)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        stand_in(int(sys.argv[2]), sys.argv[3])
    elif sys.argv[1:]:
        measure(int(sys.argv[1]), float(sys.argv[2]))
    else:
        main()
