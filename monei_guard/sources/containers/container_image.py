"""Container images as `docker save` and OCI layouts pack them: layers in order, and what later layers delete.

Formats: Docker image specification v1.2 (`manifest.json`), OCI image layout 1.1 (`index.json`, `blobs/`). A layer's
whiteouts (`.wh.name`, `.wh..wh..opq`) hide files of the layers below; their bytes are still in the image.
"""

import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from monei_guard.sources.containers.budget import Budget, Member
from monei_guard.sources.containers.signatures import ArchiveLimits, archive_kind
from monei_guard.sources.containers.streams import BROKEN, KINDS, LimitError, Unpacked
from monei_guard.sources.containers.tar_archive import entry_name, tar_members

# The first entry of an image archive: what `docker save`, buildx, skopeo and podman write first.
IMAGE_START = re.compile(rb"(?:\./)?(?:blobs/|oci-layout|index\.json|manifest\.json|repositories|[0-9a-f]{64}[/.])")

_WHITEOUT = b".wh."
_OPAQUE = b".wh..wh..opq"
_LARGEST_JSON = 1 << 22
_MOST_LAYERS = 512
_INDEX_DEPTH = 4
_BROKEN = (*BROKEN, tarfile.TarError, RecursionError, AttributeError, KeyError, IndexError, TypeError, OverflowError)


@dataclass(frozen=True, slots=True)
class _Image:
    """Where the parts of one image stand: entry names, layers from the lowest to the highest."""

    config: bytes
    layers: tuple[bytes, ...]


def image_members(content: bytes, budget: Budget) -> Iterator[Member] | None:
    """Return the members of a container image, its layers opened, or None for another tar archive."""
    if b"manifest.json" not in content and b"oci-layout" not in content:
        return None
    try:
        entries = _entries(content, budget)
        images = tuple(_docker_images(entries)) or tuple(_oci_images(entries))
    except _BROKEN:
        return None
    return _read(entries, images, budget) if images else None


def _entries(content: bytes, budget: Budget) -> dict[bytes, bytes]:
    """Return the regular files of the outer archive. Views would do, but layers are read in any order."""
    found: dict[bytes, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:", errors="surrogateescape") as archive:
        for entry in archive:
            if len(found) > budget.limits.members:
                raise LimitError(f"has more than {budget.limits.members} members: it was not opened")
            if entry.isreg() and not entry.issparse():
                found[entry_name(entry)] = content[entry.offset_data : entry.offset_data + entry.size]
    return found


def _docker_images(entries: dict[bytes, bytes]) -> Iterator[_Image]:
    for image in _json(entries.get(b"manifest.json", b"")) or []:
        layers = tuple(name.encode() for name in image.get("Layers") or [])
        if layers:
            yield _Image((image.get("Config") or "").encode(), layers[:_MOST_LAYERS])


def _oci_images(entries: dict[bytes, bytes]) -> Iterator[_Image]:
    pending = [(b"index.json", 0)]
    while pending:
        name, depth = pending.pop()
        document = _json(entries.get(name, b""))
        if not isinstance(document, dict) or depth > _INDEX_DEPTH:
            continue
        pending += [(_blob_name(manifest), depth + 1) for manifest in (document.get("manifests") or [])[:_MOST_LAYERS]]
        layers = tuple(_blob_name(layer) for layer in (document.get("layers") or [])[:_MOST_LAYERS])
        if layers:
            yield _Image(_blob_name(document.get("config") or {}), layers)


def _json(content: bytes) -> Any:
    if not content or len(content) > _LARGEST_JSON:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _blob_name(descriptor: "dict[str, str]") -> bytes:
    return b"blobs/" + str(descriptor.get("digest", "")).replace(":", "/", 1).encode()


def _read(entries: dict[bytes, bytes], images: tuple[_Image, ...], budget: Budget) -> Iterator[Member]:
    """Yield the layers' files, each layer once, then everything else in the archive."""
    done: set[bytes] = set()
    for image in images:
        layers = [name for name in image.layers if name in entries]
        deleted = [_whiteouts(entries[name]) for name in layers]
        for number, name in enumerate(layers):
            if name in done:
                continue
            done.add(name)
            layer = f"layer {number + 1} of {len(layers)}"
            for member in _layer(entries[name], budget):
                path = name + b"!/" + member.name if member.name else name
                yield replace(member, name=path, note=f"{layer}{_deletion(member.name, deleted, number)}")
    configs = {image.config for image in images}
    for name, content in entries.items():
        if name not in done:
            budget.count()
            yield Member(name, content, note=_configuration_note(content) if name in configs else "")


def _configuration_note(content: bytes) -> Callable[[bytes], str]:
    """Return what says in which variable and build steps of an image configuration a secret stands, numbered from 1.

    Docker image specification v1.2, OCI image configuration 1.1: `config.Env`, `history[].created_by`.
    """
    document = _json(content)
    settings = document.get("config") if isinstance(document, dict) else None
    variables = _strings(settings.get("Env") if isinstance(settings, dict) else None)
    history = document.get("history") if isinstance(document, dict) else None
    made = (
        [entry.get("created_by") if isinstance(entry, dict) else "" for entry in history]
        if isinstance(history, list)
        else []
    )
    steps = _strings(made)

    def note(value: bytes) -> str:
        text = value.decode("utf-8", "replace")
        names = dict.fromkeys(
            variable.partition("=")[0] for variable in variables if text in variable.partition("=")[2]
        )
        numbers = [str(number) for number, step in enumerate(steps, 1) if text in step]
        positions = [f"ENV {name}" for name in names]
        if numbers:
            word = "step" if len(numbers) == 1 else "steps"
            positions.append(f"build {word} {', '.join(numbers)} of {len(steps)}")
        return f"image configuration: {' and '.join(positions) or 'ENV and build history'}"

    return note


def _strings(value: Any) -> list[str]:
    return [item if isinstance(item, str) else "" for item in value] if isinstance(value, list) else []


def _layer(content: bytes, budget: Budget) -> Iterator[Member]:
    return tar_members(_opened(content, budget), budget)


def _opened(content: bytes, budget: Budget) -> io.BufferedIOBase:
    kind = archive_kind(content)
    if kind in KINDS:
        return io.BufferedReader(Unpacked(content, kind, budget.spend), 1 << 16)
    return io.BytesIO(content)


def _whiteouts(content: bytes) -> frozenset[bytes]:
    """Return what a layer deletes: names, and directories (with a final slash) that it empties."""
    own = Budget(ArchiveLimits(), len(content))
    hidden: set[bytes] = set()
    try:
        with tarfile.open(fileobj=_opened(content, own), mode="r|", errors="surrogateescape") as archive:
            for entry in archive:
                own.count()
                archive.members = []  # type: ignore[attr-defined] # tarfile would keep them all
                folder, slash, last = entry_name(entry).rpartition(b"/")
                if last == _OPAQUE:
                    hidden.add(folder + b"/")
                elif last.startswith(_WHITEOUT):
                    hidden.add(folder + slash + last[len(_WHITEOUT) :])
    except (*_BROKEN, LimitError):
        pass  # reading the layer itself will tell
    return frozenset(hidden)


def _deletion(name: bytes, deleted: list[frozenset[bytes]], number: int) -> str:
    parts = name.split(b"/")
    above = {b"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    above |= {folder + b"/" for folder in above if folder != name} | {b"/"}
    for later in range(number + 1, len(deleted)):
        if above & deleted[later]:
            return f", deleted in layer {later + 1}, still in the image"
    return ""
