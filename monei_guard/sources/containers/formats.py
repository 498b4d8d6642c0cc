"""What opens each kind of archive: a line each. `signatures` tells the kinds apart."""

import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from monei_guard.sources.containers.ar_archive import ar_members
from monei_guard.sources.containers.budget import Budget, Member
from monei_guard.sources.containers.cab_archive import cab_members
from monei_guard.sources.containers.compressed_file import CHUNKS, tar_or_whole, unpacked_members
from monei_guard.sources.containers.container_image import image_members
from monei_guard.sources.containers.cpio_archive import cpio_members
from monei_guard.sources.containers.git_objects import bundle_members, loose_members, pack_members
from monei_guard.sources.containers.pdf_streams import pdf_members
from monei_guard.sources.containers.rpm_package import rpm_members
from monei_guard.sources.containers.streams import KINDS
from monei_guard.sources.containers.zip_archive import zip_members

# Given the content, the path and what is left of the limits. Raises LimitError.
Opener: TypeAlias = Callable[[bytes, bytes, Budget], Iterator[Member]]


def _tar(content: bytes, _path: bytes, budget: Budget) -> Iterator[Member]:
    image = image_members(content, budget)
    return image or tar_or_whole(io.BytesIO(content), lambda: io.BytesIO(content), budget)


def _by_content(opener: Callable[[bytes, Budget], Iterator[Member]]) -> Opener:
    return lambda content, _path, budget: opener(content, budget)


def _not_opened(kind: str) -> Opener:
    reason = f"{kind} archives are not opened: unpack it and scan the folder"
    return lambda content, _path, _budget: iter((Member(b"", content, reason),))


FORMATS: Mapping[str, Opener] = MappingProxyType(
    {
        "zip": _by_content(zip_members),
        "tar": _tar,
        "cpio": lambda content, _path, budget: cpio_members(io.BytesIO(content), budget),
        "ar": _by_content(ar_members),
        "rpm": _by_content(rpm_members),
        "cab": _by_content(cab_members),
        "pdf": _by_content(pdf_members),
        "git pack": _by_content(pack_members),
        "git bundle": _by_content(bundle_members),
        "git object": _by_content(loose_members),
        "7z": _not_opened("7z"),
        "rar": _not_opened("rar"),
        **{kind: partial(unpacked_members, kind) for kind in (*KINDS, *CHUNKS)},
    }
)
