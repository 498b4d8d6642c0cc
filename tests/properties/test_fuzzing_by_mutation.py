"""Damaged archives, exports and encoded texts: no crash, no hang, no memory beyond the limits.

Seeded by honest files, damaged at random; a moment in every test run, five minutes for each reader in `make fuzz`.
"""

import gzip
import json
import random
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pytest
from archive_makers import docker_image, oci_image, tar_of, zip_of
from encoders import ALL
from joined_shapes import JOINED, filled
from made_keys import LINES, api_key, line_of
from scanners import builtin_scanner

from monei_guard.decoding.charset import root_view
from monei_guard.decoding.views import decoded_views
from monei_guard.errors import GuardError
from monei_guard.lints.registry import language_openers
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import Scanner
from monei_guard.sources.containers.archives import members
from monei_guard.sources.containers.expansion import Openers, expand
from monei_guard.sources.containers.messages import mail_or_chat
from monei_guard.sources.containers.signatures import ArchiveLimits

_LIMITS = ArchiveLimits(members=2000, total=1 << 24, member=1 << 22)
_SECONDS_FOR_A_MEGABYTE = 1.0
_ALLOWANCE = 1.0  # seconds: the machine may be busy
_MEMORY = 200 << 20


def _texts() -> list[tuple[bytes, bytes]]:
    lines = "\n".join(line_of(code, "fuzz")[0] for code in LINES).encode()
    seeds = [(b"f.txt", encode(lines)) for encode in ALL.values()]
    return [
        *seeds,
        (b"f.js", b"k = 'mni_' + 'a' + \"b\" + `c`;\nP = 'x_1'\nf(`${P}a` + P)\n['a', 'b'].join('')\n" * 20),
    ]


def _programs() -> list[tuple[bytes, bytes]]:
    """Return every way to join strings, in a file each and all in one, once for each grammar."""
    shapes = [filled(shape, api_key("fuzz")) for shape in JOINED.values()]
    names = (
        b"'mni_'",
        b"[a, 'b'].join('')",
        b"(a + ('b' + c))",
        b"a.concat(b)",
        b"`${a}${`${b}`}`",
        b"f'{a}{f\"{b}\"}'",
    )
    nested = b"a = 'mni_'\n" + b"".join(b"%b += %b\n" % (b"abc"[at % 3 :][:1], one) for at, one in enumerate(names * 8))
    texts = [*shapes, b"\n".join(shapes), nested]
    return [(path, b"start = 'mni_'\n" + text) for path in (b"f.py", b"f.ts", b"f.jsx") for text in texts]


def _documents() -> list[tuple[bytes, bytes]]:
    """Return documents that name their parts: JSON ones, Insomnia's YAML, tables."""
    key = api_key("fuzz")
    request = f"      - url: x\n        name: B\n        headers:\n          - value: {key}\n"
    yaml = f"type: collection.insomnia.rest/5.0\ncollection:\n  - name: A\n    children:\n{request}"
    cells = json.dumps({"cells": [{"source": [f"k = '{key}'"]}]}).encode()
    items = json.dumps({"item": [{"name": "a", "item": [{"name": "b", "header": key}]}]}).encode()
    sources = json.dumps({"sources": ["a.ts"], "sourcesContent": [f"\nconst k = '{key}'"]}).encode()
    table = f"INSERT INTO t (id, monei_key) VALUES (1, '{key}');\n".encode()  # noqa: S608 - nobody runs it
    entries = json.dumps({"log": {"entries": [{"request": {"url": f"https://a/{key}"}}]}}).encode()
    return [
        (b"f.yaml", yaml.encode()),
        (b"f.ipynb", cells),
        (b"f.json", items),
        (b"f.map", sources),
        (b"f.har", entries),
        (b"f.sql", table),
        (b"f.csv", f"id,monei_key\n1,{key}\n".encode()),
    ]


def _archives() -> list[tuple[bytes, bytes]]:
    files = [("a/b.txt", api_key("fuzz").encode() * 50), ("c", bytes(3000)), ("d.zip", zip_of([("e", b"x" * 500)]))]
    layers = [tar_of(files), tar_of([("a/.wh.b.txt", b"")])]
    plain = [zip_of(files), zip_of(files, stored=True), docker_image(layers), oci_image(layers)]
    tars = [tar_of(files, compression) for compression in ("", "gz", "bz2", "xz")]
    return [(b"a.bin", content) for content in (*plain, *tars, gzip.compress(plain[2]))]


def _exports() -> list[tuple[bytes, bytes]]:
    mail = b"From: a@example.com\nDate: Tue, 01 Oct 2024 10:11:12 +0100\n\n" + api_key("fuzz").encode() + b"\n\n"
    chat = json.dumps({"messages": [{"ts": "1.5", "user": {"name": {"name": "x"}}, "text": "hi"}] * 5}).encode()
    return [
        (b"m.eml", mail),
        (b"m.mbox", (b"From a@example.com Tue Oct  1 10:11:12 2024\n" + mail) * 5),
        (b"m.json", chat),
        (b"_chat.txt", b"[01/10/2024, 10:11:12] Ada: hi\n[01/10/2024, 10:11:13] Bob: ho\n" * 5),
        (b"m.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + mail.decode().encode("utf-16-le") * 3),
        (b"m.html", b'<div class="message default"><div class="from_name">Ada</div></div>' * 9),
    ]


def _damaged(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 8, 40))):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(6)
        if kind == 0 and data:
            data[at % len(data)] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randrange(1, 60)]
        elif kind == 2:
            data[at:at] = chance.randbytes(chance.randrange(1, 20))
        elif kind == 3:
            data[at:at] = data[at : at + chance.randrange(1, 400)] * chance.randrange(1, 5)
        elif kind == 4:
            data[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"7777", b"\\\\\\\\", b"    ", b"\n\n\n\n"))
        else:
            data[at:at] = bytes([chance.choice(b"\\%&=\"'`{}[]()+.,: \n\0Aa0")]) * chance.randrange(1, 3000)
    return bytes(data)


def _decode(blob: Blob) -> None:
    for _ in decoded_views(root_view(blob), find_languages=language_openers):
        pass


def _find(blob: Blob) -> None:
    with suppress(GuardError):  # one clear line
        _scanner().scan_blob(blob)


@cache
def _scanner() -> Scanner:
    return builtin_scanner()


def _open(blob: Blob) -> None:
    for _ in expand([blob], _LIMITS, Openers(members, mail_or_chat)):
        pass


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("seeds", "read"),
    [(_texts, _decode), (_programs, _decode), (_documents, _find), (_archives, _open), (_exports, _open)],
    ids=["texts", "programs", "documents", "archives", "exports"],
)
def test_damaged_content_neither_crashes_nor_hangs_nor_fills_memory(
    seeds: Callable[[], list[tuple[bytes, bytes]]], read: Callable[[Blob], None], fuzz_seconds: float
) -> None:
    chance = random.Random(fuzz_seconds)  # noqa: S311 - the same damage every time
    made = seeds()
    for path, seed in made:  # what is imported and compiled on first use is no damage's fault
        read(Blob(seed, Origin.WORKTREE, path))
    end = time.monotonic() + fuzz_seconds
    tracemalloc.start()
    try:
        while time.monotonic() < end:
            path, seed = chance.choice(made)
            content = _damaged(seed, chance)
            start = time.process_time()
            read(Blob(content, Origin.WORKTREE, path))
            took = time.process_time() - start
            assert took < _ALLOWANCE + _SECONDS_FOR_A_MEGABYTE * len(content) / 1_000_000, content[:2000]
        assert tracemalloc.get_traced_memory()[1] < _MEMORY
    finally:
        tracemalloc.stop()
