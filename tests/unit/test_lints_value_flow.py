"""A value is followed through names, functions, fields and files, and its way told; what looks alike is left alone."""

import pytest
from lint_runner import codes, lint

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Finding


def _finding(text: str, path: str, code: str) -> Finding:
    found = [one for one in lint(text, path) if isinstance(one, Finding) and one.code == code]
    assert len(found) == 1, found
    return found[0]


def _way(finding: Finding) -> list[tuple[str | None, int]]:
    return [(related.location.path, related.location.start_line) for related in finding.related]


def test_the_way_of_a_value_is_told_from_source_to_sink() -> None:
    text = """\
import { MoneiSDK } from "monei-sdk";

const raw = process.env.MONEI_API_KEY;

function keep(value) {
  const store = window.localStorage;
  store.setItem("k", value);
}
keep(raw);
"""
    finding = _finding(text, "src/a.js", "MG303")
    assert finding.location.start_line == 7
    assert _way(finding) == [("src/a.js", 3), ("src/a.js", 5)]
    assert "MONEI_API_KEY" in finding.related[0].message


def test_the_way_leads_through_other_files() -> None:
    text = """\
import { key as k } from "./lib";
console.log(k); // monei-sdk
=== lib/index.ts
export { key } from "../config";
export * from "./nothing";
=== config.ts
const env = process.env;
export const key = env.MONEI_API_KEY;
"""
    finding = _finding(text, "index.ts", "MG404")
    assert _way(finding) == [("config.ts", 8 - 6), ("index.ts", 1)]


@pytest.mark.parametrize(
    "source",
    [
        "const key = process.env['MONEI_API_KEY'];",
        "const { MONEI_API_KEY: key } = process.env;",
        "const env = process.env; const key = env.MONEI_API_KEY;",
        "import { env } from 'process'; const key = env.MONEI_API_KEY;",
        "const key = Deno.env.get('MONEI_API_KEY');",
        "const key = import.meta.env.MONEI_API_KEY;",
        "const key = Bun.env.MONEI_API_KEY;",
        "import { MONEI_API_KEY as key } from '$env/static/private';",
        "const key = config.get('MONEI_API_KEY');",
        "const key = useRuntimeConfig().moneiApiKey;",
        "const cfg = { monei: { key: process.env.MONEI_KEY } }; const { monei: { key } } = cfg;",
        "const read = () => process.env.MONEI_API_KEY; const key = read();",
        "function read() { return process.env.MONEI_API_KEY } const key = String(read()).trim();",
        "let key; key = process.env.MONEI_API_KEY;",
        "const key = (process.env.MONEI_API_KEY as string)!;",
        "const key = cond ? process.env.MONEI_API_KEY : undefined;",
        "const key = await getSecret('monei-api-key');",
        "const key = `Bearer ${process.env.MONEI_API_KEY}`;",
        "const key = 'mni_<<hex:32>>';",
    ],
)
def test_each_javascript_source_of_a_key_is_known(source: str) -> None:
    assert "MG404" in codes(f"{source}\nconsole.log(key); // https://api.monei.cc", "a.ts")


@pytest.mark.parametrize(
    "source",
    [
        "import os\nkey = os.environ['MONEI_API_KEY']",
        "import os\nkey = os.environ.get('MONEI_API_KEY')",
        "from os import environ\nkey = environ['MONEI_API_KEY']",
        "from os import getenv\nkey = getenv('MONEI_API_KEY')",
        "from decouple import config\nkey = config('MONEI_API_KEY')",
        "env = Env()\nkey = env.str('MONEI_API_KEY')",
        "from django.conf import settings\nkey = settings.MONEI_API_KEY",
        "key = current_app.config['MONEI_API_KEY']",
        "key: str = 'mni_<<hex:32>>'",
        "def read():\n    return os.environ['MONEI_API_KEY']\nkey = read()",
        "if (key := os.getenv('MONEI_API_KEY')):\n    pass",
        "key, other = os.getenv('MONEI_API_KEY'), 1",
        "class S(Base):\n    monei_api_key: SecretStr\nsettings = S()\nkey = settings.monei_api_key.get_secret_value()",
    ],
)
def test_each_python_source_of_a_key_is_known(source: str) -> None:
    assert "MG404" in codes(f"{source}\nprint(key)  # https://api.monei.cc", "a.py")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("a.js", "const k = process.env.STRIPE_KEY; console.log(k);"),
        ("a.js", "const moneiKey = 'monei:key'; console.log(moneiKey);"),
        ("a.js", "const hasMoneiKey = !!process.env.MONEI_API_KEY; console.log(hasMoneiKey);"),
        ("a.js", "console.log(process.env.MONEI_API_KEY === undefined);"),
        ("a.js", "console.log(typeof process.env.MONEI_API_KEY);"),
        ("a.js", "console.log(process.env.MONEI_API_KEY?.length);"),
        ("a.js", "console.log(process.env.MONEI_PUBLIC_KEY, process.env.MONEI_CLIENT_ID);"),
        ("a.js", "function f(key) { console.log(key) } f('hello'); const key = process.env.MONEI_API_KEY;"),
        ("a.js", "{ const key = process.env.MONEI_API_KEY; } { const key = 1; console.log(key) }"),
        ("a.js", "const { key, ...rest } = { key: process.env.MONEI_API_KEY, id: 1 }; console.log(1, other.key);"),
        ("a.js", "console.log(monei);  const monei = new MoneiSDK({ apiKey: process.env.MONEI_API_KEY });"),
        ("a.py", "import os\nkey = os.environ['MONEI_API_KEY']\nprint(key is not None, key[:6], hash(key))"),
        ("a.py", "def f(key):\n    print(key)\nf(1)\nkey = os.environ['MONEI_API_KEY']"),
        ("a.py", "from settings import MONEI_KEY\nprint(MONEI_KEY)\n=== settings.py\nMONEI_KEY = 'cache'\n"),
    ],
)
def test_what_only_looks_alike_is_left_alone(path: str, code: str) -> None:
    first, _, rest = code.partition("\n===")
    comment = "  # https://api.monei.cc" if path.endswith("py") else " // https://api.monei.cc"
    assert "MG404" not in codes(first + comment + (f"\n==={rest}" if rest else ""), path)


@pytest.mark.parametrize(
    "text", ["import { Monei } from '@monei-js/node-sdk';", "const u = 'https://api.monei.com/v1';"]
)
def test_a_project_of_the_other_company_is_left_alone(text: str) -> None:
    leak = "\nconst k = process.env.MONEI_API_KEY;\nconsole.log(k); localStorage.setItem('k', k); fetch(`https://x/?k=${k}`);"
    assert codes(text + leak, "src/a.js") == []


def test_the_dependencies_decide_where_the_file_says_nothing() -> None:
    leak = "console.log(process.env.MONEI_API_KEY);\n=== package.json\n"
    assert codes(leak + '{"dependencies": {"@monei-js/node-sdk": "1"}}', "src/a.js") == []
    ours = [one for one in lint(leak + '{"dependencies": {"monei-sdk": "1"}}', "src/a.js") if isinstance(one, Finding)]
    assert [(one.code, one.vendor) for one in ours] == [("MG404", "monei")]
    unknown = [one for one in lint(leak + "{}", "src/a.js") if not isinstance(one, Skipped)]
    assert [(one.code, one.vendor, one.confidence.label) for one in unknown] == [("MG404", "unknown", "medium")]


def test_the_hint_shows_the_corrected_code_in_the_files_own_words() -> None:
    text = 'import { MoneiSDK as Client } from "monei-sdk";\nnew Client(process.env.KEY_OF_SHOP);'
    assert _finding(text, "a.ts", "MG408").hint.endswith("Write: new Client({ apiKey: process.env.KEY_OF_SHOP })")
    python = 'import hmac\nsent = request.headers["x-monei-signature"]\nok = sent == hmac_of(body)'
    assert _finding(python, "a.py", "MG407").hint.endswith("Write: hmac.compare_digest(sent, hmac_of(body))")
