"""How keywords look once they are encoded, so that the first stage passes over everything else.

Three ways, for three kinds of encodings. Base64 and hexadecimal leave a fixed literal for each keyword and alignment,
also inside one another, and literals cost a multi-pattern search nothing. Escapes show themselves by their notation:
several ASCII characters in a row that had no need of it. Compressed streams begin with their magic number.
"""

from collections.abc import Iterable, Iterator, Sequence

from monei_guard.decoding.signatures import keywords as words
from monei_guard.decoding.signatures import registry
from monei_guard.decoding.signatures.keywords import (
    LENGTH,
    EncodingTest,
    Keywords,
    Signature,
    beginning,
    distinct,
    shortest,
    stems,
)

_HEAD = 9  # characters of the innermost layer of three that literals of this length show
_SHORTEST = 4


def encoded_literals(
    keywords: Iterable[str], signatures: Sequence[Signature] = registry.SIGNATURES
) -> tuple[bytes, ...]:
    """Return literals of which one stands in text that holds one of the keywords encoded up to three times.

    Lower-case keywords stand for their upper-case and capitalised forms too, unless they end with "_": a credential's
    own prefix has one case. What is spelled out by the outermost layer is not among them: the signatures' patterns find
    it.
    """
    outer = tuple(signature.forms for signature in signatures if signature.is_outer)

    def around(text: bytes) -> Iterator[bytes]:
        return (form for forms in outer for form in forms(text))

    beginnings = distinct(stem for keyword in shortest(keywords) for stem in stems(keyword))
    once = distinct(form for stem in beginnings for signature in signatures for form in signature.forms(stem))
    twice = distinct(form for inner in once for form in around(inner[: 2 * LENGTH]))
    # What has three layers shows no more than the first characters of the innermost one.
    openings = (opening for signature in signatures for opening in signature.openings)
    heads = distinct(form[:_HEAD] for form in (*once, *openings) if b"\0" not in form)
    middle = distinct(form for head in heads for signature in signatures for form in signature.between(head))
    thrice = distinct(form[:LENGTH] for inner in middle for form in around(inner[:LENGTH]))
    found = distinct(
        (
            *(form for signature in signatures for form in signature.literals(beginnings, once, around)),
            *(beginning(form) for form in (*once, *twice, *thrice)),
        )
    )
    return tuple(form for form in found if len(form) >= _SHORTEST)


def encoded_text_test(keywords: Keywords, signatures: Sequence[Signature] = registry.SIGNATURES) -> EncodingTest:
    """Return a test for content too small to pay for a multi-pattern search: does it hold encoded text of any kind.

    It lets through all that `encoded_literals` and the signatures' patterns find, and more.
    """
    tests = tuple(test for signature in signatures if (test := signature.test(keywords)) is not None)
    return lambda content: any(test(content) for test in tests)


def sources(signatures: Sequence[Signature]) -> tuple[str, ...]:
    """Return the files of all modules that decide what is looked for: where one changes, nothing kept is any use."""
    return distinct((__file__, words.__file__, registry.__file__, *(signature.source for signature in signatures)))
