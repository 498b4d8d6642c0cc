"""What could not be scanned: what makes a run incomplete and what is only said, and how it is accepted."""

import bz2
import gzip
import json
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_makers import tar_entry, tar_of, zip_of
from container_makers import ar_of, cab_of, cpio_of, pdf_of, rpm_of
from git_repository import GitRepository
from guard_process import Outcome
from made_keys import api_key

from monei_guard.sources.containers import compressed_file

Guard = Callable[..., Outcome]
DOCUMENT = Path(__file__).parents[2] / "docs" / "exit-codes.md"
TEXT = b"nothing of interest\n" * 40


def _encrypted_zip() -> bytes:
    content = bytearray(zip_of([("f", TEXT)]))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _deflate64() -> bytes:
    content = bytearray(zip_of([("f", TEXT)]))
    content[8] = 9
    content[content.index(b"PK\x01\x02") + 10] = 9
    return bytes(content)


def _broken_member() -> bytes:
    content = bytearray(zip_of([("f", TEXT)]))
    content[31:51] = b"\xff" * 20  # behind the local header, where the compressed content begins
    return bytes(content)


def _broken_tar() -> bytes:
    content = bytearray(tar_of([("first", b"one\n"), ("second", TEXT)]))
    content[1024 + 148 : 1024 + 156] = b"XXXXXXXX"
    return bytes(content)


def _broken_cabinet() -> bytes:
    content = cab_of([("f", TEXT)])
    return content.replace(b"CK", b"XX")


def _nested() -> bytes:
    content = TEXT
    for number in range(6):
        content = zip_of([(f"{number}.zip", content)])
    return content


# Each row of the table in the documentation: the name of a file of that kind, and how it is made.
ROWS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a path that the configuration excludes": ("excluded/a.7z", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(40)),
    "a compressed file that is cut off or damaged": ("a.bz2", lambda: bz2.compress(os.urandom(999_000), 1)[:-300_000]),
    "a file that only begins like a compressed one": ("a.gz", lambda: b"\x1f\x8b\x08" + b"\xff" * 40),
    "a tar archive with a broken header": ("a.tar", _broken_tar),
    "a zip archive without its directory": ("a.zip", lambda: zip_of([("f", TEXT)])[:-40]),
    "a zip member whose content is damaged": ("a.zip", _broken_member),
    "a Debian package or `ar` archive that is cut off": ("a.deb", lambda: ar_of([("f", TEXT)])[:-40]),
    "a cpio archive that is cut off": ("a.cpio", lambda: cpio_of([("f", TEXT)])[:150]),
    "an RPM package without a sound header": ("a.rpm", lambda: rpm_of(b"")[:100] + bytes(50)),
    "a cabinet with a damaged block": ("a.cab", _broken_cabinet),
    "a Git bundle whose deltas need objects it does not hold": ("a.bundle", lambda: b""),
    "a link in an archive": ("a.tar", lambda: tar_entry("link", b"2", "/etc/hosts")),
    "an encrypted member of a zip archive": ("a.zip", _encrypted_zip),
    "an encrypted PDF file": ("a.pdf", lambda: pdf_of(("/Filter /FlateDecode", b"x"), encrypted=True)),
    "a 7z or rar archive": ("a.7z", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(40)),
    "a zip member compressed in a way that is not opened (Deflate64, PPMd, …)": ("a.zip", _deflate64),
    "a cabinet compressed with LZX or Quantum": ("a.cab", lambda: cab_of([("f", TEXT)], 3)),
    "a PDF stream compressed with LZW": ("a.pdf", lambda: pdf_of(("/Filter /LZWDecode", b"x"))),
    "archives inside one another, deeper than `--archive-depth`": ("a.zip", _nested),
    "an archive that unpacks to more than it may": ("a.gz", lambda: gzip.compress(bytes(40 << 20))),
    "a brotli file without the extra `archives`": ("a.br", lambda: b"\x0b\x02\x80hello\x03"),
}


def _documented() -> dict[str, tuple[str, str]]:
    section = DOCUMENT.read_text(encoding="utf-8").partition("\n## What makes a run incomplete")[2]
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", section, re.MULTILINE)
    return {what: (files, history) for what, files, history in rows[1:]}


DOCUMENTED = _documented()


def _thin_bundle(repository: GitRepository) -> bytes:
    lines = [str(number) for number in range(400)]
    for number in range(2):
        lines[number] = "changed"
        repository.commit(big="\n".join(lines))
    repository.git("bundle", "create", "-q", "../thin.bundle", "HEAD~1..HEAD")
    return (repository.top.parent / "thin.bundle").read_bytes()


def test_the_documentation_has_a_row_for_each_kind_and_no_other() -> None:
    assert DOCUMENTED.keys() == ROWS.keys()


@pytest.mark.parametrize("row", ROWS)
def test_a_gap_is_what_the_documentation_says(
    guard: Guard, repository: GitRepository, monkeypatch: pytest.MonkeyPatch, row: str
) -> None:
    monkeypatch.setattr(compressed_file, "CHUNKS", {**compressed_file.CHUNKS, "brotli": None})
    name, make = ROWS[row]
    content = make() or _thin_bundle(repository)
    repository.commit_file(".monei-guard.toml", 'exclude = ["excluded/"]\n')
    repository.commit_file(name, content)
    for command, said in (("scan", DOCUMENTED[row][0]), ("history", DOCUMENTED[row][1])):
        outcome = guard(
            command, ".", *(("--trust-config", "--no-cache") if command == "history" else ()), cwd=repository.top
        )
        mine = [path for path in outcome.skipped if path is not None and path.startswith(name)]
        assert outcome.code == (3 if said == "3" else 0), (command, outcome.skipped)
        assert bool(mine) == (said != "not recognised"), (command, outcome.skipped)


def test_what_needs_an_extra_says_how_to_get_it(guard: Guard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed_file, "CHUNKS", {**compressed_file.CHUNKS, "brotli": None})
    (tmp_path / "a.js.br").write_bytes(b"\x0b\x02\x80hello\x03")
    outcome = guard("scan", ".", cwd=tmp_path)
    assert (outcome.code, "pip install 'monei-guard[archives]'" in outcome.skipped["a.js.br"]) == (3, True)


def test_a_gap_in_history_is_named_by_path_object_and_commit(guard: Guard, repository: GitRepository) -> None:
    commit = repository.commit_file("deep/er/a.zip", _encrypted_zip())
    blob = repository.git("rev-parse", "HEAD:deep/er/a.zip").decode().strip()
    repository.git("rm", "-q", "deep/er/a.zip")
    repository.commit("gone")
    outcome = guard("history", ".", "--trust-config", "--no-cache", cwd=repository.top)
    assert outcome.code == 3
    assert outcome.skipped == {"deep/er/a.zip!/f": f"encrypted (object {blob[:12]}, commit {commit[:12]})"}


def _trusting(command: str) -> tuple[str, ...]:
    """Return a command with which the repository's own baseline counts; in history it does only on request."""
    return (command, ".", "--trust-config") if command == "history" else (command, ".")


def test_an_accepted_gap_stays_accepted_in_files_and_history_and_another_content_is_new(
    guard: Guard, repository: GitRepository
) -> None:
    repository.commit_file("fixtures/a.zip", _encrypted_zip())
    assert guard("history", ".", "--trust-config", cwd=repository.top).code == 3
    accept = ("baseline", "create", "--gaps", "--history", "--reason", "a fixture of the vendor's")
    assert guard(*accept, cwd=repository.top, plain=True).code == 0
    for command in ("scan", "history"):
        outcome = guard(*_trusting(command), cwd=repository.top)
        assert outcome.code == 0
        (reason,) = outcome.skipped.values()
        assert reason.endswith("accepted in the baseline: a fixture of the vendor's")
    repository.git("mv", "fixtures/a.zip", "moved.zip")
    repository.commit("moved, and what it holds is the same")
    assert [guard(*_trusting(command), cwd=repository.top).code for command in ("scan", "history")] == [0, 0]
    assert guard("baseline", "prune", cwd=repository.top, plain=True).code == 0
    assert guard("scan", ".", cwd=repository.top).code == 0
    repository.commit_file("moved.zip", _encrypted_zip() + b"more")
    assert [guard(*_trusting(command), cwd=repository.top).code for command in ("scan", "history")] == [3, 3]


def test_gaps_and_findings_are_accepted_apart(guard: Guard, repository: GitRepository) -> None:
    repository.commit_file("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40))
    repository.commit_file("a.env", f"MONEI_API_KEY={api_key('apart')}\n")
    made = guard("baseline", "create", "--reason", "old keys", "--select", "MG101", cwd=repository.top, plain=True)
    assert (made.code, b"--gaps" in made.err) == (3, True)
    assert guard("scan", ".", "--select", "MG101", cwd=repository.top).code == 3
    more = guard("baseline", "update", "--gaps", "--reason", "vendor", cwd=repository.top, plain=True)
    assert (more.code, b"1 gaps accepted" in more.out) == (0, True)
    assert guard("scan", ".", "--select", "MG101", cwd=repository.top).code == 0


def test_an_expired_acceptance_of_a_gap_covers_nothing(guard: Guard, repository: GitRepository) -> None:
    repository.commit_file("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40))
    accept = ("baseline", "create", "--gaps", "--reason", "for now", "--until", "2099-01-01")
    assert guard(*accept, cwd=repository.top, plain=True).code == 0
    assert guard("scan", ".", cwd=repository.top).code == 0
    path = repository.top / ".monei-guard-baseline.json"
    path.write_text(path.read_text().replace("2099-01-01", "2020-01-01"))
    assert guard("scan", ".", cwd=repository.top).code == 3


def test_a_file_too_large_is_accepted_at_its_path(guard: Guard, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(2000))
    (tmp_path / ".monei-guard.toml").write_text('max-size = "1KB"\n')
    assert guard("baseline", "create", "--gaps", "--reason", "a film", cwd=tmp_path, plain=True).code == 0
    assert guard("scan", ".", cwd=tmp_path).code == 0
    (tmp_path / "other.bin").write_bytes(bytes(2000))
    assert guard("scan", ".", cwd=tmp_path).code == 3


def test_excluded_paths_are_left_out_of_history_with_what_they_hold(guard: Guard, repository: GitRepository) -> None:
    line = f"MONEI_API_KEY={api_key('excluded')}\n"
    repository.commit_file("fixtures/a.env", line)
    repository.commit_file("fixtures/a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40))
    repository.commit_file(".monei-guard.toml", 'exclude = ["fixtures/"]\n')
    outcome = guard("history", ".", "--trust-config", "--no-cache", cwd=repository.top)
    assert (outcome.code, outcome.findings) == (0, [])
    assert outcome.skipped == dict.fromkeys(("fixtures/a.7z", "fixtures/a.env"), "excluded by the configuration")
    repository.commit_file("src/a.env", line)
    assert [path for path, _ in guard("history", ".", "--trust-config", "--no-cache", cwd=repository.top).places] == [
        "src/a.env"
    ]


def test_what_git_lfs_keeps_is_looked_at(guard: Guard, repository: GitRepository) -> None:
    key = api_key("lfs")
    folder = repository.top / ".git" / "lfs" / "objects" / "ab" / "cd"
    folder.mkdir(parents=True)
    (folder / ("ab" * 32)).write_bytes(zip_of([("f.env", f"MONEI_API_KEY={key}\n".encode())]))
    (finding,) = guard("history", ".", "--no-cache", cwd=repository.top).findings
    assert finding["location"]["path"] == f".git/lfs/objects/ab/cd/{'ab' * 32}!/f.env"


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_a_bare_repository_among_the_files_is_looked_at(
    guard: Guard, repository: GitRepository, *, packed: bool
) -> None:
    repository.commit_file("deep/a.env", f"MONEI_API_KEY={api_key('bare')}\n")
    bare = repository.top.parent / "outer" / "fixtures" / "bare.git"
    repository.git("clone", "-q", "--bare", "--no-local", ".", os.fspath(bare))
    if not packed:
        (pack,) = (bare / "objects" / "pack").glob("*.pack")
        moved = pack.rename(bare / "moved.pack")
        for other in (bare / "objects" / "pack").iterdir():
            other.unlink()
        repository.git(f"--git-dir={bare}", "unpack-objects", "-q", stdin=moved.read_bytes())
        moved.unlink()
    outer = GitRepository(repository.top.parent / "outer")
    outer.git("init", "-q", ".")
    outer.git("add", "-A")
    outer.commit("a repository in a repository")
    for command in ("scan", "history"):
        outcome = guard(command, ".", *(("--no-cache",) if command == "history" else ()), cwd=outer.top)
        assert [one["code"] for one in outcome.findings if one["code"] == "MG101"] == ["MG101"], (command, packed)


def test_an_archive_too_large_to_be_opened_in_history_is_said(guard: Guard, repository: GitRepository) -> None:
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = stream.compress(TEXT) + stream.flush()
    repository.commit_file("large.gz", head + bytes(70_000_000))
    outcome = guard("history", ".", "--no-cache", cwd=repository.top)
    assert (outcome.code, "not opened" in outcome.skipped["large.gz"]) == (3, True)


def test_the_report_of_a_gap_keeps_its_shape(guard: Guard, repository: GitRepository) -> None:
    repository.commit_file("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40))
    report = json.loads(guard("scan", ".", cwd=repository.top).out)
    assert [sorted(entry) for entry in report["skipped"]] == [["path", "reason"]]
