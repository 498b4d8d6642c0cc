"""No literal is lost between a delta and its base: what the walk finds is what a search of every content finds."""

import os
import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from history_repositories import import_history, new_repository, random_versions, run_git, stored_objects
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monei_guard.git.delta_application import apply_delta
from monei_guard.git.delta_families import needed_entries, share_out
from monei_guard.git.delta_windows import delta_windows
from monei_guard.git.pack import Pack, open_pack
from monei_guard.git.pack_entries import BLOB, COMMIT, TAG, TREE
from monei_guard.git.pack_walk import Walker

HEX = "0123456789abcdef"


def made_key(seed: int) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - not for secrecy
    return b"mni" + b"_" + "".join(chance.choices(HEX, k=32)).encode()


def the_pack(repository: Path) -> Pack:
    (path,) = (repository / ".git/objects/pack").glob("*.pack")
    return open_pack(os.fsencode(path)[: -len(".pack")], "sha1")


def found_in(pack: Pack, literals: Iterable[bytes], share: int = 1 << 20) -> set[str]:
    """Return the ids of the objects in which the walk finds any of the literals."""
    needles = tuple(literals)
    hits: set[str] = set()
    everything = np.ones(len(pack.index.offsets), dtype=bool)
    walker = Walker(
        pack.data, pack.entries, everything, lambda data: any(needle in data for needle in needles),
        max(map(len, needles)) - 1, lambda at, _content: hits.add(pack.index.object_id(at)),
    )  # fmt: skip
    for one in share_out(pack.entries, needed_entries(pack.entries, everything), (BLOB, TREE, COMMIT, TAG), share):
        walker.walk(one.members)
    return hits


def held_by(repository: Path, literals: Iterable[bytes]) -> set[str]:
    needles = tuple(literals)
    return {name for name, _, content in stored_objects(repository) if any(needle in content for needle in needles)}


def deltas_in(repository: Path) -> int:
    (path,) = (repository / ".git/objects/pack").glob("*.idx")
    lines = run_git(repository, "verify-pack", "-v", str(path)).splitlines()
    return sum(len(line.split()) == 7 and line.split()[1] == b"blob" for line in lines)


def packed(tmp_path: Path, versions: list[dict[str, bytes]]) -> Path:
    repository = new_repository(tmp_path / "r")
    import_history(repository, versions)
    run_git(repository, "repack", "-adfq", "--depth=50", "--window=50")
    return repository


def filler(seed: int, count: int) -> list[bytes]:
    chance = random.Random(seed)  # noqa: S311 - not for secrecy
    return [b"%d %032x" % (number, chance.getrandbits(128)) for number in range(count)]


def test_a_key_rotated_forty_times_on_one_line_is_found_in_every_version(tmp_path: Path) -> None:
    lines = filler(1, 60)
    versions = []
    for number in range(40):
        lines[30] = b"KEY=" + made_key(number)
        versions.append({"config.txt": b"\n".join(lines)})
    repository = packed(tmp_path, versions)
    assert deltas_in(repository) == 39
    keys = [made_key(number) for number in range(40)]
    assert found_in(the_pack(repository), keys) == held_by(repository, keys)
    assert len(found_in(the_pack(repository), [b"mni_"])) == 40
    for key in keys:
        assert len(found_in(the_pack(repository), [key])) == 1


def test_a_key_whose_prefix_is_copied_and_whose_digits_are_inserted_is_found(tmp_path: Path) -> None:
    lines = filler(2, 40)
    key = made_key(5)
    first = b"\n".join([*lines[:20], b"a longer line that ends in KEY=mni" + b"_", *lines[20:]])
    # longer, so that git stores the first as it is and this as a delta of it, or the reverse
    second = first.replace(b"KEY=mni" + b"_", b"KEY=" + key)
    repository = packed(tmp_path, [{"a.txt": first}, {"a.txt": second}])
    assert deltas_in(repository) == 1
    assert found_in(the_pack(repository), [key]) == held_by(repository, [key]) != set()


def test_a_key_whose_digits_are_copied_and_whose_prefix_is_inserted_is_found(tmp_path: Path) -> None:
    lines = filler(3, 40)
    key = made_key(6)
    first = b"\n".join([*lines[:20], key[4:] + b" stands alone on this line", *lines[20:], b"x" * 400])
    second = b"\n".join([*lines[:20], b"KEY=" + key + b" stands alone on this line", *lines[20:]])
    repository = packed(tmp_path, [{"a.txt": second}, {"a.txt": first}])
    assert deltas_in(repository) == 1
    assert found_in(the_pack(repository), [key]) == held_by(repository, [key]) != set()


def test_a_key_that_appears_where_lines_between_were_deleted_is_found(tmp_path: Path) -> None:
    lines = filler(4, 60)
    key = made_key(7)
    half = len(key) // 2
    first = b"\n".join(lines[:20]) + b"\n" + key[:half] + b"\n".join(lines[20:40]) + key[half:] + b"\n".join(lines[40:])
    second = b"\n".join(lines[:20]) + b"\n" + key + b"\n".join(lines[40:])
    repository = packed(tmp_path, [{"a.txt": first}, {"a.txt": second}])
    assert deltas_in(repository) == 1
    assert found_in(the_pack(repository), [key]) == held_by(repository, [key]) != set()


@pytest.mark.parametrize("share", [2000, 1 << 20])
@given(seed=st.integers(0, 10_000), length=st.integers(1, 24))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_literal_of_a_random_history_is_found_in_exactly_the_objects_that_hold_it(
    tmp_path_factory: pytest.TempPathFactory, share: int, seed: int, length: int
) -> None:
    repository = packed(tmp_path_factory.mktemp("r"), random_versions(seed, 25))
    pack = the_pack(repository)
    chance = random.Random(seed)  # noqa: S311 - not for secrecy
    blobs = [content for _, kind, content in stored_objects(repository) if kind != "tree" and len(content) > length]
    for _ in range(40):
        content = chance.choice(blobs)
        at = chance.randint(0, len(content) - length)
        literal = content[at : at + length]
        assert found_in(pack, [literal], share) == held_by(repository, [literal]), literal


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _copy(offset: int, size: int) -> bytes:
    op, operands = 0x80, bytearray()
    for bit in range(4):
        if byte := offset >> (8 * bit) & 0xFF:
            op |= 1 << bit
            operands.append(byte)
    for bit in range(3):
        if byte := size >> (8 * bit) & 0xFF:
            op |= 0x10 << bit
            operands.append(byte)
    return bytes((op, *operands))


@given(
    st.lists(
        st.one_of(st.tuples(st.integers(0, 90_000), st.integers(1, 70_000)), st.binary(min_size=1, max_size=127)),
        min_size=1,
    )
)
def test_the_first_and_last_copy_of_a_delta_are_read_as_they_are(parts: list[tuple[int, int] | bytes]) -> None:
    base_size = 200_000
    sizes = [len(part) if isinstance(part, bytes) else part[1] for part in parts]
    body = b"".join(bytes([len(part)]) + part if isinstance(part, bytes) else _copy(*part) for part in parts)
    windows = delta_windows([_number(base_size) + _number(sum(sizes)) + body], 30)
    assert windows.sizes.base.tolist() == [base_size]
    assert windows.sizes.result.tolist() == [sum(sizes)]
    first = parts[0]
    assert windows.head.tolist() == [0 if isinstance(first, bytes) else first[1]]
    last = parts[-1]
    if isinstance(last, tuple) and sum(last) == base_size:
        assert windows.tail.tolist()[0] >= last[1]


BASE = random.Random(8).randbytes(200_000)  # noqa: S311 - filler; no stretch of it occurs twice
SPANS = st.tuples(st.integers(0, 150_000), st.integers(1, 40_000))


@given(st.lists(st.lists(st.one_of(SPANS, SPANS, st.binary(min_size=1, max_size=20)), min_size=1), max_size=6))
def test_what_needs_no_search_stands_in_the_base_with_a_margin_around_it(
    every: list[list[tuple[int, int] | bytes]],
) -> None:
    margin, deltas, results = 30, [], []
    for parts in every:
        results.append(b"".join(part if isinstance(part, bytes) else BASE[part[0] : sum(part)] for part in parts))
        body = b"".join(bytes([len(part)]) + part if isinstance(part, bytes) else _copy(*part) for part in parts)
        deltas.append(_number(len(BASE)) + _number(len(results[-1])) + body)
    insides = delta_windows(deltas, margin).insides
    for row, stretches in insides.items():
        result, before = results[row], 0
        assert apply_delta(BASE, deltas[row]) == [result]
        for low, high in stretches:
            assert before <= low < high <= len(result)
            assert result[max(low - margin, 0) : high + margin] in BASE
            before = high


def test_of_a_delta_of_few_instructions_only_what_is_new_and_the_junctions_are_searched() -> None:
    parts = [b"abc", (0, 9_000), (20_000, 9_000), b"x" * 10, (40_000, 9_000), (60_000, 300), (70_000, 1_000), b"y"]
    result = sum(len(part) if isinstance(part, bytes) else part[1] for part in parts)
    body = b"".join(bytes([len(part)]) + part if isinstance(part, bytes) else _copy(*part) for part in parts)
    windows = delta_windows([_number(len(BASE)) + _number(result) + body], 30)
    assert windows.insides == {0: ((33, 8_973), (9_033, 17_973), (18_043, 26_983), (27_343, 28_283))}


def test_a_key_in_a_large_file_with_scattered_changes_is_found_wherever_it_straddles(tmp_path: Path) -> None:
    """Few changes in much text: of these deltas every instruction is followed."""
    lines = filler(9, 6000)
    key = made_key(10)
    versions = [b"\n".join(lines)]
    for number in range(12):
        place = 400 * number + 200
        half = number * 3
        lines[place] = b"ends in " + key[:half]  # the key is made of the end of one line and the next
        lines[place + 1] = key[half:] + b" goes on"
        versions.append(b"\n".join([*lines[: place + 1]]) + b"\n".join(lines[place + 1 :]))
    repository = packed(tmp_path, [{"big.txt": version} for version in versions])
    assert deltas_in(repository) == len(versions) - 1
    assert found_in(the_pack(repository), [key]) == held_by(repository, [key]) != set()
    digits = [line[-20:] for line in lines[::97]]
    for literal in digits:
        assert found_in(the_pack(repository), [literal]) == held_by(repository, [literal])


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_whatever_bytes_stand_in_a_delta_its_windows_are_read_without_failing(deltas: list[bytes]) -> None:
    windows = delta_windows(deltas, 30)
    assert len(windows.head) == len(windows.tail) == len(windows.sizes.result) == len(deltas)
    assert (windows.head >= 0).all()
    assert (windows.tail >= 0).all()
