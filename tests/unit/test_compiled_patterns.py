"""Compiled patterns are kept from one run to the next, and never trusted further than they are ours and sound."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from monei_guard.detection.hyperscan_cache import _KEPT
from monei_guard.detection.prefilter import FastTest, Prefilter

KEYWORDS = ("mni_", "monei")


def _test(folder: Path, *, compile_it: bool = True, keywords: tuple[str, ...] = KEYWORDS) -> FastTest | None:
    return Prefilter(keywords, cache_folder=str(folder)).fast_test(compile_it=compile_it)


def test_patterns_are_loaded_where_they_were_kept(tmp_path: Path) -> None:
    assert _test(tmp_path, compile_it=False) is None
    _test(tmp_path)
    loaded = _test(tmp_path, compile_it=False)
    assert loaded is not None
    assert loaded(b"x mni_ y")
    assert loaded(b"bW5pXw" + b"=" * 3 + b" TU9ORUk")
    assert not loaded(b"nothing of the kind")


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:0],
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw + b"x",
        lambda raw: raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 1]) + raw[len(raw) // 2 + 1 :],
        lambda raw: bytes([raw[0] ^ 1]) + raw[1:],
    ],
    ids=["empty", "cut off", "longer", "a bit", "another format"],
)
def test_a_damaged_file_is_compiled_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    _test(tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    assert _test(tmp_path, compile_it=False) is None
    assert _test(tmp_path) is not None
    assert _test(tmp_path, compile_it=False) is not None


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_a_file_that_others_can_write_is_not_loaded(tmp_path: Path) -> None:
    _test(tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.chmod(0o666)
    assert _test(tmp_path, compile_it=False) is None


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"")
    for number in range(_KEPT + 2):
        _test(tmp_path, keywords=(f"word{number}",))
    assert len(list(tmp_path.iterdir())) == _KEPT + 1
    assert other.exists()
