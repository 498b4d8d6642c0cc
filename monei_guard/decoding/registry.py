"""Every decoder, in the order in which findings prefer them."""

from monei_guard.decoding.base64_and_hex import BASE64, BASE64_WRAPPED, BYTE_LIST, HEXADECIMAL
from monei_guard.decoding.compressed import COMPRESSED
from monei_guard.decoding.escapes import (
    HTML_REFERENCES,
    JSON_STRINGS,
    NUMERIC_ESCAPES,
    PERCENT_ENCODING,
    QUOTED_PRINTABLE,
    UTF_16,
    UTF_32,
)
from monei_guard.decoding.split_strings import (
    CONSTANTS,
    CONTINUED_LINES,
    JOINED_LISTS,
    OFFICE_RUNS,
    SEAMS,
    WRAPPED_VALUES,
)
from monei_guard.decoding.string_formats import FORMATS
from monei_guard.decoding.touched_keys import INVISIBLE_CHARACTERS, PACKED_KEYS

DECODERS = (
    BASE64,
    BASE64_WRAPPED,
    HEXADECIMAL,
    NUMERIC_ESCAPES,
    JSON_STRINGS,
    PERCENT_ENCODING,
    HTML_REFERENCES,
    QUOTED_PRINTABLE,
    BYTE_LIST,
    UTF_16,
    UTF_32,
    COMPRESSED,
    SEAMS,
    CONSTANTS,
    JOINED_LISTS,
    OFFICE_RUNS,
    CONTINUED_LINES,
    WRAPPED_VALUES,
    FORMATS,
    INVISIBLE_CHARACTERS,
    PACKED_KEYS,
)

# The only ones without a signature: a key's beginning stands in such a text as it is.
UNSIGNED = (OFFICE_RUNS, WRAPPED_VALUES, FORMATS, INVISIBLE_CHARACTERS, PACKED_KEYS)
