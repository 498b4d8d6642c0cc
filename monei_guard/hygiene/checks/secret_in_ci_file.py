"""MG210 secret-in-ci-file: a literal credential in a CI or deployment file, or a step that prints one."""

import re
from collections.abc import Iterator

from monei_guard.hygiene.findings import about_file, about_key, locator, shown
from monei_guard.hygiene.readers.deployment_files import DeploymentFile, deployment_file
from monei_guard.hygiene.readers.dotenv_files import is_encrypted
from monei_guard.hygiene.readers.key_sides import assigned_name, line_at
from monei_guard.hygiene.snapshot import FileState, RepositorySnapshot
from monei_guard.model.finding import Finding
from monei_guard.model.location import Span, display_path
from monei_guard.model.rule import Confidence, Rule

_MAX_WORKFLOW = 1 << 18  # bytes searched for printing steps
_MAX_STEP = 1000  # bytes of one line

# How to name a stored secret, by the file it is needed in.
_REFERENCES: tuple[tuple[bytes, str], ...] = (
    (rb"\.(?:github|forgejo|gitea)/|action\.ya?ml", "${{ secrets.MONEI_API_KEY }}"),
    (rb"(?:.*/)?[.]?azure", "$(MONEI_API_KEY)"),
    (rb"(?:.*/)?render\.ya?ml", "'key: MONEI_API_KEY' with 'sync: false'"),
    (rb"(?:.*/)?fly[^/]*\.toml", "'fly secrets set MONEI_API_KEY' and no line here"),
    (rb"(?:.*/)?wrangler", "'wrangler secret put MONEI_API_KEY' and no line here"),
    (rb"(?:.*/)?app\.json", "'\"MONEI_API_KEY\": {\"required\": true}' and 'heroku config:set'"),
)
_BY_KIND = {
    DeploymentFile.CI: "$MONEI_API_KEY, stored as a masked secret variable of the CI system",
    DeploymentFile.PLATFORM: "a secret stored with the platform, not in the file",
    DeploymentFile.KUBERNETES: "a SealedSecret, SOPS file or ExternalSecret; base64 is no encryption",
    DeploymentFile.TERRAFORM: (
        "'variable \"monei_api_key\" { sensitive = true }' set by TF_VAR_monei_api_key; "
        "keep state in an encrypted backend"
    ),
    DeploymentFile.ANSIBLE: "'ansible-vault encrypt_string'",
}

_SAY_LESS = "print that it is set or how long it is; delete the logs of the runs that showed it"
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+")
_NAMED = rb"(?:\bsecrets\.|\$\{?|\$\(|\bvar\.)%(name)s\b"
_SECRET_NAME = rb"\w*MONEI\w*(?:KEY|SECRET|TOKEN|PIN)\w*"
_EXPANSION = (
    rb"(?:\$\{\{\s*(?:secrets|env|vars)\.%(name)s\s*\}\}|\$\{?%(name)s\b|\$\(%(name)s\)|\$env:%(name)s\b|%%%(name)s%%"
    rb"|(?:process\.env\.|os\.environ\[?.{0,2}|getenv\(.)%(name)s\b)"
)
_PRINTS = (
    rb"(?:\becho\b|\bprintf\b|\bprint\b|\bWrite-(?:Host|Output)\b|console\.(?:log|info|debug)|\bcat\s*<<<"
    rb"|::(?:debug|notice|warning|error))"
)
_DUMPS = re.compile(
    rb"^\s*(?:-\s*)?(?:(?:run|script)\s*:\s*)?(?:- )?[\"']?(?:printenv|env|export -p|set)[\"']?"
    rb"\s*(?:\|\s*(?:sort|less|cat|tee)\b.*)?(?:#.*)?$"
)
# What follows a print and takes its output away from the log: another program, a file, base64 into a variable.
_TAKEN_AWAY = re.compile(
    rb"\|\s*(?!tee\b|cat\b|base64\b|rev\b|sed\b|xxd\b|head\b|tail\b|cut\b|sort\b)\w|(?<![0-9&])>{1,2}\s*(?!/dev/std|&)\S"
)
_LENGTH_ONLY = re.compile(rb"\$\{#|wc -c|::add-mask::")
_ALIAS = re.compile(
    rb"(?m)^[ \t]{0,80}(?:-[ \t]{1,8})?([A-Za-z_]\w{0,80})[ \t]?:[ \t]{0,20}[\"']?"
    rb"(?:\$\{\{\s*secrets\.\w*MONEI\w*\s*\}\}|\$\(\w*MONEI\w*\)|\$\{?\w*MONEI\w*(?:KEY|SECRET|TOKEN|PIN)\w*\}?)"
)


def check(rule: Rule, files: RepositorySnapshot) -> Iterator[Finding]:
    """Yield a finding for each literal key in a CI or deployment file, and for each step that prints a Monei secret."""
    for path, state in files.states.items():
        if state is FileState.IGNORED or not files.reports(path):
            continue
        kind = deployment_file(path)
        if kind is None:
            continue
        keys = files.findings.get(path, ())
        if not keys and kind is not DeploymentFile.CI:
            continue
        content = files.read(path)
        if content is None or is_encrypted(content):
            continue
        for key in keys:
            message = f"a literal credential in the {kind.value} {display_path(path)}"
            yield about_key(
                rule, key, message, blanks={"path": shown(path), "instead": _instead(files, path, kind, key)}
            )
        if kind is DeploymentFile.CI:
            yield from _printed(rule, files, path, content[:_MAX_WORKFLOW])


def _instead(files: RepositorySnapshot, path: bytes, kind: DeploymentFile, key: Finding) -> str:
    """Return what to do where the key stands: it is called by its own name, and not asked for where it is named."""
    assigned = assigned_name(files, path, key)
    name = assigned.upper() if _VARIABLE.fullmatch(assigned) else "MONEI_API_KEY"
    if re.search(_NAMED % {b"name": name.encode()}, line_at(files, path, key), re.IGNORECASE):
        return f"delete it from this line, which names the stored {name} as well"
    low = path.lower()
    reference = next((text for pattern, text in _REFERENCES if re.match(pattern, low)), _BY_KIND[kind])
    reference = reference.replace("MONEI_API_KEY", name).replace("monei_api_key", name.lower())
    return f"write here instead: {reference}"


def _printed(rule: Rule, files: RepositorySnapshot, path: bytes, content: bytes) -> Iterator[Finding]:
    if b"MONEI" not in content:
        return
    names = b"|".join({_SECRET_NAME, *(re.escape(m[1]) for m in _ALIAS.finditer(content))})
    prints = re.compile(_PRINTS + rb"[^\n]*?" + _EXPANSION % {b"name": b"(?:" + names + b")"})
    locate = locator(files, path, content)
    offset = 0
    for line in content.split(b"\n"):
        span = _print_in(line, prints)
        if span is not None:
            location = locate(Span(offset + span.start, offset + span.end))
            message = "this step prints a Monei secret to the log; CI masks only its exact letters"
            yield about_file(
                rule, location, message, confidence=min(rule.confidence, Confidence.MEDIUM),
                blanks={"path": shown(path), "instead": _SAY_LESS},
                subject=line.strip().decode("utf-8", "replace"),
            )  # fmt: skip
        offset += len(line) + 1


def _print_in(line: bytes, prints: re.Pattern[bytes]) -> Span | None:
    """Return where `line` prints a secret to the log, or None."""
    if len(line) > _MAX_STEP or line.lstrip().startswith((b"#", b"//")):
        return None
    match = prints.search(line) or _DUMPS.match(line)
    if match is None or _LENGTH_ONLY.search(line) or _TAKEN_AWAY.search(line, match.start()):
        return None
    return Span(match.start(), match.end())
