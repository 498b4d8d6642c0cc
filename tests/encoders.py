"""Every encoding the decoders read, as a function from bytes to bytes, written independently of them."""

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Callable

Encoder = Callable[[bytes], bytes]


def _each(form: str) -> Encoder:
    return lambda data: "".join(form % code for code in data).encode()


def _listed(form: str, between: str) -> Encoder:
    return lambda data: between.join(form % code for code in data).encode()


def _wide(encoding: str) -> Encoder:
    return lambda data: data.decode("latin-1").encode(encoding)


def _jwt(data: bytes) -> bytes:
    def part(content: bytes) -> bytes:
        return base64.urlsafe_b64encode(content).rstrip(b"=")

    payload = json.dumps({"sub": data.decode("latin-1")}).encode()
    return part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(payload) + b"." + part(bytes(range(200, 232)))


def _quoted_printable_lines(data: bytes) -> bytes:
    """Soft line breaks every 20 characters, `=` escaped."""
    escaped = data.replace(b"=", b"=3D")
    pieces = []
    while escaped:
        size = 20
        while b"=" in escaped[size - 2 : size]:  # not inside an escape
            size -= 1
        pieces.append(escaped[:size])
        escaped = escaped[size:]
    return b"=\r\n".join(pieces)


TEXT: dict[str, Encoder] = {
    "base64": base64.b64encode,
    "base64 unpadded": lambda data: base64.b64encode(data).rstrip(b"="),
    "base64 URL-safe": base64.urlsafe_b64encode,
    "base64 URL-safe unpadded": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
    "base64 after a byte": lambda data: base64.b64encode(b"\x01" + data),
    "base64 after two bytes": lambda data: base64.b64encode(b"\x00\x02" + data),
    "hex": binascii.hexlify,
    "hex upper": lambda data: binascii.hexlify(data).upper(),
    "hex 0x": lambda data: b"0x" + binascii.hexlify(data),
    "hex escapes": _each(r"\x%02x"),
    "hex list": _listed("0x%02x", ", "),
    "unicode escapes": _each(r"\u%04x"),
    "unicode escapes upper": _each(r"\u%04X"),
    "braced escapes": _each(r"\u{%x}"),
    "long escapes": _each(r"\U%08x"),
    "octal escapes": _each(r"\%03o"),
    "percent": _each("%%%02X"),
    "percent lower": _each("%%%02x"),
    "html decimal": _each("&#%d;"),
    "html hex": _each("&#x%x;"),
    "quoted-printable": _each("=%02X"),
}
# Two layers each.
TWO_LAYERS: dict[str, Encoder] = {
    "utf-16 in base64": lambda data: base64.b64encode(data.decode("latin-1").encode("utf-16-le")),
    "gzip in base64": lambda data: base64.b64encode(gzip.compress(data, mtime=0)),
    "zlib in base64": lambda data: base64.b64encode(zlib.compress(data)),
}
# Numbers between commas or colons: read where they are, not looked for inside everything else.
LISTS: dict[str, Encoder] = {
    "hex colons": _listed("%02x", ":"),
    "decimal list": _listed("%d", ","),
}
# Several lines, or quotation marks: found inside others, not put around them.
INNER: dict[str, Encoder] = {
    "base64 wrapped": base64.encodebytes,
    "jwt": _jwt,
    "json string": lambda data: json.dumps(json.dumps({"text": data.decode("latin-1")})).encode(),
    "quoted-printable lines": _quoted_printable_lines,
}
# Whole files.
WIDE: dict[str, Encoder] = {
    "utf-16-le": _wide("utf-16-le"),
    "utf-16-be": _wide("utf-16-be"),
    "utf-16 with a mark": _wide("utf-16"),
    "utf-32-le": _wide("utf-32-le"),
    "utf-32-be": _wide("utf-32-be"),
    "utf-32 with a mark": _wide("utf-32"),
}
ALL = {**TEXT, **TWO_LAYERS, **LISTS, **INNER, **WIDE}
