"""Versions of a file share their lines: a line that left nothing behind is passed over, and nothing else is."""

from hypothesis import given
from hypothesis import strategies as st
from made_keys import api_key
from scanners import builtin_scanner

from monei_guard.detection.matcher import Matcher
from monei_guard.detection.patterns import compile_pattern
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.ruleset.rule_files import load_credential_rules

_HEX = api_key(5)[4:]
_LINES = (
    "import monei",
    "const monei = new MoneiSDK({",
    "  apiKey: process.env.MONEI_API_KEY,",
    f'  apiKey: "{_HEX}",',
    f"MONEI_API_KEY={api_key(1)}",
    f"MONEI_WEBHOOK_SECRET={_HEX[:24]}",
    f"monei.webhook.secret: whsec-{_HEX[4:30]}",
    f"x = {_HEX}",
    f"monei.transactionPin = {int(_HEX[:5], 16) % 900_000 + 100_000}",
    f"Authorization: Bearer {api_key(6)[4:]}{_HEX}",
    "MoneiPaymentGatewayConfigurationServiceProviderFactory",
    "https://api.monei.cc/api/v1/user/me",
    "",
    "}",
    'return "monei/very-long-path-of-words-that-nobody-generated/index.html"',
)
_TEXTS = st.lists(st.sampled_from(_LINES), max_size=30)
_WITHIN_LINE = [rule for rule in load_credential_rules() if rule.within_line]
_ANCHORED = [rule for rule in load_credential_rules() if rule.anchors]
_ALPHABET = "aZ09_+/.-=\"'`: \n\r\t/x\\{}[]()<>,;@#%$&monei"


def found(content: bytes, *, scanner: object = None) -> list[tuple[str, str, int, int]]:
    used = scanner or builtin_scanner()
    result = used.scan_blob(Blob(content, Origin.HISTORY, b"src/monei.js"))  # type: ignore[attr-defined] # a Scanner
    return [(one.code, one.fingerprint, one.location.start_byte, one.location.end_byte) for one in result.findings]


@given(st.lists(_TEXTS, min_size=2, max_size=5))
def test_what_was_seen_before_changes_no_finding(versions: list[list[str]]) -> None:
    shared = builtin_scanner()
    for lines in versions:
        content = "\n".join(lines).encode()
        assert found(content, scanner=shared) == found(content)


@given(st.text(alphabet=_ALPHABET, max_size=300))
def test_a_rule_within_a_line_finds_the_same_line_by_line(text: str) -> None:
    data = text.encode()
    for rule in _WITHIN_LINE:
        pattern = compile_pattern(rule.pattern)
        whole = [match.span("secret") for match in pattern.finditer(data)]
        by_line, at = [], 0
        for line in data.split(b"\n"):
            by_line += [match.span("secret") for match in pattern.finditer(data, at, at + len(line))]
            alone = [match.span("secret") for match in pattern.finditer(line)]
            assert [(start + at, end + at) for start, end in alone] == by_line[len(by_line) - len(alone) :]
            at += len(line) + 1
        assert by_line == whole


def test_an_anchor_stands_in_every_example_of_its_rule() -> None:
    assert _ANCHORED
    for rule in _ANCHORED:
        for example in rule.examples:
            assert any(anchor in example.text for anchor in rule.anchors)


def test_what_is_remembered_of_lines_is_bounded() -> None:
    matcher = Matcher(_WITHIN_LINE)
    from_words = (f"monei {number} is a line of words".encode() for number in range(400_000))
    clean = matcher._clean_lines.setdefault("MG107", set())  # noqa: SLF001 - its bound is the point
    for line in from_words:
        matcher._keep(clean, line)  # noqa: SLF001
    assert sum(map(len, clean)) < 1 << 25
