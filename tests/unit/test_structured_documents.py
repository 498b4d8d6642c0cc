"""In a document with parts of its own, a finding says in which one it stands."""

import json
from typing import Any

import pytest
from made_keys import api_key
from scanners import builtin_scanner, find

from monei_guard.detection.documents.json_paths import json_routes
from monei_guard.detection.documents.table_columns import table_and_column
from monei_guard.model.finding import Finding
from monei_guard.ruleset.templates import expand
from monei_guard.scanning.scanner import Scanner

KEY = api_key("documents")


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return builtin_scanner()


def one(scanner: Scanner, path: bytes, content: bytes) -> Finding:
    (finding,) = find(scanner, content, path)
    return finding


def dumped(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def notebook(part: dict[str, Any]) -> bytes:
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["a", "b"]},
        {"cell_type": "code", "source": [], **part},
    ]
    return dumped({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"source": ["x = 1\n", f"key = '{KEY}'\n"]}, "in cell 2, source"),
        ({"outputs": [{"text": ["a"]}, {"text": [f"key {KEY}\n"]}]}, "in cell 2, output 2"),
        ({"metadata": {"key": KEY}}, "in cell 2, metadata"),
    ],
)
def test_a_notebook_says_which_cell_and_whether_code_or_output(
    scanner: Scanner, part: dict[str, Any], place: str
) -> None:
    content = notebook(part)
    finding = one(scanner, b"a/train.ipynb", content)
    assert finding.message.endswith(f"; {place}")
    assert KEY in content.decode().splitlines()[finding.location.start_line - 1]


def test_an_http_archive_says_which_exchange_without_its_query(scanner: Scanner) -> None:
    entries = [
        {"request": {"url": "https://example.com/"}, "response": {}},
        {
            "request": {
                "url": "https://api.monei.cc/api/v1/user/me?token=abc",
                "headers": [{"name": "X-API-KEY", "value": KEY}],
            }
        },
    ]
    finding = one(scanner, b"session.har", dumped({"log": {"version": "1.2", "entries": entries}}))
    assert finding.message.endswith("in entry 2, request to https://api.monei.cc/api/v1/user/me")


def test_a_key_in_the_address_of_an_exchange_is_masked(scanner: Scanner) -> None:
    archive = {"log": {"entries": [{"request": {"url": f"https://example.com/{KEY}/x"}}]}}
    finding = one(scanner, b"session.har", dumped(archive))
    assert "request to https://example.com/mni_" in finding.message
    assert KEY not in finding.message


def test_a_collection_names_the_request_and_its_folder(scanner: Scanner) -> None:
    request = {"name": "Get user", "request": {"header": [{"key": "X-API-KEY", "value": KEY}]}}
    collection = {"info": {"name": "c"}, "item": [{"name": "first"}, {"name": "Users", "item": [request]}]}
    finding = one(scanner, b"monei.postman_collection.json", dumped(collection))
    assert finding.message.endswith("in request 'Users / Get user'")


def test_an_insomnia_export_names_the_request(scanner: Scanner) -> None:
    resources = [
        {"_id": "1"},
        {"_type": "request", "name": "Balance", "headers": [{"name": "X-API-KEY", "value": KEY}]},
    ]
    finding = one(scanner, b"Insomnia.json", dumped({"_type": "export", "resources": resources}))
    assert finding.message.endswith("in request 'Balance'")


INSOMNIA_5 = """\
type: collection.insomnia.rest/5.0
name: Payments
meta:
  id: wrk_1
collection:
  - name: Users
    meta:
      id: fld_1
    children:
      - url: https://api.monei.cc/api/v1/user/me
        name: Get user
        meta:
          id: req_1
        method: GET
        headers:
          - name: X-API-KEY
            value: {0}
            id: pair_1
        scripts:
          preRequest: |-
            name: not this
            url: nor this
      - url: https://api.monei.cc/api/v1/wallet/me
        body:
          mimeType: application/json
          text: |-
            {{
              "name": "not this either",
              "key": "{1}"
            }}
        name: 'Balance'
  - name: Docs
    environment:
      key: {2}
cookieJar:
  name: Default Jar
  cookies:
    - {3}
environments:
  name: Base
  data:
    key: {4}
  subEnvironments:
    - name: Live
      data:
        key: {5}
"""


@pytest.mark.parametrize(
    ("number", "place"),
    [
        (0, "in request 'Users / Get user'"),
        (1, "in request 'Users / Balance'"),
        (2, "in folder 'Docs'"),
        (3, None),
        (4, "in environment 'Base'"),
        (5, "in environment 'Base / Live'"),
    ],
)
def test_an_insomnia_5_export_names_the_request_or_environment(
    scanner: Scanner, number: int, place: str | None
) -> None:
    content = INSOMNIA_5.format(*(KEY if at == number else "x" for at in range(6))).encode()
    for text in (content, content.replace(b"\n", b"\r\n")):
        message = one(scanner, b"Insomnia.yaml", text).message
        assert message.endswith(f"; {place}") if place else "; in " not in message


def test_a_list_at_its_keys_own_column_is_read_too(scanner: Scanner) -> None:
    requests = f"- name: A\n  url: x\n- name: B\n  headers:\n  - name: C\n    value: {KEY}\n  url: y\n"
    content = f"type: collection.insomnia.rest/5.0\ncollection:\n{requests}".encode()
    assert one(scanner, b"x.yml", content).message.endswith("in request 'B'")


def test_other_yaml_has_no_places(scanner: Scanner) -> None:
    assert "; in " not in one(scanner, b"x.yaml", f"collection:\n  - name: A\n    key: {KEY}\n".encode()).message


@pytest.mark.parametrize("indexed", [False, True])
def test_a_source_map_names_the_original_file_and_its_line(scanner: Scanner, indexed: bool) -> None:
    source = f"import x\n\nconst key = '{KEY}'\n"
    plain = {"version": 3, "sources": ["a.ts", "../src/pay.ts"], "sourcesContent": [None, source], "mappings": ""}
    content = {"version": 3, "sections": [{"offset": {}, "map": plain}]} if indexed else plain
    finding = one(scanner, b"dist/app.js.map", json.dumps(content).encode())
    assert "in '../src/pay.ts', line 3" in finding.message


def test_a_damaged_document_still_gives_the_number(scanner: Scanner) -> None:
    content = notebook({"source": [f"key = '{KEY}'\n"]})[:-40]
    assert one(scanner, b"a.ipynb", content).message.endswith("in cell 2, source")


def test_a_place_in_a_long_line_is_given_in_bytes_too(scanner: Scanner) -> None:
    content = ("é" * 1200 + f'var k="{KEY}";').encode()
    finding = one(scanner, b"app.min.js", content)
    assert finding.location.start_column == 1208
    assert finding.message.endswith(f"at byte {content.index(KEY.encode()):,}")


@pytest.mark.parametrize("text", [b'"' + b'\\"' * 200_000, b"[" * 200_000, b'{"a":[' * 100_000 + b'"', b"]}" * 200_000])
def test_routes_through_hostile_text_come_to_an_end(text: bytes) -> None:
    assert len(json_routes(text, [len(text) - 1])) <= 1


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        (b"a.csv", "id,monei_api_key,note\n1,abc,x\n2,{},y\n", b"monei_api_key"),
        (b"a.csv", 'id;note;key\n1;"a;b";{}\n', b"key"),
        (b"a.tsv", "id\tkey\n1\t{}\n", b"key"),
        (b"a.csv", "1,{},3\n", b""),
        (b"a.csv", "1,2,3\n4,{},6\n", b""),
        (b"a.sql", "INSERT INTO `users` (`id`, `monei_key`) VALUES (1,'a(b'),(2,'{}');", b"users.monei_key"),
        (b"a.sql", "INSERT INTO users (id, note, k) VALUES (1, 'it''s, (so)', '{}');", b"users.k"),
        (
            b"a.sql",
            "CREATE TABLE t (\n  `id` int,\n  `k` text,\n  PRIMARY KEY (id)\n);\nINSERT INTO t VALUES (1,'{}');",
            b"t.k",
        ),
        (b"a.sql", "INSERT INTO t VALUES (1,'{}');", b"t"),
        (b"a.sql", "COPY public.users (id, k) FROM stdin;\n1\tabc\n2\t{}\n", b"public.users.k"),
        (b"a.txt", "id,k\n1,{}\n", b""),
    ],
)
def test_a_value_in_a_table_has_the_name_of_its_column(path: bytes, text: str, name: bytes) -> None:
    at = text.index("{}")
    found = table_and_column(path, text.replace("{}", "value").encode(), at)
    assert b".".join(filter(None, found)) == name


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"export.csv", "id,owner,monei_secret_key\n1,ada,{}\n"),
        (b"dump.sql", "INSERT INTO settings (id, monei_secret_key) VALUES (1, '{}');\n"),
        (b"dump.sql", "COPY settings (id, monei_secret_key) FROM stdin;\n1\t{}\n"),
        (b"export.csv", "name,value\nMONEI_SECRET_KEY,{}\n"),
    ],
)
def test_the_column_attributes_a_key_that_has_no_owner_of_its_own(scanner: Scanner, path: bytes, text: str) -> None:
    finding = one(scanner, path, text.format(expand("sk_live_<<alnum:32>>", "made/column")).encode())
    assert (finding.code, finding.vendor) == ("MG103", "monei")


@pytest.mark.parametrize("row", ["\r" * 5, '"' * 3, "x\r,y", "\0,"])
def test_a_row_that_is_none_has_no_column(row: str) -> None:
    for head in ("a,b", "\r", '"', ""):
        content = f"{head}\n{row}".encode()
        assert table_and_column(b"x.csv", content + KEY.encode(), len(content))[0] == b""
