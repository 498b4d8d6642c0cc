import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_values import api_key, finding, location, rule

from monei_guard.model.blob import Blob, View
from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.location import Origin
from monei_guard.model.rule import RuleKind
from monei_guard.policy.inline_suppression import InlinePolicy, triage_content
from monei_guard.ruleset.rule_files import load_bundled

RULES = {code: rule(code) for code in ("MG304", "MG405")} | {one.code: one for one in load_bundled() if one.code}
POLICY = InlinePolicy(date(2026, 11, 24), RULES, frozenset(RULES))
MARK = "monei-guard:"  # apart, so that these lines are no directives themselves


def judge(
    text: str, *found: Finding, path: str = "a.py", policy: InlinePolicy = POLICY, origin: Origin = Origin.WORKTREE
) -> list[Triaged]:
    view = View(Blob(text.encode(), origin, path.encode()), text.encode())
    return triage_content(found, view, policy)


def at(line: int, code: str = "MG101", seed: int = 0, end: int | None = None) -> Finding:
    return finding(seed, code=code, location=location("a.py", line, end_line=end or line))


def codes(triaged: list[Triaged]) -> list[str]:
    """Return the codes that count."""
    return [one.finding.code for one in triaged if one.suppression is None]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", 'key = "x"  # {}'),
        ("a.js", 'const key = "x"; // {}'),
        ("a.c", 'char *key = "x"; /* {} */'),
        ("a.html", '<meta content="x"> <!-- {} -->'),
        ("README.md", "the key x <!-- {} -->"),
        ("page.mdx", "the key x {{/* {} */}}"),
        ("a.sql", "insert into t values ('x'); -- {}"),
        ("a.ini", "key = x ; {}"),
        ("a.tex", "x % {}"),
        ("a.ml", 'let key = "x" (* {} *)'),
        ("a.bat", "set KEY=x & REM {}"),
        ("a.hbs", "x {{{{!-- {} --}}}}"),
        (".env", "MONEI_API_KEY=x # {}"),
        ("a.yml", "key: x # {}"),
        ("a.vb", "' x {}"),
        ("a.jsx", "<A key='x' /> {{/* {} */}}"),
    ],
)
def test_a_comment_on_the_line_suppresses_in_any_syntax(path: str, line: str) -> None:
    text = line.format(f'{MARK} ignore[MG101] reason="a sample" until=2027-06-30')
    (one,) = judge(text, at(1), path=path)
    assert one.suppression is not None
    assert (one.suppression.kind, one.suppression.reason, one.suppression.until) == ("inline", "a sample", "2027-06-30")
    assert one.suppression.source == "a.py:1"


def test_in_json_a_string_serves_as_a_comment() -> None:
    text = f'{{\n "//": "{MARK} ignore[MG101] reason=\'a sample\'",\n "key": "x"\n}}'
    assert codes(judge(text, at(3), path="a.json")) == []


def test_alone_on_a_line_it_holds_for_the_next_and_not_beyond() -> None:
    text = f'# {MARK} ignore[MG101] reason="a sample"\nkey\nkey\n'
    assert codes(judge(text, at(2))) == []
    assert codes(judge(text, at(3))) == ["MG101", "MG902"]


def test_behind_code_it_holds_for_its_own_line_only() -> None:
    assert codes(judge(f'x  # {MARK} ignore[MG101] reason="a"\nkey\n', at(2))) == ["MG101", "MG902"]


def test_stacked_directives_are_all_about_the_line_below_them() -> None:
    text = f'# {MARK} ignore[MG101] reason="a"\n# {MARK} ignore[MG405] reason="b"\nkey\n'
    assert codes(judge(text, at(3), at(3, "MG405"))) == []


def test_a_block_ends_where_it_says() -> None:
    text = f'# {MARK} ignore-start[MG101] reason="a"\nkey\nkey\n# {MARK} ignore-end\nkey\n'
    assert codes(judge(text, at(2), at(3))) == []
    assert codes(judge(text, at(2), at(5))) == ["MG101"]


def test_blocks_nest() -> None:
    text = "\n".join([
        f'# {MARK} ignore-start[MG101] reason="a"', f'# {MARK} ignore-start[MG405] reason="b"', "key",
        f"# {MARK} ignore-end", "key", f"# {MARK} ignore-end",
    ])  # fmt: skip
    assert codes(judge(text, at(3), at(3, "MG405"), at(5))) == []


@pytest.mark.parametrize("text", [f'# {MARK} ignore-start[MG101] reason="a"\nkey\n', f"key\n\n# {MARK} ignore-end"])
def test_half_a_block_is_malformed_and_suppresses_nothing(text: str) -> None:
    assert codes(judge(text, at(2))) == ["MG101", "MG904"]


def test_a_file_directive_holds_from_the_first_line_to_the_last() -> None:
    assert codes(judge(f'key\n# {MARK} ignore-file[MG101] reason="made-up keys"\nkey\n', at(1), at(3))) == []


def test_only_the_codes_it_names_are_suppressed() -> None:
    text = f'key # {MARK} ignore[MG101, MG304] reason="a"'
    assert codes(judge(text, at(1), at(1, "MG304"), at(1, "MG405"))) == ["MG405"]


def test_a_finding_over_several_lines_is_covered_by_a_directive_on_any_of_them() -> None:
    assert codes(judge(f'a\nb # {MARK} ignore[MG101] reason="a"\nc\n', at(1, end=3))) == []


def test_an_expired_one_is_mg901_and_suppresses_nothing() -> None:
    text = f'key # {MARK} ignore[MG101] reason="a" until=2026-11-23'
    triaged = judge(text, at(1))
    assert codes(triaged) == ["MG101", "MG901"]
    assert triaged[1].finding.message == "this suppression of MG101 expired on 2026-11-23"
    assert codes(judge(text.replace("23", "24"), at(1))) == []  # its last day


def test_an_unused_one_is_mg902_at_its_place() -> None:
    (one,) = judge(f'x\ny # {MARK} ignore[MG101] reason="a"\n')
    assert one.finding.code == "MG902"
    assert (one.finding.location.start_line, one.finding.location.start_column) == (2, 5)
    assert one.finding.message == "this suppression of MG101 suppresses nothing"
    assert one.finding.hint == RULES["MG902"].hint


def test_one_for_a_code_that_was_not_looked_for_is_not_called_unused() -> None:
    some = InlinePolicy(POLICY.today, RULES, frozenset({"MG101", "MG902"}))
    assert judge(f'x # {MARK} ignore[MG405] reason="a"\n', policy=some) == []


@pytest.mark.parametrize("code", ["MG999", "XX101", "MG901"])
def test_an_unknown_or_unsuppressible_code_is_mg903_and_voids_the_whole_directive(code: str) -> None:
    assert codes(judge(f'key # {MARK} ignore[MG101,{code}] reason="a"', at(1))) == ["MG101", "MG903"]


@pytest.mark.parametrize(
    ("directive", "why"),
    [
        ("ignore[MG101]", 'it gives no reason="…"'),
        ('ignore[MG101] reason=" "', 'it gives no reason="…"'),
        ("ignore[MG101] because I say so", 'it gives no reason="…"'),
        ('ignore reason="a"', "it names no code"),
        ('ignore[] reason="a"', "it names no code"),
        ('ignore[api-key] reason="a"', "no code like MG101"),
        ('ignored[MG101] reason="a"', "'ignored' is not one of"),
        ('ignore[MG101] reason="a" until=soon', "no date like 2027-06-30"),
        ('ignore[MG101] reason="a" until=2027-02-30', "no date like 2027-06-30"),
        ('ignore[MG101] reason="a" untill=2027-06-30', "'untill' is not known"),
        ('ignore[MG101] reason="a" reason="b"', "it gives reason twice"),
        ('ignore[MG101] reason="a', "a quotation mark is missing"),
        ('ignore[MG101] reason = "a"', "a space beside ="),
        ('ignore[MG101 reason="a"', "it names no code"),
    ],
)
def test_a_malformed_one_is_mg904_says_why_and_suppresses_nothing(directive: str, why: str) -> None:
    triaged = judge(f"key # {MARK} {directive}", at(1))
    assert codes(triaged) == ["MG101", "MG904"]
    assert why in triaged[1].finding.message


def test_the_reason_can_be_made_optional() -> None:
    lenient = InlinePolicy(POLICY.today, RULES, POLICY.checked, require_reason=False)
    assert codes(judge(f"key # {MARK} ignore[MG101]", at(1), policy=lenient)) == []


def test_nothing_written_in_a_file_can_suppress_findings_about_suppressions() -> None:
    text = f'# {MARK} ignore-file[MG902] reason="quiet"\n# {MARK} ignore[MG101] reason="a"\n'
    assert codes(judge(text)) == ["MG903", "MG902"]


def test_findings_about_suppressions_come_only_if_their_rules_are_active() -> None:
    quiet = InlinePolicy(POLICY.today, RULES, frozenset({"MG101"}))
    assert codes(judge(f"key # {MARK} ignore[MG101]", at(1), policy=quiet)) == ["MG101"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/a.md", f'Write `# {MARK} ignore[MG101] reason="a"` behind the key.'),
        ("docs/a.rst", f'Write ``# {MARK} ignore[MG101] reason="a"``.'),
        ("a.py", f'say("{MARK} ignore[MG101]")'),
        ("a.py", f'x # my-{MARK} ignore[MG101] reason="a"'),
        ("a.toml", "[tool.monei-guard]  # settings"),
    ],
)
def test_text_about_directives_is_none(path: str, text: str) -> None:
    assert codes(judge(text, at(1), path=path)) == ["MG101"]


def test_commit_messages_and_names_have_no_directives() -> None:
    text = f'key # {MARK} ignore[MG101] reason="a"'
    assert codes(judge(text, at(1), origin=Origin.MESSAGE)) == ["MG101"]


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("gitleaks", "key # gitleaks:allow"),
        ("betterleaks", "key # betterleaks:allow"),
        ("detect-secrets", "key # pragma: allowlist secret"),
        ("detect-secrets", "# pragma: allowlist nextline secret\nkey"),
        ("ggshield", "key # ggignore"),
    ],
)
def test_other_tools_markers_count_only_if_configured(tool: str, text: str) -> None:
    here = at(text.count("\n") + 1)
    assert codes(judge(text, here)) == ["MG101"]
    (one,) = judge(text, here, policy=InlinePolicy(POLICY.today, RULES, POLICY.checked, foreign=(tool,)))
    assert one.suppression is not None
    assert one.suppression.reason.startswith(f"marked for {tool}: ")


def test_a_secret_in_a_reason_is_masked() -> None:
    key = api_key().decode()
    (one,) = judge(f'key # {MARK} ignore[MG101] reason="it is only {key}"', at(1))
    assert one.suppression is not None
    assert key not in one.suppression.reason
    assert finding().secret is not None
    assert str(finding().secret) in one.suppression.reason


def test_carriage_returns_do_not_end_up_in_the_reason() -> None:
    (one,) = judge(f'key # {MARK} ignore[MG101] reason="a"\r\nnext\r\n', at(1))
    assert one.suppression is not None
    assert one.suppression.reason == "a"


@given(st.text(), st.text("[]MG10,=\"' reasonutil-", max_size=60))
def test_no_text_makes_reading_directives_fail(before: str, after: str) -> None:
    judge(f"{before}# {MARK} ignore{after}", at(1))


@pytest.mark.parametrize(
    "text",
    [
        f"# {MARK} ignore[MG101]\n" * 20_000,
        f"# {MARK} ignore-start[MG101] " * 20_000,
        "#" * 5_000_000 + f' {MARK} ignore[MG101] reason="a"',
        f'"comment"_"{MARK} ignore[' * 10_000,
    ],
    ids=["lines", "one-line", "long-line", "quotes"],
)
def test_a_hostile_file_is_read_in_bounded_time(text: str) -> None:
    start = time.process_time()
    judge(text, at(1))
    judge(text, at(1), path="a.md")
    judge(text, at(1), path="a.json")
    assert time.process_time() - start < 5


def test_the_four_rules_have_all_their_text() -> None:
    rules = [one for one in RULES.values() if one.kind is RuleKind.SUPPRESSION]
    assert sorted(one.code for one in rules) == ["MG901", "MG902", "MG903", "MG904"]
    for one in rules:
        assert all((one.title, one.hint, one.text.what, one.text.why, one.text.instead))
        assert Path(one.source).stem == one.id


def test_a_sentence_that_begins_with_the_tools_name_is_no_directive() -> None:
    """A starter configuration, a hook's first line."""
    text = f"# {MARK} https://docs.monei.cc is about the keys\n# {MARK} refuse a commit\n"

    assert codes(judge(text)) == []
