"""MG203 env-example-with-value: a template that is made to be committed carries a real-looking credential."""

from collections.abc import Iterator

from monei_guard.hygiene.env_file_names import EnvFileKind
from monei_guard.hygiene.findings import about_key, shown
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot
from monei_guard.model.finding import Finding
from monei_guard.model.location import display_path
from monei_guard.model.rule import Rule


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield one finding for each key in a template that is, or could be, committed."""
    for path in files.env_files(EnvFileKind.TEMPLATE):
        if files.states[path] is FileState.IGNORED or not files.reports(path):
            continue
        for key in files.findings.get(path, ()):
            message = f"the template {display_path(path)} carries a value that looks like a real credential"
            yield about_key(rule, key, message, blanks={"path": shown(path)})
