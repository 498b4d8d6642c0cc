"""Every rule sees through every encoding, and through encodings inside one another.

Both prefilters are tried: the one for small content, which looks for encoded text of any kind, and the one for large
amounts, which looks for what encodings make of the keywords.
"""

import random
from itertools import product

import pytest
from encoders import ALL, INNER, LISTS, TEXT, TWO_LAYERS, WIDE
from made_keys import LINES, line_of
from scanners import builtin_scanner, find, secrets

from monei_guard.scanning.scanner import Scanner

FRAME = b'# settings\nvalue = "%s"\nlast = 1\n'


@pytest.fixture(scope="module")
def small() -> Scanner:
    return builtin_scanner()


@pytest.fixture(scope="module")
def large() -> Scanner:
    return builtin_scanner(large=True)


@pytest.fixture(params=["small", "large"])
def scanner(request: pytest.FixtureRequest, small: Scanner, large: Scanner) -> Scanner:
    return small if request.param == "small" else large


def _missed(scanner: Scanner, code: str, names: tuple[str, ...]) -> bool:
    line, value = line_of(code, "/".join(names))
    data = line.encode()
    for name in names:
        data = ALL[name](data)
    content = data if names[-1] in INNER or names[-1] in WIDE else FRAME % data
    return value.encode() not in secrets(find(scanner, content))


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_rule_reads_the_encoding(scanner: Scanner, name: str) -> None:
    assert [code for code in LINES if _missed(scanner, code, (name,))] == []


@pytest.mark.parametrize("nesting", [2, 3])
@pytest.mark.parametrize("name", sorted(TEXT))
def test_every_rule_reads_the_encoding_inside_itself(scanner: Scanner, name: str, nesting: int) -> None:
    assert [code for code in LINES if _missed(scanner, code, (name,) * nesting)] == []


@pytest.mark.parametrize("name", sorted(TWO_LAYERS))
def test_every_rule_reads_two_layers_inside_themselves(small: Scanner, name: str) -> None:
    assert [code for code in LINES if _missed(small, code, (name, name))] == []


@pytest.mark.parametrize("outer", sorted(TEXT))
def test_every_encoding_is_read_inside_every_other(scanner: Scanner, outer: str) -> None:
    assert [inner for inner in sorted({**TEXT, **INNER}) if _missed(scanner, "MG101", (inner, outer))] == []


@pytest.mark.parametrize("outer", sorted(TEXT))
def test_layers_that_are_two_are_read_inside_every_other(small: Scanner, outer: str) -> None:
    assert [inner for inner in sorted(TWO_LAYERS) if _missed(small, "MG101", (inner, outer))] == []


@pytest.mark.parametrize("code", ["MG101", "MG103", "MG108"])
def test_the_first_stage_lets_any_three_layers_through(large: Scanner, code: str) -> None:
    line, _ = line_of(code, "three")
    missed = []
    for inner in sorted({**TEXT, **INNER, **LISTS}):
        once = ALL[inner](line.encode())
        for middle, outer in product(sorted(TEXT), repeat=2):
            if not large.prefilter.hits(FRAME % ALL[outer](ALL[middle](once))):
                missed.append((inner, middle, outer))
    assert missed == []


def test_three_different_layers_are_read(scanner: Scanner) -> None:
    everything = list(product(sorted({**TEXT, **INNER}), sorted(TEXT), sorted(TEXT)))
    triples = random.Random(4).sample(everything, 150)  # noqa: S311 - the same sample every time
    assert [triple for triple in triples if _missed(scanner, "MG101", triple)] == []


def test_a_fifth_layer_is_not_opened(small: Scanner) -> None:
    assert not _missed(small, "MG101", ("base64",) * 4)
    assert _missed(small, "MG101", ("base64",) * 5)


def test_what_shows_quoted_printable_may_stand_some_kilobytes_from_the_key(large: Scanner) -> None:
    value = line_of("MG101", "far")[1].encode()
    text = b"".join(b"line %d of an ordinary letter\n" % number for number in range(4000))
    content = b"%b a=3Db\n%b\n%b\n%b" % (text, text[:1500], value.replace(b"_", b"=5F"), text)
    assert value in secrets(find(large, content))
