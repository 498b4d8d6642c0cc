"""Each format that is opened, alone, beside other things, and hostile."""

import base64
import gzip
import io
import os
import random
import shutil
import struct
import subprocess
import sys
import time
import tracemalloc
import zipapp
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from archive_makers import tar_of, zip_of
from container_makers import ar_of, cab_of, cpio_of, lz4_of, lzw_of, pdf_of, rpm_of
from git_repository import GitRepository
from made_keys import api_key

from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.sources.containers.archives import members
from monei_guard.sources.containers.formats import FORMATS
from monei_guard.sources.containers.signatures import archive_kind

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

KEY = api_key("formats").encode()
LINE = b"MONEI_API_KEY=" + KEY + b"\n"
PAIR = [("etc/app.env", LINE), ("second", b"two\n" * 3)]
NOISE = random.Random(1).randbytes(120_000)  # noqa: S311 - not for secrecy
PICTURE = b"\x89PNG\r\n\x1a\n" + NOISE[:5000]
MACHINE_CODE = b"\x7fELF\x02\x01\x01" + NOISE[:70_000]


def _items(content: bytes, path: bytes) -> list[Blob | Skipped]:
    return list(members(Blob(content, Origin.WORKTREE, path)))


def _places(content: bytes, path: bytes) -> set[str]:
    return {
        (item.path or b"").decode() for item in _items(content, path) if isinstance(item, Blob) and KEY in item.content
    }


def _gaps(content: bytes, path: bytes) -> list[Skipped]:
    return [item for item in _items(content, path) if isinstance(item, Skipped)]


def _flate(content: bytes) -> bytes:
    return zlib.compress(content)


def _unlisted() -> bytes:
    whole, small = zip_of(PAIR), zip_of([("second", b"two\n" * 3)])
    first = whole[: whole.index(b"PK\x03\x04", 4)]
    return first + small


def _zip_with_zstd() -> bytes:
    packed = zstd.compress(LINE)
    head = struct.pack("<HHHHHIIIHH", 63, 0, 93, 0, 0, zlib.crc32(LINE), len(packed), len(LINE), len(PAIR[0][0]), 0)
    return b"PK\x03\x04" + head + PAIR[0][0].encode() + packed


def _commented() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("f")
        entry.comment = LINE
        archive.writestr(entry, b"x")
    return buffer.getvalue()


# What is made: the file's name, its content, and where the key stands.
OPENED: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "ar": ("lib.a", lambda: ar_of(PAIR), "lib.a!/etc/app.env"),
    "deb": ("p.deb", lambda: ar_of([("data.tar.xz", tar_of(PAIR, "xz"))]), "p.deb!/data.tar.xz!/etc/app.env"),
    "deb with zstd": (
        "p.deb", lambda: ar_of([("data.tar.zst", zstd.compress(tar_of(PAIR)))]), "p.deb!/data.tar.zst!/etc/app.env",
    ),
    "cpio": ("initrd.img", lambda: cpio_of(PAIR), "initrd.img!/etc/app.env"),
    "cpio in gzip": ("initrd.gz", lambda: gzip.compress(cpio_of(PAIR)), "initrd.gz!/etc/app.env"),
    "rpm": ("p.rpm", lambda: rpm_of(gzip.compress(cpio_of(PAIR))), "p.rpm!/etc/app.env"),
    "rpm with zstd": ("p.rpm", lambda: rpm_of(zstd.compress(cpio_of(PAIR))), "p.rpm!/etc/app.env"),
    "rpm's scriptlet": ("p.rpm", lambda: rpm_of(gzip.compress(cpio_of([])), LINE), "p.rpm!/(header)"),
    "cabinet": ("a.cab", lambda: cab_of([("big", NOISE[:90_000]), *PAIR], 1), "a.cab!/etc/app.env"),
    "cabinet, stored": ("a.cab", lambda: cab_of([("big", NOISE[:90_000]), *PAIR], 0), "a.cab!/etc/app.env"),
    "lz4": ("a.log.lz4", lambda: lz4_of(LINE * 9, 5000), "a.log.lz4!/a.log"),
    "compress": ("a.log.Z", lambda: lzw_of(LINE * 50 + NOISE + LINE), "a.log.Z!/a.log"),
    "tar in compress": ("a.tar.Z", lambda: lzw_of(tar_of(PAIR)), "a.tar.Z!/etc/app.env"),
    "brotli": ("a.js.br", lambda: brotli.compress(LINE * 3000 + NOISE), "a.js.br!/a.js"),
    "PDF": ("a.pdf", lambda: pdf_of(("/Filter /FlateDecode", _flate(LINE))), "a.pdf!/object-1"),
    "PDF in plain text": ("a.pdf", lambda: pdf_of(("", LINE)), "a.pdf"),
    "PDF, two filters": (
        "a.pdf",
        lambda: pdf_of(("/Filter [/ASCII85Decode /FlateDecode]", base64.a85encode(_flate(LINE)) + b"~>")),
        "a.pdf!/object-1",
    ),
    "PDF, text in parts": (
        "a.pdf",
        lambda: pdf_of(("/Filter/FlateDecode", _flate(b"[(MONEI=" + KEY[:9] + b")-12.5(" + KEY[9:] + b")] TJ"))),
        "a.pdf!/object-1",
    ),
    "program with a zip archive": ("setup.exe", lambda: MACHINE_CODE + zip_of(PAIR), "setup.exe!/etc/app.env"),
    "picture and zip archive": ("cat.png", lambda: PICTURE + zip_of(PAIR), "cat.png!/etc/app.env"),
    "zip archive and much behind it": ("a.zip", lambda: zip_of(PAIR) + NOISE, "a.zip!/etc/app.env"),
    "zip archive between other things": ("a.bin", lambda: MACHINE_CODE + zip_of(PAIR) + NOISE, "a.bin!/etc/app.env"),
    "two zip archives, the first": ("a.zip", lambda: zip_of(PAIR) + zip_of([("f", b"x")]), "a.zip!/etc/app.env"),
    "two zip archives, the second": ("a.zip", lambda: zip_of([("f", b"x")]) + zip_of(PAIR), "a.zip!/etc/app.env"),
    "zip archive cut off": ("a.zip", lambda: zip_of(PAIR)[:-170], "a.zip!/etc/app.env"),
    "zip entry missing from the directory": ("a.zip", _unlisted, "a.zip!/etc/app.env"),
    "zip with bzip2": ("a.zip", lambda: _zip_with(zipfile.ZIP_BZIP2), "a.zip!/etc/app.env"),
    "zip with LZMA": ("a.zip", lambda: _zip_with(zipfile.ZIP_LZMA), "a.zip!/etc/app.env"),
    "zip with zstd": ("a.zip", _zip_with_zstd, "a.zip!/etc/app.env"),
    "text in front of a zip archive": ("run", lambda: b"#!/bin/sh\n" + LINE + zip_of([("f", b"x")]), "run"),
    "text behind a zip archive": ("a.zip", lambda: zip_of([("f", b"x")]) + LINE, "a.zip!/(outside its members)"),
    "zip, comment of an entry": ("a.zip", _commented, "a.zip!/f (comment)"),
}  # fmt: skip


def _zip_with(method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in PAIR:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("label", OPENED)
def test_what_stands_in_it_is_read_and_nothing_is_missing(label: str) -> None:
    name, make, place = OPENED[label]
    content = make()
    assert place in _places(content, name.encode())
    assert [gap for gap in _gaps(content, name.encode()) if gap.incomplete] == []


def test_every_kind_that_is_told_apart_has_an_opener() -> None:
    made = {archive_kind(make(), name.encode()) for name, make, _ in OPENED.values()}
    assert made <= FORMATS.keys()
    assert made >= {"ar", "cpio", "rpm", "cab", "lz4", "compress", "brotli", "pdf", "zip"}


def test_an_executable_archive_of_python_is_opened(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_bytes(b"print(1)\n" + LINE)
    zipapp.create_archive(tmp_path / "app", tmp_path / "app.pyz", interpreter="/usr/bin/env python3")
    content = (tmp_path / "app.pyz").read_bytes()
    assert content.startswith(b"#!")
    assert _places(content, b"app.pyz") == {"app.pyz!/__main__.py"}


def test_a_jar_in_an_executable_jar_is_opened() -> None:
    inner = zip_of([("application.properties", LINE)])
    jar = b"#!/bin/bash\nexec java -jar $0\nexit 0\n" + zip_of([("BOOT-INF/lib/a.jar", inner)], stored=True)
    assert _places(jar, b"app.jar") == {"app.jar!/BOOT-INF/lib/a.jar!/application.properties"}


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="no dpkg-deb here")
def test_a_package_as_dpkg_builds_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "p" / "DEBIAN").mkdir(parents=True)
    (tmp_path / "p" / "DEBIAN" / "control").write_text(
        "Package: p\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.com>\nDescription: d\n"
    )
    (tmp_path / "p" / "app.env").write_bytes(LINE)
    subprocess.run(["dpkg-deb", "--build", "p", "p.deb"], cwd=tmp_path, check=True, capture_output=True)
    (place,) = _places((tmp_path / "p.deb").read_bytes(), b"p.deb")
    assert place.endswith("!/app.env")


@pytest.mark.skipif(shutil.which("lz4") is None, reason="no lz4 here")
@pytest.mark.parametrize("option", ["-1", "-9", "-BD", "-B4", "-B7", "-l", "--content-size", "--no-frame-crc"])
def test_files_as_lz4_writes_them_are_opened(tmp_path: Path, option: str) -> None:
    content = LINE * 20_000 + NOISE * 2 + LINE
    (tmp_path / "f").write_bytes(content)
    subprocess.run(["lz4", "-q", option, "f", "f.lz4"], cwd=tmp_path, check=True, capture_output=True)
    (item,) = _items((tmp_path / "f.lz4").read_bytes(), b"f.lz4")
    assert isinstance(item, Blob)
    assert item.content == content


@pytest.mark.parametrize("content", [b"", b"a", b"aaaa" * 9000, NOISE, LINE * 9000 + NOISE], ids=len)
def test_what_compress_packs_is_what_gzip_unpacks(content: bytes) -> None:
    packed = lzw_of(content)
    told = subprocess.run(["gzip", "-dc"], input=packed, capture_output=True, check=False).stdout
    assert told == content
    assert b"".join(bytes(item.content) for item in _items(packed, b"f.Z") if isinstance(item, Blob)) == content


def _git_files(repository: GitRepository) -> dict[str, bytes]:
    lines = [str(number) for number in range(300)]
    for number in range(5):
        lines[number] = LINE.decode().strip() if number == 3 else "changed"
        repository.commit_file("config/app.env", "\n".join(lines))
    repository.git("bundle", "create", "-q", "../all.bundle", "HEAD")
    repository.git("bundle", "create", "-q", "../thin.bundle", "HEAD~2..HEAD")
    (loose,) = (
        repository.top / ".git" / "objects" / name[:2] / name[2:]
        for name in [repository.git("rev-parse", "HEAD:config/app.env").decode().strip()]
    )
    made = {"loose": loose.read_bytes()}
    repository.git("repack", "-adq")
    (pack,) = (repository.top / ".git" / "objects" / "pack").glob("*.pack")
    made["a.pack"] = pack.read_bytes()
    for name in ("all.bundle", "thin.bundle"):
        made[name] = (repository.top.parent / name).read_bytes()
    return made


def test_git_objects_in_files_are_opened_and_called_by_their_names(repository: GitRepository) -> None:
    made = _git_files(repository)
    for name, content in made.items():
        places = _places(content, name.encode())
        assert places, name
        assert not [gap for gap in _gaps(content, name.encode()) if gap.incomplete]
        if name in ("a.pack", "all.bundle"):
            assert all(place.endswith("/app.env") for place in places)
            assert len(places) == 2


def _lz4_bomb() -> bytes:
    literals = b"\x1f" + b"a" + struct.pack("<H", 1) + b"\xff" * 16_000 + b"\x00\x00"
    block = struct.pack("<I", len(literals)) + literals
    return b"\x04\x22\x4d\x18\x60\x70\x73" + block * 200 + bytes(4)


def _pack_bomb() -> bytes:
    packed = zlib.compress(bytes(40 << 20), 9)
    size = 40 << 20
    head, rest = [0x30 | size & 15 | 0x80], size >> 4
    while rest:
        head.append(rest & 0x7F | (0x80 if rest >> 7 else 0))
        rest >>= 7
    return b"PACK" + struct.pack(">II", 2, 9) + (bytes(head) + packed) * 9


def _pdf_bomb() -> bytes:
    return pdf_of(*[("/Filter /FlateDecode", zlib.compress(bytes(20 << 20), 9))] * 9)


def _many_unlisted_members() -> bytes:
    packed = zlib.compress(bytes(30 << 20), 9)[2:-4]
    head = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0, 0, len(packed), 30 << 20, 1, 0)
    return (b"PK\x03\x04" + head + b"f" + packed) * 9


def _lzw_bomb() -> bytes:
    codes, bits, out = [0, *range(257, 1 << 16)], 9, b"\x1f\x9d\x90"
    while codes:
        count = min(256 if bits == 9 else 1 << bits - 1, len(codes))
        number = sum(code << bits * at for at, code in enumerate(codes[:count]))
        out += number.to_bytes((count * bits + 7) // 8, "little")
        codes, bits = codes[count:], min(bits + 1, 16)
    return out


def _overlapping_cabinet() -> bytes:
    content = bytearray(cab_of([(f"{number:05}", b"") for number in range(3000)] + [("f", NOISE)], 0))
    at = 44
    for _ in range(3000):
        content[at : at + 4] = struct.pack("<I", len(NOISE))
        at = content.index(b"\0", at + 16) + 1
    return bytes(content)


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "lz4": ("a.lz4", _lz4_bomb),
    "compress": ("a.Z", _lzw_bomb),
    "brotli": ("a.br", lambda: brotli.compress(bytes(60 << 20), quality=3)),
    "cabinet": ("a.cab", lambda: cab_of([("f", bytes(40 << 20))])),
    "cabinet whose files overlap": ("a.cab", _overlapping_cabinet),
    "rpm": ("a.rpm", lambda: rpm_of(gzip.compress(cpio_of([("f", bytes(60 << 20))])))),
    "cpio in gzip": ("a.cpio.gz", lambda: gzip.compress(cpio_of([("f", bytes(60 << 20))]))),
    "deb": ("a.deb", lambda: ar_of([("data.tar.xz", tar_of([("f", bytes(60 << 20))], "xz"))])),
    "PDF": ("a.pdf", _pdf_bomb),
    "git pack": ("a.pack", _pack_bomb),
    "git object": ("loose", lambda: zlib.compress(b"blob 90000000\0" + bytes(90_000_000), 1)),
    "zip members no directory lists": ("a.zip", _many_unlisted_members),
}


@pytest.mark.parametrize("label", BOMBS)
def test_a_bomb_is_stopped_in_bounded_time_and_memory_and_said(label: str) -> None:
    name, make = BOMBS[label]
    content = make()
    start = time.monotonic()
    tracemalloc.start()
    try:
        reasons = [
            item.reason
            for item in members(Blob(content, Origin.WORKTREE, name.encode()))
            if isinstance(item, Skipped) and item.incomplete
        ]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reasons
    assert peak < 400 << 20
    assert time.monotonic() - start < 60  # a hang, not a speed: tracing takes most of it


@pytest.mark.parametrize("label", [label for label in OPENED if "zip" not in label])
def test_no_cut_and_no_flipped_bits_make_it_fail(label: str) -> None:
    name, make, _ = OPENED[label]
    content = make()
    chance = random.Random(label)  # noqa: S311 - not for secrecy
    for _ in range(12):
        broken = bytearray(content[: chance.randrange(len(content))])
        for _ in range(chance.randrange(4)):
            if broken:
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        _items(bytes(broken), name.encode())


def test_archives_of_every_new_format_count_towards_the_depth() -> None:
    content = LINE
    for pack in (
        lambda it: ar_of([("a", it)]),
        lambda it: cpio_of([("b", it)]),
        lz4_of,
        lambda it: cab_of([("c", it)]),
    ) * 2:
        content = pack(content)
    (gap,) = _gaps(content, b"a.cab")
    assert "--archive-depth" in gap.reason


def test_a_program_that_only_knows_the_signs_is_no_archive() -> None:
    knows = b"\x7fELF" + b"\0PK\x03\x04\0PK\x01\x02\0PK\x05\x06\0" * 2000 + os.urandom(64)
    assert archive_kind(knows, b"unzip") is None
