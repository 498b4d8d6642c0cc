"""The packages that a package.json names. Apart from other dependency files: most commits need no JSON."""

import json

from monei_guard.lints.analysis.dependencies import Dependency


def npm_dependencies(path: str, data: bytes) -> list[Dependency]:
    """Return the packages a package.json names."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return []
    found: list[Dependency] = []
    for table in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        names = document.get(table) if isinstance(document, dict) else None
        section = data.find(f'"{table}"'.encode())
        for name in names if isinstance(names, dict) else ():
            quoted = f'"{name}"'.encode("utf-8", "replace")
            start = data.find(quoted, max(section, 0))
            found.append(Dependency(name, "npm", path, max(start, 0), max(start, 0) + len(quoted)))
    return found
