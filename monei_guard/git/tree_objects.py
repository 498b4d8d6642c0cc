"""Tree objects: `<mode> <name>NUL<raw id>`, again and again."""

from collections.abc import Iterator


def tree_entries(content: bytes, id_length: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield mode, name and raw id of each entry; ends quietly where the tree is cut short."""
    at = 0
    while at < len(content):
        space = content.find(b" ", at)
        zero = content.find(b"\0", space + 1)
        after = zero + 1 + id_length
        if space < 0 or zero < 0 or after > len(content):
            return
        yield content[at:space], content[space + 1 : zero], content[zero + 1 : after]
        at = after
