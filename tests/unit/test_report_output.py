import io
import json
import os
import stat
import sys
import threading
from pathlib import Path
from typing import TextIO

import pytest
from report_values import full_report

from monei_guard.filesystem.atomic_write import UnwritableError, write_atomically
from monei_guard.reporting.formats import FORMATS, ReportError, write_report, writer


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_in_the_table_can_be_loaded_and_writes_something(name: str) -> None:
    stream = io.StringIO()
    writer(name)(full_report(), stream)
    assert stream.getvalue().endswith("\n")


def test_an_unknown_format_is_refused_with_the_list() -> None:
    with pytest.raises(ReportError, match=r"unknown report format 'xml'.*terminal, json"):
        writer("xml")


def test_a_report_goes_to_a_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_report(full_report(), "json", str(tmp_path / "report.json"))
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["version"] == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


def test_a_dash_is_standard_output() -> None:
    stream = io.StringIO()
    write_report(full_report(), "json", "-", stream)
    assert stream.getvalue().startswith('{"version": 1')


def test_a_failure_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("old", encoding="utf-8")

    def fail(stream: TextIO) -> None:
        stream.write("x" * 100_000)
        raise OSError(28, "No space left on device")

    with pytest.raises(
        UnwritableError, match=r"cannot write the report to .*report\.json: No space left on device; free"
    ):
        write_atomically(str(target), fail)
    assert target.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]


def test_an_interrupt_half_way_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    target.write_text("old", encoding="utf-8")

    def interrupt(stream: TextIO) -> None:
        stream.write("x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(str(target), interrupt)
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]
    assert target.read_text(encoding="utf-8") == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_device_is_one_clear_error() -> None:
    with pytest.raises(UnwritableError, match="cannot write the report to /dev/full: No space left on device"):
        write_report(full_report(), "json", "/dev/full")


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match=r"No such file or directory; create the folder first"):
        write_report(full_report(), "json", str(tmp_path / "none" / "report.json"))


def test_a_folder_is_not_a_report(tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match=r"it is a directory; choose a file you may write"):
        write_report(full_report(), "json", str(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_a_new_file_follows_the_umask_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    plain = tmp_path / "plain"
    plain.touch()
    write_report(full_report(), "json", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    target.chmod(0o640)
    write_report(full_report(), "sarif", str(target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need rights on Windows")
def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "report.json"
    link.symlink_to(tmp_path / "real" / "report.json")
    write_report(full_report(), "json", str(link))
    assert link.is_symlink()
    assert (tmp_path / "real" / "report.json").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_report(full_report(), "jsonl", str(pipe))
    reader.join(10)
    assert len(read[0].splitlines()) == 6
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(UnwritableError, match="Permission denied; choose a file you may write"):
        write_report(full_report(), "json", str(folder / "report.json"))
