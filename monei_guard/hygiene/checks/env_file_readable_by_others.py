"""MG206 env-file-readable-by-others: the permission bits let group or everybody read a `.env`-like file.

POSIX only. File systems that keep no permission bits (a Windows drive under WSL, FAT) are recognised by the collector,
which then gives no mode at all.
"""

from collections.abc import Iterator

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.findings import about_file, file_location, shown
from monei_guard.hygiene.readers.dotenv_files import ValueKind, assignments
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.model.rule import Rule

_OTHERS = 0o077
_GROUP_READ, _WORLD_READ = 0o040, 0o004


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each file outside git (a tracked one is MG201's) that others may read and holds values."""
    for path in files.env_files(EnvFileKind.DEDICATED, EnvFileKind.KEY):
        if files.touched is not None or files.states[path] is FileState.TRACKED:
            continue
        mode = files.mode(path)
        if mode is None or not mode & (_GROUP_READ | _WORLD_READ):
            continue
        data = files.read(path)
        if data is None or not any(a.kind is ValueKind.LITERAL for a in assignments(path, data)):
            continue
        who = "every user of this machine" if mode & _WORLD_READ else "its group"
        message = f"{display_path(path)} can be read by {who} (mode {mode & 0o777:04o})"
        yield about_file(rule, file_location(files, path), message, blanks={"path": shown(path)})
