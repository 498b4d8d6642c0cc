"""Whether content is decoded at all, and its decoded readings.

Decoding costs more than all other stages together, so of large content only what looks encoded is read first, and all
of it only where that says anything of ours.
"""

import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from monei_guard.decoding.charset import root_view
from monei_guard.decoding.compressed import COMPRESSED
from monei_guard.decoding.escapes import is_quoted_printable
from monei_guard.decoding.views import decoded_views
from monei_guard.detection.encoded_regions import passages, widened
from monei_guard.detection.prefilter import REACH, FastTest, Prefilter
from monei_guard.errors import GuardError
from monei_guard.model.blob import Blob, Skipped, View
from monei_guard.model.location import Origin

if TYPE_CHECKING:  # most of what looks encoded says nothing of ours, and nothing is matched
    from monei_guard.decoding.folding_language import FindLanguages
    from monei_guard.detection.matcher import Matcher

_REMEMBERED = 100_000  # passages
_DECODED_WHOLE = 1 << 16  # bytes of content that names a keyword and is decoded without a look at its passages first


class Readings(NamedTuple):
    """The ways to read a blob's bytes, as they stand first, and what of it could not be decoded to the end."""

    views: tuple[View, ...]
    skipped: tuple[Skipped, ...] = ()


class DecodeGate:
    """Says whether content that the first stage lets through is to be decoded, and decodes it.

    `matcher` is asked for when needed; `find_languages` tells what opens the language of a path (`decoding.views`).
    """

    def __init__(self, prefilter: Prefilter, matcher: "Callable[[], Matcher]", find_languages: "FindLanguages") -> None:
        self._prefilter = prefilter
        self._find_languages = find_languages
        self._matcher = matcher
        self._passages: dict[int, bool] = {}

    def read(self, blob: Blob) -> Readings:
        """Return every reading of a blob."""
        return self._decoded(blob, self._find_languages)

    def _decoded(self, blob: Blob, find_languages: "FindLanguages | None") -> Readings:
        root = root_view(blob)
        items = tuple(decoded_views(root, may_hold=self._prefilter.fast, find_languages=find_languages))
        return Readings(
            (root, *(item for item in items if isinstance(item, View))),
            tuple(item for item in items if isinstance(item, Skipped)),
        )

    def is_open(self, content: bytes | memoryview) -> bool:
        """Return whether all of the content is to be decoded.

        Of large content the suspicious passages are decoded first, each distinct one once: the same ones come back in
        many files, and in every version of a file.
        """
        test = self._prefilter.fast
        if test is None:
            return True
        data = bytes(content)
        named = test.unencoded(data)
        if named and (len(data) <= _DECODED_WHOLE or self._has_open_prefix(data)):
            return True
        return any(self._holds(widened(data, passage), data[passage.start : passage.end], test, whole=passage.whole)
                   for passage in passages(data, test, REACH))  # fmt: skip

    def _holds(self, text: bytes, near: bytes, test: FastTest, *, whole: bool) -> bool:
        """Return whether a passage, `text` with what is around it, may hold a match; its answer is remembered."""
        key = hash(text)  # 64 bits with a secret of this process
        if key not in self._passages:
            if len(self._passages) > _REMEMBERED:
                self._passages.clear()
            self._passages[key] = self._holds_keyword(near, text, test, whole=whole) and self._holds_match(
                text, test, whole=whole
            )
        return self._passages[key]

    def _holds_keyword(self, near: bytes, around: bytes, test: FastTest, *, whole: bool) -> bool:
        """Return whether any keyword comes out where the sign stands, or what decides that may stand further away."""
        if 2 * len(near) > len(around) or test.unencoded(near) or test.divided(near):
            return True
        if b"=" in near and is_quoted_printable(around):
            return True
        views, is_whole = self._read_passage(near, whole=whole)
        return not is_whole or any(test.unencoded(view.data) for view in views)

    @cached_property
    def _has_open_prefix(self) -> Callable[[bytes], object]:
        """Return a test for a credential's prefix at the end of a string: the rest of the key may stand anywhere."""
        prefixes = (re.escape(word.encode()) for word in self._prefilter.keywords if word.endswith("_"))
        return re.compile(rb"(?:%b)(?![A-Za-z0-9_.])" % b"|".join(prefixes)).search

    def _holds_match(self, passage: bytes, test: FastTest, *, whole: bool) -> bool:
        """Return whether any reading of a passage matches any rule, or could not be read to its end."""
        views, is_whole = self._read_passage(passage, whole=whole)
        if not is_whole:
            return True
        named = [view for view in views if test.unencoded(view.data)]
        if not named:
            return False
        matcher = self._matcher()
        try:
            return any(True for view in named for _ in matcher.candidates(view, matcher.deadline()))
        except GuardError:
            return True

    def _read_passage(self, passage: bytes, *, whole: bool) -> tuple[tuple[View, ...], bool]:
        """Return the readings of a passage that are decoded, and whether each could be read to its end."""
        readings = self._decoded(Blob(passage, Origin.HISTORY), None)  # a part of a program is no program
        views = readings.views[1:]
        is_whole = whole or all(COMPRESSED.name not in view.encoding_path for view in views)
        return views, not readings.skipped and is_whole
