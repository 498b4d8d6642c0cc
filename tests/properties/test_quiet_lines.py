"""A text whose lines are all known to be quiet holds nothing to be found, whatever they were learnt from."""

from collections.abc import Iterator

import pytest
from credential_corpus import load_corpus
from encoders import ALL
from hypothesis import given
from hypothesis import strategies as st
from joined_shapes import JOINED, filled
from made_keys import LINES, api_key, line_of
from scanners import builtin_scanner

from monei_guard.detection.patterns import compile_pattern
from monei_guard.detection.quiet_lines import QuietLines
from monei_guard.lints.registry import LintResult
from monei_guard.model.blob import Blob, View
from monei_guard.model.location import Origin
from monei_guard.ruleset.rule_files import load_credential_rules
from monei_guard.scanning.scanner import Scanner

_NAMED = b"import monei\n"


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    """Return one that reads everything whole."""
    return builtin_scanner()


def is_found(scanner: Scanner, text: bytes) -> bool:
    return bool(scanner.scan_blob(Blob(text, Origin.HISTORY)).findings)


def is_quiet(memory: QuietLines, text: bytes) -> bool:
    """Ask twice: a text that is all new is not learnt from the first time."""
    view = View(Blob(text, Origin.HISTORY), text)
    return memory.are_all_of(view) or memory.are_all_of(view)


def texts() -> Iterator[tuple[str, bytes]]:
    """Yield texts in which something is to be found, most of them over several lines."""
    for case in load_corpus():
        yield case.name, case.content
    for name, shape in JOINED.items():
        yield f"joined: {name}", _NAMED + filled(shape, api_key(name))
        value = api_key(f"{name}/plain")[4:]
        yield f"joined, without a prefix: {name}", b"monei:\nMONEI_API_KEY = 1\n" + filled(shape, value)
    for name, encode in ALL.items():
        for code in LINES:
            line, _ = line_of(code, name)
            yield f"{name}: {code}", _NAMED + b"value = '" + encode(line.encode()) + b"'\n"


def test_nothing_is_lost_that_was_learnt_line_by_line(scanner: Scanner) -> None:
    shared = QuietLines(scanner.engine)
    lost = []
    for name, text in texts():
        alone = QuietLines(scanner.engine)
        for line in text.split(b"\n"):
            is_quiet(alone, line)
            is_quiet(shared, line)
        if (is_quiet(alone, text) or is_quiet(shared, text)) and is_found(scanner, text):
            lost.append(name)
    assert lost == []


def test_nothing_is_lost_that_was_learnt_from_another_order(scanner: Scanner) -> None:
    lost = []
    for name, text in texts():
        memory = QuietLines(scanner.engine)
        lines = text.split(b"\n")
        is_quiet(memory, b"\n".join(reversed(lines)))
        is_quiet(memory, b"\n".join(lines[::2]))
        is_quiet(memory, b"\n".join(lines[1::2]))
        if is_quiet(memory, text) and is_found(scanner, text):
            lost.append(name)
    assert lost == []


_HEX = api_key("quiet")[4:]
_PIECES = (
    "const monei = new MoneiSDK({",
    "  apiKey: process.env.MONEI_API_KEY,",
    f'  apiKey: "{_HEX}",',
    f'  apiKey: "{_HEX[:8]}" +',
    f'    "{_HEX[8:20]}" +',
    f'    "{_HEX[20:]}",',
    "  apiKey:",
    f"    {_HEX[:20]}",
    f"    {_HEX[20:]}",
    f"const P = '{_HEX[:12]}';",
    f"const MONEI_API_KEY = P + '{_HEX[12:]}';",
    f"const MONEI_KEY = `${{P}}{_HEX[12:]}`;",
    "",
    "  // a comment",
    "const MONEI_API_KEY = [",
    f"  '{_HEX[:16]}',",
    f"  '{_HEX[16:]}'",
    "].join('');",
    "transactionPin:",
    f"  {int(_HEX[:5], 16) % 900_000 + 100_000}",
    "}",
    "MONEI_WEBHOOK_SECRET=\\",
    f"{_HEX[:12]}\\",
    f"{_HEX[12:]}",
    f"mni_\\\n{_HEX}",
    f'"mni_"\n    "{_HEX}"',
    "Authorization: Bearer",
    f"{_HEX}{_HEX[::-1]}",
    'return "monei/very-long-path-of-words-that-nobody-generated/index.html"',
)
_TEXTS = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=12)


@given(st.lists(_TEXTS, min_size=2, max_size=6))
def test_what_was_learnt_hides_nothing_in_later_versions(versions: list[list[str]]) -> None:
    scanner = builtin_scanner()
    memory = QuietLines(scanner.engine)
    for pieces in versions:
        text = "\n".join(pieces).encode()
        if is_quiet(memory, text):
            assert not is_found(scanner, text)


def test_versions_of_a_file_without_a_key_are_quiet(scanner: Scanner) -> None:
    memory = QuietLines(scanner.engine)
    lines = [f"    public function getMonei{number}(string $moneiId): MoneiResponse" for number in range(200)]
    assert is_quiet(memory, "\n".join(lines).encode())
    lines[100:102] = ["        return $this->moneiClient->payments();", "    }"]
    assert is_quiet(memory, "\n".join(lines).encode())
    lines[50] = f"    private const MONEI_API_KEY = '{api_key('version')[4:]}';"
    assert not is_quiet(memory, "\n".join(lines).encode())


def test_a_text_of_its_own_is_not_learnt_from_before_it_comes_back(scanner: Scanner) -> None:
    memory = QuietLines(scanner.engine)
    text = b"import monei\nprint(1)\n"
    view = View(Blob(text, Origin.HISTORY), text)
    assert [memory.are_all_of(view) for _ in range(3)] == [False, True, True]


def test_versions_learnt_at_once_are_quiet(scanner: Scanner) -> None:
    memory = QuietLines(scanner.engine)
    lines = [f"    public function getMonei{number}(): MoneiResponse" for number in range(50)]
    versions = ["\n".join([*lines[:number], f"// {number}", *lines[number:]]).encode() for number in range(20)]
    memory.learn(versions)
    quiet = [memory.are_all_of(View(Blob(text, Origin.HISTORY), text)) for text in versions]
    assert all(quiet)  # what was new in the first is no longer once the second has come


_RUNS = [rule for rule in load_credential_rules() if rule.value_run]
_ALPHABET = "aZ09_+/.-=\"'`: \n\r\t/x\\{}[]()<>,;@#%$&monei"


@given(st.text(alphabet=_ALPHABET, max_size=300))
def test_every_value_of_a_rule_is_such_a_run_as_it_says(text: str) -> None:
    data = text.encode()
    assert _RUNS
    for rule in _RUNS:
        runs = [run.group() for run in compile_pattern(rule.value_run).finditer(data)]
        for match in compile_pattern(rule.pattern).finditer(data):
            assert any(match["secret"].strip(b"-.") in run for run in runs)


def test_the_sign_of_a_rule_stands_in_each_of_its_examples() -> None:
    signed = [rule for rule in load_credential_rules() if rule.line_sign]
    assert signed
    for rule in signed:
        sign = compile_pattern(rule.line_sign)
        assert sign.search(line_of(rule.code, "sign")[0].encode())


def test_every_rule_is_known_line_by_line() -> None:
    """Else nothing is quiet, and users' own repositories take as long as before."""
    assert [rule.code for rule in load_credential_rules() if not rule.within_line and not rule.line_sign] == []


def test_a_quiet_file_is_linted_all_the_same() -> None:
    linted = []

    def lint(view: View, _path: str | None, _masks: object) -> LintResult:
        linted.append(view.data)
        return LintResult()

    scanner = builtin_scanner(large=True)
    scanner.lint = lint
    text = b"import monei\nclient = monei.Client()\n"
    assert not scanner.scan_blob(Blob(text, Origin.WORKTREE, b"pay.py")).findings
    assert is_quiet(QuietLines(scanner.engine), text)
    assert linted == [text]
