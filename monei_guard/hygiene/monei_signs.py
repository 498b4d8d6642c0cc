"""Whether a repository has anything to do with Monei: what the checks find elsewhere is somebody else's business."""

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.readers.dotenv_files import decode
from monei_guard.hygiene.snapshot import RepositorySnapshot

# As people write the name, host names and identifiers included; any other mix of cases is a piece of base64.
WORDS = (b"monei", b"Monei", b"MONEI")


def names_monei(text: bytes) -> bool:
    """Whether a text names Monei (or MONEI.com, whose name is the same)."""
    return any(word in text for word in WORDS)


def path_names_monei(path: bytes) -> bool:
    """Whether a path does, in any case: no path is base64."""
    return b"monei" in path.lower()


def concerns_monei(files: RepositorySnapshot) -> bool:
    """Whether anything in the repository is a sign of Monei: a key, a path, an environment file, any text."""
    return (
        any(key.vendor == "monei" for keys in files.findings.values() for key in keys)
        or any(map(path_names_monei, files.states))
        or any(_env_file_names_monei(files, path) for path in files.env_files(*EnvFileKind))
        or files.text_names_monei()
    )


def _env_file_names_monei(files: RepositorySnapshot, path: bytes) -> bool:
    """Whether an environment file does: ignored ones and those in UTF-16 are in no search of git's."""
    return names_monei(decode(files.read(path) or b"").encode())
