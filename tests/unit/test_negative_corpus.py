"""What is full of encoded and random text but holds no key stays silent.

Half of the corpus is made at run time, in the shapes of what developers keep in repositories; half are the files of
the packages the tests run with: compiled modules, minified scripts, fonts, metadata with checksums.
"""

import base64
import binascii
import gzip
import hashlib
import json
import random
import sysconfig
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from archive_makers import tar_of, zip_of
from scanners import builtin_scanner

from monei_guard.model.blob import Blob
from monei_guard.model.location import Origin
from monei_guard.scanning.scanner import Scanner, scan

_EACH = 10
_WORDS = ("alpha", "beta", "the", "of", "wallet", "payout", "request", "handler", "index", "module", "export", "const",
          "return", "value", "template", "string")  # fmt: skip


def _chance(name: str, number: int) -> random.Random:
    return random.Random(f"{name} {number}")  # noqa: S311 - filler


def _sentence(chance: random.Random, size: int = 40) -> str:
    return " ".join(chance.choices(_WORDS, k=size))


def _package_lock(chance: random.Random) -> bytes:
    packages = {
        f"node_modules/{word}-{number}": {
            "version": "1.2.3",
            "resolved": f"https://registry.example/{word}-1.2.3.tgz",
            "integrity": "sha512-" + base64.b64encode(chance.randbytes(64)).decode(),
        }
        for number, word in enumerate(chance.choices(_WORDS, k=60))
    }
    return json.dumps({"name": "monei-shop", "packages": packages}, indent=2).encode()


def _yarn_lock(chance: random.Random) -> bytes:
    return "".join(
        f'{word}@^1.0.0:\n  version "1.0.{number}"\n  resolved "https://registry.example/{word}#{chance.randbytes(20).hex()}"\n'
        f"  integrity sha512-{base64.b64encode(chance.randbytes(64)).decode()}\n\n"
        for number, word in enumerate(chance.choices(_WORDS, k=60))
    ).encode()


def _go_sum(chance: random.Random) -> bytes:
    return "".join(
        f"example.com/{word} v1.{number}.0 h1:{base64.b64encode(chance.randbytes(32)).decode()}\n"
        for number, word in enumerate(chance.choices(_WORDS, k=80))
    ).encode()


def _checksums(chance: random.Random) -> bytes:
    return "".join(f"{chance.randbytes(32).hex()}  {_sentence(chance, 1)}.tar.gz\n" for _ in range(100)).encode()


def _image_in_css(chance: random.Random) -> bytes:
    image = b"\x89PNG\r\n\x1a\n" + chance.randbytes(8000)
    return b".monei-logo{background:url(data:image/png;base64," + base64.b64encode(image) + b")}\n"


def _font_in_css(chance: random.Random) -> bytes:
    return b"@font-face{src:url(data:font/woff2;base64," + base64.b64encode(b"wOF2" + chance.randbytes(9000)) + b")}"


def _image_in_notebook(chance: random.Random) -> bytes:
    lines = base64.encodebytes(b"\x89PNG" + chance.randbytes(6000)).decode()
    cell = {"cell_type": "code", "source": ["import monei\n"], "outputs": [{"data": {"image/png": lines}}]}
    return json.dumps({"cells": [cell], "nbformat": 4}, indent=1).encode()


def _minified(chance: random.Random) -> bytes:
    parts = [
        f'function {chance.choice("abcdef")}(e,t){{return"{word}"+e+\'{word}\'+t.join("")+`{word}${{e}}`}}'
        for word in chance.choices(_WORDS, k=300)
    ]
    return ";".join(parts).encode()


def _source_map(chance: random.Random) -> bytes:
    sources = [_sentence(chance).replace(" ", "\n") for _ in range(5)]
    mappings = ";".join("".join(chance.choices("ABCDEFGH,gIAAK", k=60)) for _ in range(100))
    return json.dumps({"version": 3, "sourcesContent": sources, "mappings": mappings}).encode()


def _certificate(chance: random.Random) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(chance.randbytes(900)) + b"-----END CERTIFICATE-----\n"


def _hex_dump(chance: random.Random) -> bytes:
    data = chance.randbytes(2000)
    return b"\n".join(binascii.hexlify(data[at : at + 16], " ") for at in range(0, len(data), 16))


def _c_array(chance: random.Random) -> bytes:
    return (
        b"static const char logo[] = {" + ", ".join(f"0x{code:02x}" for code in chance.randbytes(3000)).encode() + b"};"
    )


def _escaped_unicode(chance: random.Random) -> bytes:
    text = "".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(1000))
    return json.dumps({"monei.title": text}).encode()


def _encoded_prose(chance: random.Random) -> bytes:
    return b"notes: " + base64.b64encode(_sentence(chance, 200).encode()) + b"\n"


def _compressed_prose(chance: random.Random) -> bytes:
    packed = chance.choice((gzip.compress, zlib.compress))(_sentence(chance, 400).encode())
    return b'{"state": "' + base64.b64encode(packed) + b'"}'


def _concatenated_prose(chance: random.Random) -> bytes:
    lines = [
        f'text += "{word} {chance.randbytes(4).hex()}" +\n    "{word}" + name + \'x\';'
        for word in chance.choices(_WORDS, k=80)
    ]
    return b"const monei = require('x');\n" + "\n".join(lines).encode()


def _token_of_nothing(chance: random.Random) -> bytes:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps({"sub": _sentence(chance, 3)}).encode()).rstrip(b"=")
    return (
        b"example token: " + header + b"." + body + b"." + base64.urlsafe_b64encode(chance.randbytes(32)).rstrip(b"=")
    )


def _archive(chance: random.Random) -> bytes:
    files = [(f"f{number}", _sentence(chance).encode()) for number in range(5)]
    return chance.choice((zip_of, tar_of))(files)


_MAKERS: dict[str, Callable[[random.Random], bytes]] = {
    "package-lock.json": _package_lock,
    "yarn.lock": _yarn_lock,
    "go.sum": _go_sum,
    "SHA256SUMS": _checksums,
    "logo.css": _image_in_css,
    "font.css": _font_in_css,
    "figure.ipynb": _image_in_notebook,
    "bundle.min.js": _minified,
    "bundle.js.map": _source_map,
    "cert.pem": _certificate,
    "dump.txt": _hex_dump,
    "logo.c": _c_array,
    "zh.json": _escaped_unicode,
    "notes.yaml": _encoded_prose,
    "terraform.tfstate": _compressed_prose,
    "concat.js": _concatenated_prose,
    "token.md": _token_of_nothing,
    "archive.bin": _archive,
}


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return builtin_scanner()


@pytest.mark.parametrize("name", sorted(_MAKERS))
def test_made_files_without_keys_are_silent(scanner: Scanner, name: str) -> None:
    blobs = [
        Blob(_MAKERS[name](_chance(name, number)), Origin.WORKTREE, f"{number}/{name}".encode())
        for number in range(_EACH)
    ]
    scanned = scan(blobs, scanner)
    assert [(one.code, one.location) for one in scanned.findings] == []
    assert scanned.skipped == ()


def _installed() -> Iterator[Path]:
    for suffix in (
        "*.so",
        "*.js",
        "*.css",
        "*.json",
        "*.woff*",
        "RECORD",
        "*.pyc",
        "*.exe",
        "*.html",
        "*.txt",
        "*.tmpl",
    ):
        yield from islice(sorted(Path(sysconfig.get_paths()["purelib"]).rglob(suffix)), 25)


def test_files_of_installed_packages_are_silent(scanner: Scanner) -> None:
    paths = [path for path in _installed() if path.stat().st_size < 3_000_000]
    assert len(paths) + len(_MAKERS) * _EACH >= 200
    blobs = (Blob(path.read_bytes(), Origin.WORKTREE, path.name.encode()) for path in paths)
    scanned = scan(blobs, scanner)
    assert [(one.code, one.location) for one in scanned.findings] == []


def test_decoding_adds_nothing_to_ordinary_source(scanner: Scanner) -> None:
    plain = builtin_scanner(decode=False)
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in islice(sorted(library.glob("*.py")), 120):
        blob = Blob(path.read_bytes() + b"\n# monei\n", Origin.WORKTREE, path.name.encode())
        assert len(scanner.scan_blob(blob).findings) == len(plain.scan_blob(blob).findings), path


def test_the_corpus_hashes_are_not_taken_for_text(scanner: Scanner) -> None:
    digests = "\n".join(hashlib.sha512(str(number).encode()).hexdigest() for number in range(500))
    assert scanner.scan_blob(Blob(b"monei\n" + digests.encode(), Origin.WORKTREE, b"digests.txt")).findings == ()
