"""Archives made at run time, honest and hostile."""

import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Iterable

Files = Iterable[tuple[str, bytes]]


def zip_of(files: Files, *, comment: bytes = b"", stored: bool = False) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
        archive.comment = comment
    return buffer.getvalue()


def tar_of(files: Files, compression: str = "", *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive; `compression` is "", "gz", "bz2" or "xz"."""
    buffer = io.BytesIO()
    with tarfile.open(None, f"w:{compression}", buffer, format=form) as archive:  # type: ignore[call-overload] # by name
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def tar_entry(name: str, kind: bytes, target: str = "") -> bytes:
    """Return a tar archive with one entry that is no regular file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, target
        archive.addfile(entry)
    return buffer.getvalue()


def digest(content: bytes) -> str:
    """Return the hex SHA-256 by which image parts are named."""
    return hashlib.sha256(content).hexdigest()


def docker_image(layers: list[bytes], config: bytes = b"{}") -> bytes:
    """Return what `docker save` writes."""
    names = [f"{digest(layer)}/layer.tar" for layer in layers]
    manifest = json.dumps([{"Config": f"{digest(config)}.json", "RepoTags": ["app:1"], "Layers": names}])
    files = [*zip(names, layers, strict=True), (f"{digest(config)}.json", config), ("manifest.json", manifest.encode())]
    return tar_of(files)


def oci_image(layers: list[bytes], config: bytes = b"{}") -> bytes:
    """Return an OCI image layout, its layers compressed."""
    packed = [gzip.compress(layer, mtime=0) for layer in layers]
    manifest = json.dumps(
        {
            "config": {"digest": f"sha256:{digest(config)}"},
            "layers": [{"digest": f"sha256:{digest(layer)}"} for layer in packed],
        }
    ).encode()
    index = json.dumps({"manifests": [{"digest": f"sha256:{digest(manifest)}"}]}).encode()
    blobs = [(f"blobs/sha256/{digest(part)}", part) for part in (*packed, config, manifest)]
    return tar_of([("oci-layout", b'{"imageLayoutVersion": "1.0.0"}'), ("index.json", index), *blobs])
