"""Judging by passages finds what judging whole contents finds, however the key is written."""

import base64
import random
from urllib.parse import quote

import pytest
from history_repositories import made_key

from monei_guard.application.opening import builtin_rules
from monei_guard.detection.encoded_regions import passages
from monei_guard.detection.prefilter import REACH
from monei_guard.history.matching import digest, object_matcher
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import Scanner

KEY = made_key(3)
SPELLINGS = {
    "plain": KEY,
    "base64": base64.b64encode(f"MONEI_API_KEY={KEY}".encode()).decode(),
    "base64 in lines": base64.encodebytes(f"{'x' * 200} MONEI_API_KEY={KEY} {'y' * 200}".encode()).decode(),
    "twice base64": base64.b64encode(base64.b64encode(f"key {KEY}".encode())).decode(),
    "hexadecimal": f"MONEI_API_KEY={KEY}".encode().hex(),
    "escapes": "".join(f"\\x{ord(char):02x}" for char in KEY),
    "unicode escapes": "".join(f"\\u{ord(char):04x}" for char in KEY),
    "percent": "".join(f"%{ord(char):02X}" for char in KEY),
    "partly percent": quote(KEY.replace("_", "%5F"), safe="%"),
    "divided": f'"{KEY[:2]}" + "{KEY[2:20]}" +\n    "{KEY[20:]}"',
}


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    rules = builtin_rules()
    return Scanner(rules.keywords, rules.credentials, rules.evidence)


def surrounded(text: str, lines: int) -> bytes:
    chance = random.Random(lines)  # noqa: S311 - not for secrecy
    words = [f"line {number} of {chance.randrange(1000)} ordinary words" for number in range(lines)]
    return "\n".join([*words[: lines // 2], f"value = {text}", *words[lines // 2 :]]).encode()


@pytest.mark.parametrize("lines", [3, 2000])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_whatever_way_a_key_is_written_its_passage_leads_to_it(scanner: Scanner, spelling: str, lines: int) -> None:
    content = surrounded(SPELLINGS[spelling], lines)
    whole = {digest(one.finding) for one in scanner.scan_blob(Blob(content, Origin.HISTORY)).triaged}
    assert whole
    assert set(object_matcher(scanner)([content])[0].secrets) == whole


def test_content_that_only_looks_encoded_is_clean(scanner: Scanner) -> None:
    content = surrounded(base64.b64encode(b"the prefix mni_ and no more").decode(), 500)
    assert scanner.prefilter.hits(content)
    assert object_matcher(scanner)([content])[0].secrets == ()


def test_passages_are_whole_lines_around_what_was_found() -> None:
    content = b"\n".join(b"%06d %s" % (number, b"needle" if number == 700 else b"......") for number in range(2000))
    ((start, end, _),) = passages(content, lambda data: b"needle" in bytes(data), REACH)
    assert content[start : start + 7].strip().isdigit() or start == 0
    assert b"000700 needle" in content[start:end]
    assert end - start < 3 * (2048 + REACH) + 2048
