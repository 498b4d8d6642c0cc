"""Keys that a program puts together from constants are read from its syntax tree."""

import pytest
from made_keys import api_key
from scanners import builtin_scanner, find, secrets

from monei_guard.decoding.charset import root_view
from monei_guard.decoding.views import decoded_views
from monei_guard.lints.registry import language_openers
from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import Scanner

KEY = api_key("folded")
A, B, C = KEY[:4], KEY[4:20], KEY[20:]
FOLDED = {
    "array in a name": ("a.js", f"const parts = ['{A}', '{B}', '{C}'];\nconst key = parts.join('');"),
    "list in a name": ("a.py", f"parts = ['{A}', '{B}', '{C}']\nkey = ''.join(parts)"),
    "another separator": ("a.js", f"const p = ['{A[:3]}', '{B}{C}'];\nconst mni_ = 'mni_', k = p.join('_');"),
    "added in JavaScript": ("a.js", f"let k = '{A}';\nk += '{B}';\nk += '{C}';"),
    "added in Python": ("a.py", f"k = '{A}'\nk += '{B}{C}'"),
    "parentheses": ("a.ts", f"const k: string = ('{A}' + ('{B}' + '{C}'));"),
    "parentheses to the left": ("a.mjs", f"const k = (('{A}') + '{B}') + ('{C}');"),
    "concat of a name": ("a.js", f"const P = '{A}'; const k = P.concat('{B}', '{C}')"),
    "name of a name": ("a.jsx", f"const A = '{A}'; const P = A; const k = P + '{B}{C}'"),
    "f-string of names": ("a.py", f"A = '{A}'\nP = A\nB = '{B}'\nkey = f'{{P}}{{B}}{C}'"),
    "template of names": ("a.tsx", f"const A = '{A}', P = A, B = '{B}';\nconst key = `${{P}}${{B}}{C}`;"),
}


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return builtin_scanner()


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", FOLDED)
def test_a_key_made_of_constants_is_found_where_it_is_put_together(name: str, large: bool) -> None:
    path, text = FOLDED[name]
    (finding,) = find(builtin_scanner(large=large), text.encode(), path.encode())
    assert secrets([finding]) == {KEY.encode()}
    assert finding.location.encoding_path[-1] == "joined-strings"
    assert finding.location.start_line == text.count("\n") + 1


def test_a_prefix_in_two_names_is_found_in_small_runs(scanner: Scanner) -> None:
    text = f"A = '{A[:2]}'\nB = '{A[2:]}'\nC = '{B}{C}'\nkey = A + B + C"
    assert secrets(find(scanner, text.encode(), b"a.py")) == {KEY.encode()}


@pytest.mark.parametrize(
    "text",
    [
        f"let k = '{A}';\nk = other();\nk += '{B}{C}';",
        f"let k = '{A}';\nk -= '{B}{C}';",
        f"const p = ['{A}', x, '{B}{C}'];\nconst k = p.join('');",
        f"const k = ('{A}' - ('{B}{C}'));",
    ],
)
def test_what_is_not_known_is_not_folded(scanner: Scanner, text: str) -> None:
    assert find(scanner, text.encode(), b"a.js") == []


@pytest.mark.parametrize(
    "text",
    ["(" * 50_000, "'a'+(" * 20_000, "'a'+" * 20_000 + "'b'", "k+='aaaaaaaaaaaaaaaaa1';" * 5_000, "[`${" * 20_000],
)
@pytest.mark.parametrize("path", [b"a.js", b"a.ts", b"a.py"])
def test_hostile_programs_come_to_an_end(text: str, path: bytes) -> None:
    content = f"k = 'mni_';\n{text}".encode()
    root = root_view(Blob(content, Origin.WORKTREE, path))
    assert list(decoded_views(root, find_languages=language_openers)) is not None
