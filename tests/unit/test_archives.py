"""Archives are opened in memory; what must not be read is said, with its path and reason."""

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import random
import struct
import subprocess
import sys
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_makers import docker_image, oci_image, tar_entry, tar_of, zip_of
from made_keys import api_key
from scanners import builtin_scanner

from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import scan
from monei_guard.sources.containers.archives import members
from monei_guard.sources.containers.expansion import Openers, expand
from monei_guard.sources.containers.messages import mail_or_chat
from monei_guard.sources.containers.signatures import ArchiveLimits

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

KEY = api_key("archive").encode()
LINE = b"MONEI_API_KEY=" + KEY + b"\n"
OPENERS = Openers(members, mail_or_chat)


def _read(content: bytes, path: bytes = b"a.zip", limits: ArchiveLimits | None = None) -> dict[bytes, bytes]:
    items = members(Blob(content, Origin.WORKTREE, path), limits)
    return {item.path or b"": bytes(item.content) for item in items if isinstance(item, Blob)}


def _skipped(content: bytes, path: bytes = b"a.zip", limits: ArchiveLimits | None = None) -> dict[bytes, str]:
    items = members(Blob(content, Origin.WORKTREE, path), limits)
    return {item.path or b"": item.reason for item in items if isinstance(item, Skipped)}


@pytest.mark.parametrize(
    "name",
    [
        "lib.jar",
        "site.war",
        "app.apk",
        "app.ipa",
        "p.whl",
        "p.nupkg",
        "text.docx",
        "sheet.xlsx",
        "plain.zip",
        "no-suffix",
    ],
)
def test_every_zip_by_any_name_is_opened(name: str) -> None:
    content = zip_of([("assets/config.json", LINE), ("empty", b"")])
    assert _read(content, name.encode())[name.encode() + b"!/assets/config.json"] == LINE


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_every_tar_is_opened(compression: str, form: int) -> None:
    name = "d/" * 40 + "f" if form != tarfile.USTAR_FORMAT else "d/f"
    assert _read(tar_of([("./" + name, LINE)], compression, form=form), b"a.tar") == {b"a.tar!/" + name.encode(): LINE}


def test_a_tar_in_zstd_is_opened() -> None:
    assert _read(zstd.compress(tar_of([("f", LINE)])), b"a.tar.zst") == {b"a.tar.zst!/f": LINE}


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", zstd.compress)],
)
def test_compressed_files_are_opened_all_members_of_them(suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = f"logs/app.log.{suffix}".encode()
    assert _read(pack(LINE) + pack(b"second"), path) == {path + b"!/app.log": LINE + b"second"}


@pytest.mark.parametrize("size", [1000, 200_000, 3_000_000])
def test_a_zstd_file_of_any_size_is_whole(size: int) -> None:
    content = random.Random(size).randbytes(size) + LINE  # noqa: S311 - not for secrecy
    assert list(_read(zstd.compress(content), b"a.zst").values()) == [content]
    packed = zstd.compress(tar_of([("f", content)]))
    assert list(_read(packed, b"a.tar.zst").values()) == [content]
    assert _skipped(packed, b"a.tar.zst") == {}


def test_zstd_with_a_skippable_frame_is_opened() -> None:
    frame = b"\x50\x2a\x4d\x18" + struct.pack("<I", 4) + b"skip"
    assert _read(zstd.compress(LINE) + frame + zstd.compress(b"more"), b"a.zst") == {b"a.zst!/a": LINE + b"more"}


def test_archives_in_archives_are_opened_to_the_depth_asked_for() -> None:
    content, path = LINE, b"f.txt"
    for number in range(4):
        content, path = zip_of([(path.decode(), content)]), b"%d.zip" % number
    assert list(_read(content, path).values()) == [LINE]
    assert list(_read(content, path)) == [b"3.zip!/2.zip!/1.zip!/0.zip!/f.txt"]
    assert "--archive-depth" in _skipped(content, path, ArchiveLimits(depth=3))[b"3.zip!/2.zip!/1.zip!/0.zip"]


def test_archive_comments_are_read() -> None:
    assert _read(zip_of([("a", b"x")], comment=LINE))[b"a.zip!/(comment)"] == LINE


@pytest.mark.parametrize("name", ["../up", "a/../../up", "/etc/passwd", "C:/x", "..\\up"])
def test_members_are_read_whatever_they_are_called_for_nothing_is_unpacked_to_disk(name: str) -> None:
    for content in (zip_of([(name, LINE)]), tar_of([(name, LINE)])):
        assert list(_read(content).values()) == [LINE]
        assert _skipped(content) == {}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_are_said_and_not_followed(kind: bytes) -> None:
    assert _skipped(tar_entry("link", kind, "/etc/passwd"), b"a.tar") == {b"a.tar!/link": "a link: not followed"}


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_devices_are_said(kind: bytes) -> None:
    assert "not a regular file" in _skipped(tar_entry("device", kind), b"a.tar")[b"a.tar!/device"]


def test_links_in_zip_archives_are_not_followed() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    assert _skipped(buffer.getvalue()) == {b"a.zip!/link": "a link: not followed"}


def test_encrypted_members_are_said() -> None:
    content = bytearray(zip_of([("f", LINE)]))
    content[6] |= 1  # general purpose flag of the local header, and of the central one
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert _skipped(bytes(content)) == {b"a.zip!/f": "encrypted"}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(bytes(256 << 20), mtime=0), id="gzip"),
        pytest.param(bz2.compress(bytes(256 << 20), 1), id="bzip2"),
        pytest.param(zstd.compress(bytes(256 << 20)), id="zstd"),
        pytest.param(zip_of([(f"{number}", bytes(32 << 20)) for number in range(8)]), id="zip"),
        pytest.param(gzip.compress(gzip.compress(bytes(256 << 20), 1, mtime=0), mtime=0), id="nested"),
    ],
)
def test_bombs_are_stopped_by_ratio_in_bounded_memory(content: bytes) -> None:
    tracemalloc.start()
    try:
        reasons = list(_skipped(content, b"bomb").values())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert any("times its size" in reason for reason in reasons)
    assert peak < 200 << 20


def test_the_total_the_members_and_one_member_are_limited() -> None:
    many = zip_of([(f"{number}", b"x" * 1000) for number in range(50)])
    assert list(_skipped(many, limits=ArchiveLimits(members=10)).values()) == [
        "has more than 10 members: it was not opened"
    ]
    tar = tar_of([(f"{number}", b"x") for number in range(50)])
    assert "more than 10 members" in "".join(_skipped(tar, b"a.tar", ArchiveLimits(members=10)).values())
    assert "MiB" in "".join(_skipped(many, limits=ArchiveLimits(total=5000)).values())
    large = zip_of([("large", LINE + b"x" * 100_000)])
    limits = ArchiveLimits(member=50_000)
    assert "read in part" in _skipped(large, limits=limits)[b"a.zip!/large"]


def test_a_header_that_claims_gigabytes_is_refused() -> None:
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 33
    content = entry.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 16)
    assert "a header of" in _skipped(content, b"a.tar")[b"a.tar"]


def test_a_sparse_file_of_zeros_counts_as_what_it_unpacks_to() -> None:
    entry = tarfile.TarInfo("hole")
    entry.type, entry.size = tarfile.GNUTYPE_SPARSE, 0
    header = bytearray(entry.tobuf(tarfile.GNU_FORMAT))
    header[386:398], header[398:410] = b"77777777777\0", b"00000000000\0"
    header[483:495] = b"77777777777\0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    start = time.monotonic()
    content = bytes(header) * 40 + bytes(1024)
    assert _skipped(content, b"a.tar")
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("cut", [1, 40, 80])
def test_a_damaged_archive_is_said_and_its_readable_part_is_read(cut: int) -> None:
    content = tar_of([("first", LINE), ("second", bytes(range(1, 256)) * 9 + hashlib.sha512(KEY).digest() * 3)], "gz")
    assert _read(content[:-cut], b"a.tar.gz")[b"a.tar.gz!/first"] == LINE
    if cut > 8:
        assert _skipped(content[:-cut], b"a.tar.gz")


@pytest.mark.parametrize("packed", [False, True])
def test_what_stands_behind_a_broken_header_of_a_tar_is_looked_at_all_the_same(*, packed: bool) -> None:
    content = bytearray(tar_of([("first", b"one\n"), ("second", LINE)]))
    content[1024 + 148 : 1024 + 156] = b"XXXXXXXX"  # the second header's checksum
    name = b"a.tar.gz" if packed else b"a.tar"
    items = list(members(Blob(gzip.compress(content) if packed else bytes(content), Origin.WORKTREE, name)))
    assert [item.incomplete for item in items if isinstance(item, Skipped)] == [False]
    assert any(KEY in item.content for item in items if isinstance(item, Blob))


def test_an_archive_that_cannot_be_opened_is_looked_at_as_it_stands() -> None:
    broken = b"PK\x05\x06" + LINE
    assert "cannot be opened" in _skipped(broken)[b"a.zip"]
    assert KEY in _read(broken)[b"a.zip"]


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00"])
def test_kinds_that_are_not_opened_are_said(magic: bytes) -> None:
    assert "are not opened" in _skipped(magic + bytes(100), b"a")[b"a"]


@pytest.mark.parametrize("make", [docker_image, oci_image])
def test_a_key_deleted_in_a_later_layer_is_found_and_told(make: Callable[[list[bytes], bytes], bytes]) -> None:
    config = b'{"config": {"Env": ["MONEI_API_KEY=' + api_key("env").encode() + b'"]}, "history": []}'
    layers = [
        tar_of([("app/.env", LINE), ("data/a", b"MONEI_API_KEY=" + api_key("opaque").encode())]),
        tar_of([("app/.wh..env", b"")]),
        tar_of([("data/.wh..wh..opq", b""), ("kept", b"MONEI_API_KEY=" + api_key("kept").encode())]),
    ]
    found = scan([Blob(make(layers, config), Origin.WORKTREE, b"image.tar")], builtin_scanner())
    said = {one.location.path.rpartition("/")[2] if one.location.path else "": one.message for one in found.findings}
    assert "layer 1 of 3, deleted in layer 2, still in the image" in said[".env"]
    assert "layer 1 of 3, deleted in layer 3, still in the image" in said["a"]
    assert said["kept"].endswith("layer 3 of 3")
    assert any("image configuration: ENV MONEI_API_KEY" in text for text in said.values())
    assert [item for item in found.skipped if item.incomplete] == []


@pytest.mark.parametrize("make", [docker_image, oci_image])
def test_a_key_in_the_build_history_says_which_step(make: Callable[[list[bytes], bytes], bytes]) -> None:
    argument, copied, hidden = api_key("argument"), api_key("copied"), api_key("hidden")
    steps = [
        {"created_by": "/bin/sh -c #(nop) ADD file:1 in /"},
        {"created_by": f"ARG MONEI_API_KEY={argument}", "empty_layer": True},
        {"created_by": f'RUN echo "MONEI_API_KEY={copied}" > .env # buildkit'},
        {"comment": "no command"},
        {"created_by": f"RUN |1 MONEI_API_KEY={argument} /bin/sh -c make"},
        {"created_by": f"RUN echo {base64.b64encode(hidden.encode()).decode()} | base64 -d > .env"},
    ]
    config = json.dumps({"config": {"Env": ["PATH=/bin", f"KEY={copied}"]}, "history": steps}).encode()
    image = make([tar_of([("a", b"b")])], config)
    found = scan([Blob(image, Origin.WORKTREE, b"image.tar")], builtin_scanner()).findings
    said = {one.secret.reveal().decode(): one.message.rpartition("; ")[2] for one in found if one.secret}
    assert said == {
        argument: "image configuration: build steps 2, 5 of 6",
        copied: "image configuration: ENV KEY and build step 3 of 6",
        hidden: "image configuration: ENV and build history",
    }


@pytest.mark.parametrize(
    "config", [b"[]", b'{"config": [], "history": {"a": 1}}', b'{"history": [1, null]}', b"{", b"1"]
)
def test_a_configuration_of_any_other_shape_is_scanned_all_the_same(config: bytes) -> None:
    image = docker_image([tar_of([("a", b"b")])], config + b"\n" + LINE)
    (finding,) = scan([Blob(image, Origin.WORKTREE, b"image.tar")], builtin_scanner()).findings
    assert finding.message.endswith("image configuration: ENV and build history")


def test_a_compressed_image_is_read_in_layers_too() -> None:
    image = docker_image([tar_of([("app/.env", LINE)]), tar_of([("app/.wh..env", b"")])])
    found = scan([Blob(gzip.compress(image, mtime=0), Origin.WORKTREE, b"image.tar.gz")], builtin_scanner())
    assert ["deleted in layer 2" in one.message for one in found.findings] == [True]


def test_findings_in_members_have_their_place_in_the_member() -> None:
    content = zip_of([("in.zip", zip_of([("config/a.env", b"# one\n" + LINE)]))])
    (finding,) = scan([Blob(content, Origin.WORKTREE, b"app.apk")], builtin_scanner()).findings
    assert (finding.location.path, finding.location.start_line) == ("app.apk!/in.zip!/config/a.env", 2)
    assert finding.location.origin is Origin.ARCHIVE


def test_a_member_without_a_name_is_read() -> None:
    content = zip_of([("f", LINE)]).replace(b"\x01\x00\x00\x00f", b"\x00\x00\x00\x00f")
    assert any(_skipped(content).values()) or KEY in b"".join(_read(content).values())


def test_depth_zero_opens_nothing() -> None:
    blob = Blob(zip_of([("f", LINE)]), Origin.WORKTREE, b"a.zip")
    assert list(expand([blob], ArchiveLimits(depth=0), OPENERS)) == [blob]


def test_what_is_no_archive_passes_through() -> None:
    blobs = [Blob(content, Origin.WORKTREE, b"x") for content in (b"", b"PK", b"BZhello", b"text" * 200, bytes(600))]
    assert list(expand(blobs, ArchiveLimits(), OPENERS)) == blobs


def test_what_opens_archives_and_mail_is_imported_for_neither(tmp_path: Path) -> None:
    # One costs 30 ms, the other 20: a file that holds the other, or none, pays for it no more.
    program = """
import sys
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import Scanner, scan
kind, name = sys.argv[1:]
contents = {"none": b"text", "zip": b"PK\\x05\\x06" + bytes(18), "mail": b"From: a@example.com\\n\\nhello\\n"}
scan([Blob(contents[kind], Origin.WORKTREE, name.encode())], Scanner((), tuple, tuple))
print(*sys.modules)
"""
    openers = {f"monei_guard.sources.containers.{name}" for name in ("archives", "messages")}
    for kind, name, expected in (("none", "a", ()), ("zip", "a.zip", ("archives",)), ("mail", "a.eml", ("messages",))):
        done = subprocess.run(
            [sys.executable, "-c", program, kind, name], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        imported = openers & set(done.stdout.split())
        assert imported == {f"monei_guard.sources.containers.{module}" for module in expected}
