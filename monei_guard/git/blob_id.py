"""What git calls some content: the same id wherever it stands, in the work tree, in an archive, in history."""

import hashlib


def blob_id(content: bytes | memoryview) -> str:
    """Return the hex SHA-1 object id of a blob with this content (gitformat-loose)."""
    digest = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()
