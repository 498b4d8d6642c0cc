"""Generated-looking values that are not the secret itself: what encrypts it, and checksums in lock files.

Without the key that opens it, a ciphertext is what may be committed. Forms, each from its tool's own documentation:
ansible-vault (docs.ansible.com, "Format of files encrypted with Ansible Vault"), age and OpenPGP armour, SOPS and
eyaml (`ENC[…]`), Jasypt (`ENC(…)`), Spring Cloud Config (`{cipher}…`), HashiCorp Vault's transit engine (`vault:v1:…`),
SealedSecrets (`encryptedData`), dotenvx (`encrypted:…`), Travis CI and AppVeyor (`secure: …`), AWS KMS (a blob that
begins 01 02 02), OpenSSL (`Salted__`) and Fernet (version 80 and a time of this century).
"""

import re

from monei_guard.detection.assignment import REACH_BEFORE

_BEFORE = 80  # bytes of a line in which a wrapper is looked for
_NAME = re.compile(
    r"(?<!un)encrypted[^.]*$|(?:^|[._\-])encrypted[_\-]?data\.[^.]*$|cipher[_\- ]?text[^.]*$"
    r"|(?:^|[._\-])(?:enc|secure)$"
)
# enc:…   enc:v1:…   ENC(…)   ENC[AES256_GCM,data:…   {cipher}…   aws:kms:…
_WRAPPER = re.compile(
    rb"""(?:^|[\s"'`=:>{(\[,])(?:"""
    rb"(?:enc|encrypted|cipher|ciphertext|secure|sealed|age|sops|transit|vault|eyaml|(?:aws|gcp|azure)?[-_:]?kms"
    rb"|aes(?:[-_]?(?:128|192|256))?(?:[-_]?(?:gcm|cbc|ctr))?|rsa|pkcs7|dpapi|fernet)"
    rb"(?:[:,]v?\d{1,4})?(?::|\(|\[|\[[\w-]{2,20},(?:data:)?)"
    rb"|\{(?:cipher|aes|enc|encrypted|secure|kms|rsa)\})$",
    re.IGNORECASE,
)
_BEGINNING = re.compile(rb"AQICAH[A-Za-z0-9+/]|U2FsdGVkX1|gAAAAA[A-Z]|\$ANSIBLE_VAULT")
# SubjectPublicKeyInfo in base64 (RFC 5280, 4.1): RSA of 1024, 2048 and 4096 bits, elliptic curves P-256 and P-384. It
# is what a browser extension's manifest and a webhook's documentation print.
_PUBLIC_KEY = re.compile(
    rb"MI(?:IBIj|ICIj)ANBgkqhkiG9w0BAQEFAAOC|MIGfMA0GCSqGSIb3DQEBAQUAA4GN|MFkwEwYHKoZIzj0CAQYI|MHYwEAYHKoZIzj0CAQYF"
)
_HEADERS = (b"$ANSIBLE_VAULT;", b"-----BEGIN AGE ENCRYPTED FILE-----", b"-----BEGIN PGP MESSAGE-----")
# What may stand between an armour's first line and a line of its body: more of it, over lines or in one string.
_BODY = re.compile(
    rb"[;.\dA-Za-z_\-]{0,100}(?:\s|\\[nrt]|(?:Version|Comment|Hash|Charset): [^\r\n]{0,200}|[A-Za-z0-9+/=])*"
)
_LOCK_FILE = re.compile(
    rb"(?:^|/)(?:[^/]+\.lock(?:file|b|\.json|\.hcl)?|[^/]*-lock\.(?:json|ya?ml)|go(?:\.work)?\.sum|npm-shrinkwrap\.json"
    rb"|(?:package|cartfile)\.resolved|[^/]*sums?\.txt|(?:md5|sha\d{1,3})sums?|[^/]+\.sha(?:1|256|512))$",
    re.IGNORECASE,
)


def opaque_reason(data: bytes, start: int, end: int, name: str, path: bytes | None) -> str:
    """Return why the value `data[start:end]`, given to `name` in the file at `path`, is no secret ("" if it may be)."""
    if path is not None and _LOCK_FILE.search(path):
        return "it is a checksum in a lock file"
    if _PUBLIC_KEY.match(data, start, end):
        return "it is a public key"
    is_cipher = (
        _BEGINNING.match(data, start, end)
        or _NAME.search(name)
        or _WRAPPER.search(data[max(data.rfind(b"\n", 0, start) + 1, start - _BEFORE) : start])
        or _is_in_armour(data, start)
    )
    return "it is a ciphertext" if is_cipher else ""


def _is_in_armour(data: bytes, start: int) -> bool:
    header = max(data.rfind(header, max(0, start - REACH_BEFORE), start) for header in _HEADERS)
    if header < 0:
        return False
    first = data.find(b"-----", header + 5, start) + 5 if data.startswith(b"-----", header) else header + 1
    return _BODY.fullmatch(data, first, start) is not None
