"""What holds for every input: nothing crashes, nothing near a key hides it, every place is the exact place."""

from functools import cache

import pytest
import regex
from hypothesis import assume, example, given
from hypothesis import strategies as st
from made_keys import LINES, api_key, line_of

from monei_guard.application.opening import builtin_rules
from monei_guard.detection.patterns import LEFT
from monei_guard.detection.placeholders import is_generated, placeholder_reason
from monei_guard.detection.prefilter import ContentTest, hyperscan_test, plain_test
from monei_guard.model.blob import Blob, Skipped
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.ruleset.bundled import credential_keywords
from monei_guard.ruleset.templates import expand
from monei_guard.scanning.scanner import Scanner, scan

KEY = api_key("property")
KEY_BYTES = KEY.encode()

# Bytes that mean something to one stage or another, so that chance meets them.
TOKENS = st.sampled_from([
    b"monei", b"MONEI_API_KEY=", b"mni_", b"mni_sk_", b"sk_live_", b"transactionPin: ", b"1234", b"\x00",
    b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\r\n", b"\n", b'"', b"'", b"{", b"}", b"[", b"]", b"(", b")",
    b"=", b":", b"\\n", b"%3D", b"\\u006d", b"<key>", b"</key>", b"Bearer ", b"eyJ", b"aGVsbG8=", b"&quot;",
    b"\x1b[31m", b"name: ", b"value: ", b"your_key_here", b"x" * 300, b" " * 300, b"PK\x03\x04",
    b"\x1f\x8b\x08", KEY_BYTES[:20], KEY_BYTES, b"m\x00n\x00i\x00_\x00", b"\x00m\x00n\x00i\x00_",
    b"https://api.monei.cc/", b"monei-guard" + b": ignore[MG101] -- x", b"\xc3", b"\xed\xa0\x80", b"From ",
    b"exact\xff", b"\x00\x00\xfe\xff",
])  # fmt: skip
CONTENT = st.lists(st.one_of(TOKENS, st.binary(max_size=40)), max_size=25).map(b"".join)


@cache
def scanner() -> Scanner:
    """Return the scanner every command uses."""
    rules = builtin_rules()
    return Scanner(rules.keywords, rules.credentials, rules.evidence)


def found_in(content: bytes, path: bytes | None = b"a.txt") -> list[Finding]:
    """Return what the pipeline finds in one file."""
    return list(scan([Blob(content, Origin.WORKTREE, path)], scanner()).findings)


@given(CONTENT)
@example(b"")
@example(b"\xff\xfe")
@example(b"\xff\xfe\x00")
@example(b"mni_" * 2000)
@example(b"\xff\xfe\0\0" + b"\xff" * 7 + KEY_BYTES)
def test_no_content_crashes(content: bytes) -> None:
    scanned = scan([Blob(content, Origin.WORKTREE, b"a.txt")], scanner())
    for finding in scanned.findings:
        place = finding.location
        assert 0 <= place.start_byte <= place.end_byte <= len(content)
        assert 1 <= place.start_line <= place.end_line <= content.count(b"\n") + 1
        assert place.start_column >= 1
        if finding.secret is not None and finding.snippet is not None and not finding.secret.guessable:
            shown = "\n".join(line.text for line in finding.snippet.lines)
            assert finding.secret.reveal().decode("latin-1") not in shown


@given(st.binary(max_size=60), CONTENT)
def test_no_name_crashes(path: bytes, content: bytes) -> None:
    path = path.replace(b"\0", b"") or b"x"
    scan([Blob(content, Origin.INDEX, path), Skipped(path, "a reason")], scanner())


def is_found(content: bytes, start: int, end: int) -> bool:
    """Return whether a finding points at exactly these bytes, or at a decoded text that holds them."""
    return any(
        one.location.start_byte <= start and end <= one.location.end_byte
        for one in found_in(content)
        if one.secret is not None and KEY_BYTES in one.secret.reveal()
    )


@given(CONTENT, CONTENT)
@example(b"\xff\xfe", b"")
@example(b"\xfe\xff", b"")
@example(b"a\0" * 3000, b"")
@example(b"\0a" * 3000, b"")
@example(b"\xff\xfe\0\0", b"")
@example(b"\0\0\xfe\xff", b"")
@example(b"", b"\0b" * 3000)
@example(b"x" * 20_000, b"y" * 20_000)
def test_what_stands_before_and_after_a_key_does_not_hide_it(before: bytes, after: bytes) -> None:
    content = before + b"\n" + KEY_BYTES + b"\n" + after
    assume(b"monei-guard" not in content)  # a directive may silence the line
    start = len(before) + 1
    assert is_found(content, start, start + len(KEY_BYTES))


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_a_key_is_found_wherever_its_boundaries_are(before: bytes, after: bytes) -> None:
    content = before + KEY_BYTES + after
    start = len(before)
    whole = regex.compile(LEFT.encode() + rb"(?=mni_)").match(content, start)
    assume(whole is not None and not after[:1].isalnum())
    assume(b"\0" not in content and not before.startswith((b"\xff\xfe", b"\xfe\xff")))
    assert is_found(content, start, start + len(KEY_BYTES))


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Nd", "L", "Pc"], exclude_characters="\r\n\0\ufeff"),
    max_size=30,
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "latin-1")


@given(st.lists(TEXT, max_size=5), TEXT, st.sampled_from(["\n", "\r\n"]), st.sampled_from(ENCODINGS))
def test_line_column_and_bytes_are_exact_in_every_encoding(
    lines: list[str], lead: str, newline: str, encoding: str
) -> None:
    if encoding == "latin-1" or encoding.endswith(("-le", "-be")):  # without a mark, wide text is known by its zeros
        lines = [line.encode("latin-1", "replace").decode("latin-1") for line in lines]
        lead = lead.encode("latin-1", "replace").decode("latin-1")
    head = "".join(f"a plain line of ordinary text {line}{newline}" for line in lines) + f"MONEI {lead} "
    text = f"{head}{KEY}{newline}and the end of the ordinary text{newline}"
    content = text.encode(encoding)
    findings = [one for one in found_in(content) if one.code == "MG101"]
    assert len(findings) == 1
    place = findings[0].location
    assert place.start_line == place.end_line == len(lines) + 1
    column = len(head.split("\n")[-1]) + 1
    assert (place.start_column, place.end_column) == (column, column + len(KEY))
    start = len(head.encode(encoding))
    plain = encoding.removesuffix("-sig")
    width = len(KEY.encode("utf-16-le" if plain == "utf-16" else "utf-32-le" if plain == "utf-32" else plain))
    assert (place.start_byte, place.end_byte) == (start, start + width)


@given(CONTENT)
def test_both_prefilters_say_the_same(content: bytes) -> None:
    plain, fast = both_tests()
    assert plain(content) == fast(content)
    assert plain(memoryview(content)) == fast(memoryview(content))


@cache
def both_tests() -> tuple[ContentTest, ContentTest]:
    """Return the two tests over every keyword."""
    fast = hyperscan_test(credential_keywords(), (b"exact\xff",))
    if fast is None:
        pytest.skip("Hyperscan does not run here")
    return plain_test(credential_keywords(), (b"exact\xff",)), fast


@given(st.sampled_from(sorted(LINES)), st.integers(0, 1 << 60))
def test_a_generated_key_is_never_taken_for_a_placeholder(code: str, seed: int) -> None:
    value = expand(LINES[code][1], seed).encode()
    if code == "MG108":
        return  # of 10^6 PINs, those in order are placeholders
    assert placeholder_reason(value) == ""
    if code in {"MG106", "MG107"}:
        assert is_generated(value)


@given(st.sampled_from(sorted(LINES)), st.integers(0, 1 << 60))
def test_a_generated_key_under_its_name_is_always_found(code: str, seed: int) -> None:
    line, value = line_of(code, str(seed))
    content = f"# settings\n{line}\n".encode()
    assert (code, value.encode()) in {
        (one.code, one.secret.reveal()) for one in found_in(content, b".env") if one.secret is not None
    }
