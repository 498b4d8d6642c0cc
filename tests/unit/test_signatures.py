"""An encoding is a signature and a decoder: whoever looks for encoded keywords learns of both from the registries."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from made_keys import api_key
from scanners import builtin_scanner

from monei_guard.application.hooks.pattern import hook_pattern
from monei_guard.decoding import signatures
from monei_guard.decoding.constant_folding import folding
from monei_guard.decoding.decoder import Decoder, Replacement, matches
from monei_guard.decoding.registry import DECODERS, UNSIGNED
from monei_guard.decoding.signatures.keyword_forms import sources
from monei_guard.decoding.signatures.keywords import Signature
from monei_guard.decoding.signatures.registry import SIGNATURES
from monei_guard.decoding.views import decoded_views
from monei_guard.detection.prefilter import Prefilter
from monei_guard.lints.registry import language_openers
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin, Span
from monei_guard.ruleset.bundled import credential_keywords

LETTERS = b"abcdefghijklmnopqrstuvwxyz"
SHIFT = bytes.maketrans(LETTERS, LETTERS[1:] + LETTERS[:1])
UNSHIFT = bytes.maketrans(LETTERS[1:] + LETTERS[:1], LETTERS)


def toy_forms(text: bytes) -> tuple[bytes, ...]:
    return (text.translate(SHIFT),)


def toy(source: Path) -> Signature:
    """Return the signature of an encoding in which every letter is the next one, behind a mark."""
    return Signature(str(source), lambda _: lambda content: b"caesar:" in content, lambda _: ("caesar:",), toy_forms)


def read_toy(data: bytes, ranges: Sequence[Span]) -> Iterator[Replacement]:
    for match in matches(rb"caesar:([0-9a-z_]+)", data, ranges):
        yield *match.span(), ((match[1].translate(UNSHIFT), *match.span(1), (1, 1)),), ""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "caesar.py"
    path.write_text("# how it looks\n")
    return path


def encoded(seed: str) -> bytes:
    return b'key = "caesar:%b"\n' % api_key(seed).encode().translate(SHIFT)


@pytest.mark.parametrize("switch_at", [1 << 30, 0], ids=["plain", "Hyperscan"])
def test_the_prefilter_sees_a_new_encoding(source: Path, switch_at: int) -> None:
    content = encoded("prefilter")
    assert not Prefilter(credential_keywords(), switch_at=switch_at).hits(content)
    assert Prefilter(credential_keywords(), signatures=(*SIGNATURES, toy(source)), switch_at=switch_at).hits(content)


def test_the_hook_sees_a_new_encoding(source: Path) -> None:
    assert b"caesar:" not in hook_pattern()
    assert b"|caesar:|" in hook_pattern((*SIGNATURES, toy(source)))


def test_a_new_encoding_has_a_kept_database_of_its_own_until_its_module_changes(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache"

    def names() -> set[str]:
        return {path.name for path in folder.iterdir()}

    Prefilter(("mni_",), cache_folder=str(folder)).fast_test()
    without = names()
    several = Prefilter(("mni_",), signatures=(*SIGNATURES, toy(source)), cache_folder=str(folder))
    several.fast_test()
    with_toy = names()
    source.write_text("# how it looks now\n")
    several.fast_test()
    assert (len(without), len(with_toy), len(names())) == (1, 2, 3)


@pytest.mark.parametrize("switch_at", [1 << 30, 0], ids=["plain", "Hyperscan"])
def test_a_key_in_a_new_encoding_is_found(source: Path, switch_at: int) -> None:
    scanner = builtin_scanner()
    signature = toy(source)
    prefilter = Prefilter(credential_keywords(), signatures=(*SIGNATURES, signature), switch_at=switch_at)
    content = encoded("found")
    assert prefilter.hits(content)
    root = View(Blob(content, Origin.WORKTREE, b"a.py"), content)
    decoders = (*DECODERS, Decoder("caesar", read_toy, signature, None, (b"caesar:",)))
    views = [view for view in decoded_views(root, decoders=decoders, may_hold=prefilter.fast) if isinstance(view, View)]
    (found,), _, _ = scanner.engine.findings((root, *views))
    assert found.code == "MG101"
    assert found.location.encoding_path == ("caesar",)
    assert found.secret is not None
    assert found.secret.reveal() == api_key("found").encode()


def test_every_decoder_has_a_signature_unless_the_plain_keyword_stands_there() -> None:
    decoders = (*DECODERS, *(one for name in (b"a.py", b"a.js", b"a.ts") for one in folding(name, language_openers)))
    assert {one.signature for one in decoders if one not in UNSIGNED} == set(SIGNATURES)
    assert all(one.signature is None for one in UNSIGNED)


def test_every_signature_can_be_found_and_every_module_counts_for_a_kept_database() -> None:
    folder = Path(signatures.__file__).parent
    assert {Path(name) for name in sources(SIGNATURES)} == set(folder.glob("*.py")) - {folder / "__init__.py"}
    for one in SIGNATURES:
        text = b"monei"
        finds = one.patterns, one.exact_patterns(("mni_",)), [*one.forms(text)], one.openings
        assert any(finds)
        assert [*one.posix(credential_keywords())]


def test_a_compressed_text_is_found_by_the_test_for_base64() -> None:
    for one in SIGNATURES:
        for opening in one.openings:
            assert Prefilter(("mni_",), switch_at=1 << 30).hits(b'"%b"' % (opening + b"A" * 20))


def test_letters_that_are_spelled_out_are_those_of_the_prefixes() -> None:
    pattern = hook_pattern().decode()
    letters = "".join(sorted({char for word in credential_keywords() if word.endswith("_") for char in word}))
    assert f"([{letters}]|%[2-7])" in pattern
