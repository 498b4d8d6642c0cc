import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_values import HOSTILE, api_key, finding, hex_digits, location

from monei_guard.model.finding import Finding, Snippet, SnippetLine, Suppression, Triaged
from monei_guard.model.secret import Secret
from monei_guard.policy.baseline import (
    Baseline,
    BaselineContext,
    BaselineError,
    Entry,
    Index,
    apply_baseline,
    keys,
    new_baseline,
    parse,
    pruned,
    render,
    with_findings,
)
from monei_guard.policy.baseline_file import change, load

TODAY = date(2026, 11, 24)
TEMPLATE = Entry("", "", None, "a sample key, never issued", "ann@example.com", "2026-11-24")


def at(path: str | None, seed: int = 0, line: int = 3, code: str = "MG101") -> Finding:
    return finding(seed, code=code, location=location(path, line))


def accepted(*findings: Finding, until: str | None = None, base: Baseline | None = None) -> Baseline:
    template = replace(TEMPLATE, until=until)
    return with_findings(base or new_baseline(), findings, template, lambda one: one.location.path)


def around(gone: tuple[str, ...] = (), prefix: str = "") -> BaselineContext:
    return BaselineContext(TODAY, ".monei-guard-baseline.json", lambda path: path not in gone, prefix)


def shown(baseline: Baseline, *findings: Finding, gone: tuple[str, ...] = (), prefix: str = "") -> list[Finding]:
    """Return the findings that still count."""
    index = Index(render(baseline).encode(), "b")
    triaged = apply_baseline([Triaged(one) for one in findings], index, around(gone, prefix))
    return [one.finding for one in triaged if one.suppression is None]


def test_an_accepted_finding_is_suppressed_with_reason_and_source() -> None:
    baseline = accepted(at("a.py"), until="2027-01-01")
    (one,) = apply_baseline([Triaged(at("a.py"))], Index(render(baseline).encode(), "b"), around())
    expected = Suppression("baseline", TEMPLATE.reason, "2027-01-01", ".monei-guard-baseline.json")
    assert one.suppression == expected


def test_moved_lines_and_other_fingerprints_change_nothing() -> None:
    moved = replace(at("a.py", line=400), fingerprint="other", snippet=None, message="other words")
    assert shown(accepted(at("a.py")), moved) == []


def test_another_key_on_the_same_line_is_never_hidden() -> None:
    baseline = accepted(at("a.py", seed=1))
    assert shown(baseline, at("a.py", seed=1), at("a.py", seed=2)) == [at("a.py", seed=2)]


def test_another_code_for_the_same_value_is_another_entry() -> None:
    assert [one.code for one in shown(accepted(at("a.py")), at("a.py"), at("a.py", code="MG405"))] == ["MG405"]


def test_a_renamed_file_stays_accepted() -> None:
    assert shown(accepted(at("old.py")), at("new/old.py"), gone=("old.py",)) == []


def test_the_same_value_at_a_second_place_is_shown_and_says_so() -> None:
    (one,) = shown(accepted(at("a.py")), at("a.py"), at("b.py"))
    assert one.location.path == "b.py"
    assert one.message == "Monei API key in source; the same value is accepted in a.py, but this is a new place"


def test_a_copy_is_new_even_if_only_the_copy_was_scanned() -> None:
    assert [one.location.path for one in shown(accepted(at("a.py")), at("b.py"))] == ["b.py"]


def test_a_rename_covers_one_place_and_prefers_the_same_file_name() -> None:
    found = (at("x/other.py"), at("x/a.py"))
    assert [one.location.path for one in shown(accepted(at("a.py")), *found, gone=("a.py",))] == ["x/other.py"]


def test_an_expired_entry_covers_nothing_and_the_finding_says_so() -> None:
    (one,) = shown(accepted(at("a.py"), until="2026-11-23"), at("a.py"))
    assert one.message.endswith("; accepted until 2026-11-23 (a sample key, never issued), which has passed")
    assert shown(accepted(at("a.py"), until="2026-11-24"), at("a.py")) == []


def test_paths_are_compared_from_the_baselines_folder() -> None:
    assert shown(accepted(at("sub/a.py")), at("a.py"), prefix="sub/") == []
    assert len(shown(accepted(at("a.py")), at("a.py"), prefix="sub/")) == 1


def test_findings_in_messages_and_archives_can_be_accepted() -> None:
    baseline = accepted(at(None), at("a.zip!/b/c.py", seed=1))
    assert shown(baseline, at(None), at("a.zip!/b/c.py", seed=1)) == []
    assert shown(baseline, at("z.zip!/b/c.py", seed=1), gone=("a.zip",)) == []
    assert len(shown(baseline, at("z.zip!/b/c.py", seed=1))) == 1


def test_inline_suppressions_are_left_alone() -> None:
    silenced = Triaged(at("a.py"), Suppression("inline", "why"))
    assert apply_baseline([silenced], Index(render(accepted(at("a.py"))).encode(), "b"), around()) == [silenced]


def test_a_guessable_value_stays_out_of_the_key_and_is_bound_to_its_masked_line() -> None:
    def pin(value: bytes, name: str) -> Finding:
        snippet = Snippet((SnippetLine(3, f'{name} = "••••"'),), 3, 0, 4)
        return replace(at("a.py", code="MG108"), secret=Secret(value, guessable=True), snippet=snippet)

    salts = new_baseline().salts
    assert keys(salts, pin(b"4711", "PIN")) == keys(salts, pin(b"0815", "PIN"))
    assert keys(salts, pin(b"4711", "PIN")) != keys(salts, pin(b"4711", "OTHER_PIN"))


def test_the_file_holds_no_value_no_plain_hash_and_no_line_number() -> None:
    one = at("a.py", line=31337)
    text = render(accepted(one))
    assert one.secret is not None
    assert one.secret.sha256 is not None
    for part in (api_key().decode(), one.secret.sha256[:32], "31337", one.fingerprint):
        assert part not in text
    assert keys(new_baseline().salts, one) != keys(new_baseline().salts, one)


def test_the_file_is_sorted_with_one_entry_a_line_whatever_the_order() -> None:
    found = [at(f"dir/{number % 3}.py", seed=number) for number in range(9)]
    base = new_baseline()
    text = render(accepted(*found, base=base))
    assert text == render(accepted(*reversed(found), base=base))
    lines = text.splitlines()
    assert lines[:2] == ["{", '"monei-guard-baseline": 1,']
    assert lines[2] == '"entries": ['
    assert list(json.loads(lines[3].removesuffix(","))) == ["salt"]
    assert lines[-3:] == ["null", "]", "}"]
    entries = [json.loads(line.removesuffix(",")) for line in lines[4:-3]]
    assert [entry["path"] for entry in entries] == sorted(entry["path"] for entry in entries)
    assert len(entries) == 9


def test_adding_an_entry_adds_one_line_and_touches_no_other() -> None:
    before = accepted(*(at("a.py", seed=number) for number in range(5)))
    after = accepted(at("z.py", seed=9), base=before)
    old, new = render(before).splitlines(), render(after).splitlines()
    assert len(new) == len(old) + 1
    assert [line for line in new if line not in old] == [line for line in new if '"z.py"' in line]


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)) | st.none())
def test_any_text_survives_the_file(reason: str, path: str | None) -> None:
    entry = replace(TEMPLATE, key=hex_digits(32), code="MG101", reason=reason, path=path, author=reason)
    baseline = Baseline(new_baseline().salts, (entry,))
    assert parse(render(baseline).encode(), "b") == baseline
    assert Index(render(baseline).encode(), "b").entries(entry.key) == (entry,)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_ascii_on_one_line(text: str) -> None:
    written = render(accepted(at(text)))
    assert written.isascii()
    assert len(written.splitlines()) == 8


def test_a_file_that_a_formatter_has_rewritten_still_works() -> None:
    pretty = json.dumps(json.loads(render(accepted(at("a.py")))), indent=2, sort_keys=True).encode()
    for raw in (pretty, b"\xef\xbb\xbf" + pretty, pretty.decode().encode("utf-16")):
        (one,) = apply_baseline([Triaged(at("a.py"))], Index(raw, "b"), around())
        assert one.suppression is not None


def good() -> bytes:
    return render(accepted(at("a.py"), at("b.py", seed=1))).encode()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda raw: raw[: len(raw) // 2], "is cut off"),
        (lambda raw: raw[:-3], "is cut off"),
        (lambda _: b"", "is cut off"),
        (lambda raw: raw.replace(b'"code"', b"code"), "is not valid JSON"),
        (
            lambda _: b'{"version": "1.5.0", "plugins_used": [], "results": {}}',
            "no monei-guard baseline but a detect",
        ),
        (lambda _: b'[{"RuleID": "x", "Secret": "y"}]', "no monei-guard baseline but a gitleaks report"),
        (lambda _: b'{"version": 1, "findings": []}', "is no monei-guard baseline"),
        (lambda _: b"[]", "is no monei-guard baseline"),
        (lambda raw: raw.replace(b'-baseline": 1', b'-baseline": 2'), "has version 2, .* reads 1; update monei-guard"),
        (lambda raw: raw.replace(b"\n{", b"\n<<<<<<< HEAD\n{", 1), "holds merge conflict markers"),
        (lambda raw: raw.replace(b'"author"', b'"owner"', 1), "an entry of the baseline b does not have the fields"),
        (lambda raw: raw.replace(b'"until": null', b'"until": "soon"', 1), "an entry .* value of the wrong form"),
        (lambda raw: raw.replace(b'"reason": "', b'"reason": 1, "x": "', 1), "an entry .* does not have the fields"),
        (lambda raw: raw.replace(b'"salt": "', b'"salt": "x'), "has no usable salt"),
        (lambda raw: raw.replace(b'"entries"', b'"entry"'), "has no list of entries"),
        (lambda _: b"[" * 100_000, "is cut off"),
    ],
)
def test_a_foreign_cut_off_newer_or_damaged_file_is_one_clear_error(
    spoil: Callable[[bytes], bytes], message: str
) -> None:
    for read in (parse, Index):
        with pytest.raises(BaselineError, match=message):
            read(spoil(good()), "b")


@given(st.binary(max_size=200), st.integers(0, 600))
def test_no_file_makes_reading_fail_otherwise(junk: bytes, place: int) -> None:
    raw = good()
    for read in (parse, Index):
        try:
            read(raw[:place] + junk + raw[place:], "b")
        except BaselineError as error:
            assert error.what  # noqa: PT017 - it may also be fine


def test_pruning_drops_what_covers_nothing_and_follows_renames() -> None:
    baseline = accepted(at("kept.py"), at("old.py", seed=1), at("fixed.py", seed=2))
    baseline = accepted(at("expired.py", seed=3), until="2020-01-01", base=baseline)
    found = (at("kept.py"), at("new.py", seed=1), at("expired.py", seed=3), at("unknown.py", seed=4))
    left, gone = pruned(baseline, found, around(gone=("old.py",)))
    assert sorted(str(entry.path) for entry in left.entries) == ["kept.py", "new.py"]
    assert sorted(str(entry.path) for entry in gone) == ["expired.py", "fixed.py"]


def test_accepting_again_replaces_the_decision() -> None:
    first = accepted(at("a.py"))
    again = with_findings(first, [at("a.py")], replace(TEMPLATE, reason="new"), lambda one: one.location.path)
    assert [entry.reason for entry in again.entries] == ["new"]


def test_writing_is_atomic_and_leaves_no_lock_behind(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    change(str(path), lambda base: accepted(at("a.py"), base=base))
    change(str(path), lambda base: accepted(at("b.py", seed=1), base=base))
    assert [entry.path for entry in load(str(path)).entries] == ["a.py", "b.py"]
    assert os.listdir(tmp_path) == ["b.json"]


def test_a_broken_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    broken = good()[:-3]
    path.write_bytes(broken)
    with pytest.raises(BaselineError, match="is cut off"):
        change(str(path), lambda base: base)
    assert path.read_bytes() == broken
    assert os.listdir(tmp_path) == ["b.json"]


_WRITER = """
import sys
sys.path.insert(0, sys.argv[3])
from test_policy_baseline import accepted, at
from monei_guard.policy.baseline_file import change
number = int(sys.argv[2])
for step in range(5):
    change(sys.argv[1], lambda base: accepted(at(f"{number}-{step}.py", seed=number * 10 + step), base=base))
"""


def test_concurrent_writers_lose_nothing(tmp_path: Path) -> None:
    path, here = tmp_path / "b.json", Path(__file__).resolve().parent
    environment = os.environ | {"PYTHONPATH": str(here.parent)}
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(path), str(number), str(here)], env=environment)
        for number in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    assert len(load(str(path)).entries) == 20
    assert os.listdir(tmp_path) == ["b.json"]


def _git(folder: Path, *arguments: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, check=True, capture_output=True)


@pytest.mark.parametrize("apart", [False, True], ids=["grown", "made-apart"])
def test_git_merges_two_branches_entries_with_the_union_driver(tmp_path: Path, apart: bool) -> None:
    path = tmp_path / "b.json"
    (tmp_path / ".gitattributes").write_text("b.json merge=union\n", encoding="utf-8")
    _git(tmp_path, "init", "-q")
    if not apart:
        change(str(path), lambda base: accepted(at("a.py"), at("z.py", seed=9), base=base))
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "base")
    for branch, seed in (("one", 1), ("two", 2)):
        _git(tmp_path, "checkout", "-qb", branch, "main")
        change(str(path), lambda base, seed=seed: accepted(at(f"m{seed}.py", seed=seed), base=base))  # type: ignore[misc]
        _git(tmp_path, "add", ".")
        _git(tmp_path, "commit", "-qm", branch)
    _git(tmp_path, "merge", "-q", "one")
    merged = path.read_bytes()
    found = [Triaged(at("m1.py", seed=1)), Triaged(at("m2.py", seed=2))]
    assert all(one.suppression for one in apply_baseline(found, Index(merged, "b"), around()))
    change(str(path), lambda base: base)
    assert all(one.suppression for one in apply_baseline(found, Index(path.read_bytes(), "b"), around()))


def test_git_merges_entries_apart_from_each_other_without_any_driver(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    _git(tmp_path, "init", "-q")
    change(str(path), lambda base: accepted(*(at(f"{name}.py", seed=ord(name)) for name in "dhmr"), base=base))
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "base")
    for branch, name in (("one", "a"), ("two", "z")):
        _git(tmp_path, "checkout", "-qb", branch, "main")
        change(str(path), lambda base, name=name: accepted(at(f"{name}.py", seed=ord(name)), base=base))  # type: ignore[misc]
        _git(tmp_path, "commit", "-qam", branch)
    _git(tmp_path, "merge", "-q", "one")
    assert len(load(str(path)).entries) == 6
