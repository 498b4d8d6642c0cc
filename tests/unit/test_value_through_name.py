"""What a value is for is said where its name is used, by what it stands in, or by the file's imports."""

import pytest
from scanners import builtin_scanner, find

from monei_guard.ruleset.templates import expand

SCANNER = builtin_scanner()

FOUND = {
    "a constant, JavaScript": ("MG107", "const secret = '<<hex:40>>';\nnew MoneiSDK({apiKey: secret});\n", "a.js"),
    "a constant, Python": ("MG107", "secret = '<<hex:40>>'\nclient = MoneiClient(api_key=secret)\n", "a.py"),
    "a constant, TypeScript": (
        "MG107", "const chosen: string = '<<alnum:40>>';\nconst m = new MoneiSDK({\n  apiKey: chosen,\n});\n", "a.ts",
    ),
    "PHP, one line": ("MG107", "return ['base_url' => 'https://api.monei.cc', 'api_key' => '<<alnum:40>>'];\n", "m.php"),  # noqa: E501
    "PHP, lines": ("MG107", "return [\n 'url' => 'https://api.monei.cc',\n 'api_key' => '<<hex:40>>',\n];\n", "m.php"),
    "PHP, array()": ("MG107", "return array('u' => 'https://api.monei.cc', 'api_key' => '<<hex:40>>');\n", "m.php"),
    "Ruby, one line": ("MG107", "class MoneiClient; API_KEY = '<<hex:40>>'; end\n", "m.rb"),
    "Ruby, a class": ("MG107", "class MoneiClient\n  API_KEY = '<<hex:40>>'\nend\n", "m.rb"),
    "Ruby, a module": ("MG107", "module Monei\n  class Client\n    SECRET = '<<alnum:40>>'.freeze\n  end\nend\n", "m.rb"),  # noqa: E501
    "Go, one line": ("MG104", 'var moneiOAuth = oauth2.Config{ClientSecret: "mcs_<<hex:40>>"}\n', "m.go"),
    "Go, a pointer": ("MG104", 'var moneiOAuth = &oauth2.Config{\n\tClientSecret: "mcs_<<hex:40>>",\n}\n', "m.go"),
    "Go, short": ("MG104", 'moneiOAuth := oauth2.Config{\n\tClientSecret: "mcs_<<hex:40>>",\n}\n', "m.go"),
    "a signature, Python": (
        "MG106",
        ('SECRET = "<<alnum:40>>"\nd = hmac.new(SECRET.encode(), raw, "sha256").hexdigest()\n'
        'ok = hmac.compare_digest(d, request.headers["X-Monei-Signature"])\n'),
        "h.py",
    ),
    "a signature, JavaScript": (
        "MG106",
        ('const secret = "<<hex:64>>"\nconst h = createHmac("sha256", secret).update(b).digest("hex")\n'
        'if (h !== req.headers["x-monei-signature"]) fail()\n'),
        "h.js",
    ),
    "a PIN, Python": ("MG108", 'from monei import MoneiClient\nawait c.payout(amount=5, pin="<<digits:6>>")\n', "p.py"),
    "a PIN, TypeScript": (
        "MG108", 'import MoneiSDK from "monei-sdk";\nsdk.payout.bank({amount: 5, pin: "<<digits:4>>"});\n', "p.ts",
    ),
    "a PIN, a constant": ("MG108", 'const { MoneiSDK } = require("monei-sdk");\nconst PIN = "<<digits:6>>";\n', "p.js"),
    "a log line": ("MG105", "2026-01-01 INFO monei connect: token mct_<<hex:40>> issued\n", "x.log"),
    "a logger's name": ("MG105", "12:00 [monei.connect] refreshed, new token=mcr_<<hex:48>> scope=all\n", "x.log"),
    "a log of services": ("MG105", 'monei-connect | {"msg":"exchange","token":"mct_<<alnum:40>>"}\n', "x.log"),
}  # fmt: skip

SILENT = {
    "another SDK": ("const secret = '<<hex:40>>';\nnew OtherSDK({apiKey: secret});\nnew MoneiSDK({});\n", "a.js"),
    "a second value": ("const h = '<<hex:40>>'\nh = load()\nnew MoneiSDK({apiKey: h})\n", "a.js"),
    "only a name's part": ("const secret = '<<hex:40>>';\nnew MoneiSDK({apiKey: secret_of_env});\n", "a.js"),
    "a checksum": ("const checksum = '<<hex:40>>';\nnew MoneiSDK({apiKey: process.env.K, checksum});\n", "a.js"),
    "PHP, elsewhere": ("return ['base_url' => 'https://api.example.com', 'api_key' => '<<alnum:40>>'];\n", "m.php"),
    "Ruby, another class": ("class ShopClient\n  API_KEY = '<<hex:40>>'\nend\n# monei\n", "m.rb"),
    "Ruby, no credential": ("class MoneiClient\n  REVISION = '<<hex:40>>'\nend\n", "m.rb"),
    "Go, another name": ('var other = oauth2.Config{ClientSecret: "mcs_<<hex:40>>"}\n', "m.go"),
    "a signature of another": (
        ('SECRET = "<<alnum:40>>"\nd = hmac.new(SECRET.encode(), raw).hexdigest()\n'
        'ok = hmac.compare_digest(d, request.headers["X-Hub-Signature"])\n# monei\n'),
        "h.py",
    ),
    "a PIN without Monei": ('await c.payout(amount=5, pin="<<digits:6>>")\n', "p.py"),
    "a pin of a board": ("from monei import MoneiClient\nboard.led.pin_mode = <<digits:4>>\n", "p.py"),
    "a log of others": ("2026-01-01 INFO motion connect: token mct_<<hex:40>> issued\n", "x.log"),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FOUND))
def test_it_is_found(name: str) -> None:
    code, text, path = FOUND[name]
    found = find(SCANNER, expand(text, f"through/{name}").encode(), path.encode())
    assert code in {finding.code for finding in found if finding.vendor == "monei"}


@pytest.mark.parametrize("name", sorted(SILENT))
def test_its_twin_is_silent(name: str) -> None:
    text, path = SILENT[name]
    assert not find(SCANNER, expand(text, f"through/{name}").encode(), path.encode())
