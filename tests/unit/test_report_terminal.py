import io
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_values import HOSTILE, api_key, finding, full_finding, full_report

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Snippet, SnippetLine, Triaged
from monei_guard.reporting.escaping import columns
from monei_guard.reporting.report import Configuration, Coverage, Report, make_report
from monei_guard.reporting.terminal import Style, size, write_terminal

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
# A line starts with one of ours: a severity, the gutter with its sign, or a fixed word.
_OUR_START = re.compile(
    r"(critical|high|medium|low|info)\[|\s*-->|\s*\d* *\||\s*=|"
    r"not scanned: |error: |no findings|[\d,]+ finding|configuration |$"
)


def text_of(report: Report, style: Style | None = None) -> str:
    stream = io.StringIO()
    write_terminal(report, stream, style)
    return stream.getvalue()


def test_a_finding_shows_place_masked_line_caret_identity_and_help() -> None:
    assert text_of(make_report((Triaged(finding()),), version="0", coverage=Coverage(1, 1, 2048))) == (
        "critical[MG101]: Monei API key in source\n"
        " --> src/pay.js:3:14\n"
        "2 |\n"
        f'3 | const key = "{finding().secret}";\n'
        "  |              ^^^^^^^^^^^\n"
        "4 | pay(key);\n"
        "  = vendor monei, production, confidence high, "
        f"{finding().secret} (36 bytes)\n"
        "  = help: Revoke it in the dashboard, then read it from the environment.\n"
        "\n"
        "1 finding (0 suppressed), 0 skipped; 1 file, 2.0 kB scanned\n"
    )


def test_a_clean_run_says_one_line_and_quiet_says_nothing() -> None:
    clean = make_report((), version="0", coverage=Coverage(5, 5, 1234))
    assert text_of(clean) == "no findings (0 suppressed), 0 skipped; 5 files, 1.2 kB scanned\n"
    assert text_of(clean, Style(quiet=True)) == ""


def test_quiet_still_shows_findings_and_what_was_not_scanned() -> None:
    assert "MG101" in text_of(make_report((Triaged(finding()),), version="0"), Style(quiet=True))
    missed = make_report((), (Skipped(b"a.bin", "permission denied"),), version="0")
    assert text_of(missed, Style(quiet=True)) == (
        "not scanned: a.bin: permission denied\nno findings (0 suppressed), 1 skipped; 0 files, 0 B scanned\n"
    )


def test_suppressed_findings_are_counted_and_not_shown() -> None:
    output = text_of(full_report())
    assert "4 findings (1 suppressed), 2 skipped; 12 files, 3.4 MB scanned\n" in output
    assert output.count("[MG101]") == 4


def test_the_configuration_in_force_and_what_it_turns_off_are_named() -> None:
    report = make_report((), version="0", configuration=Configuration(".monei-guard.toml", ("MG406", "tests/**")))
    assert "configuration .monei-guard.toml turns off: MG406, tests/**\n" in text_of(report)


def test_history_life_related_places_and_the_verdict_are_told() -> None:
    output = text_of(full_report())
    assert "= commit cccccccccccc by plain on 2026-03-01T10:00:00+00:00" in output
    assert "= life: first in aaaaaaaaaaaa, 3 versions, still in HEAD, reachable from refs/heads/plain" in output
    assert "= plain: plain:9:14" in output
    assert "= the API says: live in sandbox (plain)" in output
    assert "--> plain:3:14 (in base64)" in output
    assert "--> message:3:14" in output


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("color", [False, True])
def test_no_line_starts_with_repository_text_and_no_character_of_it_is_live(text: str, color: bool) -> None:
    output = _ANSI.sub("", text_of(full_report(text), Style(color=color)))
    for line in output.split("\n"):
        assert line.isprintable()
        assert _OUR_START.match(line), line
        assert not line.lstrip().startswith("::")
        assert not re.search(r"##[A-Za-z]*\[", line)


@given(st.text(st.characters(codec=None)), st.integers(20, 200))
def test_any_text_stays_on_lines_that_start_with_ours(text: str, width: int) -> None:
    for line in text_of(full_report(text), Style(width=width)).split("\n"):
        assert line.isprintable()
        assert _OUR_START.match(line), line


@given(st.text("ab日\t", max_size=300), st.text("xy", min_size=1, max_size=20), st.text("ab日", max_size=300))
def test_the_caret_stands_below_its_text_at_any_width(before: str, marked: str, after: str) -> None:
    snippet = Snippet((SnippetLine(1, before + marked + after),), 1, len(before), len(before) + len(marked))
    one = Triaged(finding(snippet=snippet))
    _, _, code, caret, *_ = text_of(make_report((one,), version="0"), Style(width=80)).split("\n")
    column = caret.index("^")
    start = next(index for index in range(len(code)) if columns(code[:index]) >= column)
    assert code[start : start + caret.count("^")] == marked


def test_a_long_line_is_cut_to_the_width_around_the_secret() -> None:
    long = "x" * 100_000
    snippet = Snippet((SnippetLine(1, f"{long}KEY{long}"),), 1, len(long), len(long) + 3)
    _, _, code, caret, *_ = text_of(make_report((Triaged(finding(snippet=snippet)),), version="0")).split("\n")
    assert len(code) <= 102
    assert code[caret.index("^") : caret.rindex("^") + 1] == "KEY"


def test_many_skipped_files_are_summed_up() -> None:
    skipped = [Skipped(f"{number}.bin".encode(), "permission denied") for number in range(1000)]
    output = text_of(make_report((), skipped, version="0"))
    assert output.count("\n") == 22
    assert "not scanned: 980 more (permission denied: 980); --format json lists them all" in output


def test_values_are_hidden_unless_reveal_is_asked_for() -> None:
    report = make_report((Triaged(full_finding()),), version="0")
    assert api_key(7).decode() not in text_of(report)
    assert f"= value: {api_key(7).decode()}\n" in text_of(report, Style(reveal=True))


def test_colour_changes_nothing_but_colour() -> None:
    plain, colored = text_of(full_report()), text_of(full_report(), Style(color=True))
    assert "\x1b[" in colored
    assert _ANSI.sub("", colored) == plain


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (3_400_000_000, "3.4 GB")])
def test_sizes_are_in_decimal_units(count: int, text: str) -> None:
    assert size(count) == text


def test_writing_a_finding_to_a_terminal_loads_nothing_slow() -> None:
    code = (
        "import sys, monei_guard.reporting.formats, monei_guard.reporting.terminal\n"
        "slow = {'rich', 'jinja2', 'json', 'urllib', 'textwrap', 'tempfile', 'numpy', 'regex', 'click'}\n"
        "slow &= set(sys.modules)\n"
        "sys.exit(','.join(sorted(slow)) or 0)"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
