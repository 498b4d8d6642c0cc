"""Every signature. Whoever looks for encoded keywords asks these: the prefilter, its kept databases, the shell hook."""

from monei_guard.decoding.signatures.base64_and_hex import BASE64_AND_HEX, BYTE_LISTS
from monei_guard.decoding.signatures.compressed import COMPRESSED
from monei_guard.decoding.signatures.escapes import ESCAPES, WIDE
from monei_guard.decoding.signatures.keywords import Signature
from monei_guard.decoding.signatures.split_strings import SPLIT_STRINGS

SIGNATURES: tuple[Signature, ...] = (WIDE, BASE64_AND_HEX, COMPRESSED, BYTE_LISTS, ESCAPES, SPLIT_STRINGS)
