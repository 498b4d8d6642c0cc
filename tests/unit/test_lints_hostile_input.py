"""Broken, huge, deep and hostile code: no crash, a bounded time, and a reason where something was not looked at."""

import random
import re
import subprocess
import sys
import time

import pytest
from lint_runner import lint_bytes, lint_rules

from monei_guard.lints.registry import LintResult, ProjectLints
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.finding import Finding
from monei_guard.model.location import Origin
from monei_guard.ruleset.templates import expand

_BOUND = 20.0  # seconds; a slow machine under load. Measured here: below 1 s each


def _lint(data: bytes, path: str) -> list[Finding | Skipped]:
    start = time.perf_counter()
    found = lint_bytes(data, path)
    assert time.perf_counter() - start < _BOUND
    return found


@pytest.mark.parametrize("path", ["a.tsx", "a.py", "a.html", "a.rb"])
@pytest.mark.parametrize(
    "data",
    [
        b"(" * 100_000 + b"b" + b")" * 100_000,
        b"{" * 30_000,
        b"x=" + b"a+" * 20_000 + b"1",
        b"f(" * 20_000,
        b"`${" * 20_000,
        b"<script>" * 10_000,
        b'"' * 30_000,
        b"x=y;y=x;" * 5_000,
        b"/*" * 20_000,
        b"https://api.monei.cc?k=" * 4_000,
    ],
    ids=lambda data: data[:8].decode("latin-1"),
)
def test_hostile_shapes_end_in_bounded_time(path: str, data: bytes) -> None:
    _lint(b"console.log(process.env.MONEI_API_KEY, 'monei.cc');\n" + data, path)


def test_a_generated_file_is_skipped_with_its_reason() -> None:
    line = b"export const a = { monei: 'api.monei.cc', b: [1, 2, 3] };\n"
    found = _lint(line * (5_000_000 // len(line)), "src/generated.js")
    assert [type(one) for one in found] == [Skipped]
    assert isinstance(found[0], Skipped)
    assert "larger than" in found[0].reason
    assert not found[0].incomplete


def test_without_a_rule_in_force_nothing_is_said_of_a_large_file() -> None:
    data = b"export const a = 'api.monei.cc';\n" * 50_000
    view = View(Blob(data, Origin.WORKTREE, b"src/generated.js"), data)
    assert ProjectLints(lambda _path: None, tuple, {}).lint(view) == LintResult()


def test_a_key_in_a_large_bundle_is_found_all_the_same() -> None:
    key = expand("mni_<<hex:32>>", "bundle").encode()
    found = _lint(b"var a=1;" * 700_000 + b'var k="' + key + b'";', "dist/app.min.js")
    assert [one.code for one in found if isinstance(one, Finding)] == ["MG306"]


def test_entangled_code_is_given_up_with_a_reason() -> None:
    names = [f"v{number}" for number in range(400)]
    text = "".join(f"let {name} = {' || '.join(names[:12])};\n" for name in names)
    text += "".join(f"function f{n}(a, b) {{ return f{(n + 1) % 50}(a || b, b); }}\nf{n}(v1, v2);\n" for n in range(50))
    text += "console.log(" + ", ".join(f"f{n}(v3, v4)" for n in range(50)) + "); // monei\n"
    _lint(text.encode(), "src/a.js")


@pytest.mark.parametrize("rule", lint_rules().values(), ids=lambda rule: rule.id)
def test_half_typed_code_never_crashes(rule: object) -> None:
    chance = random.Random(6)  # noqa: S311 - samples
    for number, example in enumerate(rule.examples):  # type: ignore[attr-defined]
        data = expand(example.text, number).partition("\n=== ")[0].encode()
        for _ in range(12):
            cut = chance.randrange(len(data))
            lint_bytes(data[:cut], example.path)
            lint_bytes(data[:cut] + data[min(cut + chance.randrange(9), len(data)) :], example.path)
            lint_bytes(data[:cut] + bytes([chance.randrange(256)]) + data[cut:], example.path)


def test_bytes_that_are_no_text_never_crash() -> None:
    chance = random.Random(7)  # noqa: S311 - samples
    for path in (
        "a.js",
        "a.tsx",
        "a.py",
        "a.html",
        "a.astro",
        "a.kt",
        "a.swift",
        "a.php",
        ".env",
        "a.json",
        "a.xml",
        "a.gradle",
    ):
        lint_bytes(b"monei\n" + chance.randbytes(30_000), path)
        lint_bytes(b"monei " + bytes(chance.choices(b"abc (){}[];:'\"`/*\n=+$#<>.", k=30_000)), path)


def test_no_finding_shows_a_key() -> None:
    """Snippets, messages, hints and related places are masked, whatever stands around."""
    for rule in lint_rules().values():
        for number, example in enumerate(rule.examples):
            text = expand(example.text, f"{rule.code}/{number}")
            values = re.findall(r"(?:mni|sk_live)_[0-9A-Za-z_]{20,}", text)
            for found in lint_bytes(text.partition("\n=== ")[0].lstrip("\n").encode(), example.path):
                shown = repr(found)
                assert not [value for value in values if value in shown], rule.id


def test_a_file_that_does_not_name_monei_costs_no_parser() -> None:
    program = (
        "import sys\n"
        "from monei_guard.lints.registry import LintResult, ProjectLints\n"
        "from monei_guard.model.blob import Blob, View\n"
        "from monei_guard.model.location import Origin\n"
        "data = b'console.log(process.env.OTHER)'\n"
        "lints = ProjectLints(lambda path: None, tuple, {})\n"
        "assert lints.lint(View(Blob(data, Origin.WORKTREE, b'a.js'), data)) == LintResult()\n"
        "print([name for name in sys.modules if name.startswith('tree_sitter')])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_names_that_are_built_from_each_other_end_in_bounded_time() -> None:
    """Texts made of names made of texts: once exponential, found in a package of 400,000 bytes."""
    lines = [f"i = i + j + 'x{number}'\nj = i + j if i else j or i\nuse.get(i + '?k=' + j)" for number in range(300)]
    _lint(("def f(i, j):\n" + "\n".join(lines).replace("\n", "\n    ") + "\n# monei\n").encode(), "a.py")
    script = [
        f"i = i + j + `x${{i}}{number}`; j = i ? i : j || i; if (i === j) use.get(i + '?k=' + j);"
        for number in range(300)
    ]
    _lint(("// x-monei-signature monei\nlet i = 1, j = 2;\n" + "\n".join(script)).encode(), "a.js")
