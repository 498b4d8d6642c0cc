"""Between findings and the API: what goes where is said and agreed to, then asked. Imports the HTTP library."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from monei_guard.application.options import RunOptions
from monei_guard.errors import GuardError
from monei_guard.model.finding import Finding, Triaged, Verification
from monei_guard.model.secret import Secret
from monei_guard.reporting.console import warn
from monei_guard.reporting.progress import key_progress
from monei_guard.verification.audit_log import AuditLog, open_audit_log
from monei_guard.verification.eligibility import Credential, select
from monei_guard.verification.hosts import DEFAULT_HOSTS, ApiHost, parse_api_url
from monei_guard.verification.settings import VerificationSettings
from monei_guard.verification.validity import declined, not_asked, with_verifications
from monei_guard.verification.verifier import expected_seconds, verify, wait_until_inactive

_A_FEW = 5  # keys, beyond which progress is shown


class ConsentError(GuardError):
    """There is nobody to ask whether keys may be sent."""


@dataclass(frozen=True, slots=True)
class VerificationRequest:
    """How the user wants keys verified. `wait` in seconds: poll until all keys are inactive or it has passed.

    `own_rules` says that rules beside the built-in ones were in force; `ask` is how the user is asked to agree.
    """

    ask: Callable[[str], bool]
    hosts: tuple[ApiHost, ...] = DEFAULT_HOSTS
    settings: VerificationSettings = field(default_factory=VerificationSettings)
    agreed: bool = False
    quiet: bool = False
    audit_log: Path | None = None
    wait: float | None = None
    own_rules: bool = False


def network_settings(**changes: float | bool | None) -> VerificationSettings:
    """Return the settings of a real run: the environment's proxies and SSL_CERT_FILE count."""
    bundle = os.environ.get("SSL_CERT_FILE")
    return VerificationSettings(
        extra_ca=Path(bundle) if bundle else None,
        environment_proxies=True,
        **changes,  # type: ignore[arg-type] # each command passes names of fields, with their types
    )


def hosts_named(urls: Sequence[str]) -> tuple[ApiHost, ...]:
    """Return the hosts named on the command line, the API's own without any. Raises ApiUrlError."""
    return tuple(parse_api_url(url) for url in urls) or DEFAULT_HOSTS


def check_request(options: RunOptions) -> None:
    """Raise, before anything is scanned, for what would make `--verify` impossible afterwards."""
    hosts_named(options.api_urls)
    if not options.yes:
        require_somebody_to_ask()


def verify_as_asked(triaged: Sequence[Triaged], options: RunOptions, *, own_rules: bool) -> tuple[Triaged, ...]:
    """Return the findings of a scan with what the API says of their keys; suppressed ones are not asked about.

    What keeps the API from being asked must not cost the report of the scan: it becomes the verdict's reason.
    """
    request = VerificationRequest(
        options.ask,
        hosts_named(options.api_urls),
        network_settings(),
        agreed=options.yes,
        quiet=options.quiet,
        own_rules=own_rules,
    )
    findings = [item.finding for item in triaged if item.suppression is None]
    try:
        verifications = ask_api(findings, request)
    except GuardError as error:
        warn(f"error: {error}")
        verifications = {finding.secret: not_asked(error.what) for finding in findings if finding.secret is not None}
    return tuple(with_verifications(triaged, verifications))


def ask_api(findings: Sequence[Finding], request: VerificationRequest) -> dict[Secret, Verification]:
    """Return a verdict on every secret of the findings, after consent. What is not sent says why.

    Raises ConsentError where nobody can be asked, AuditLogError and TrustError before anything is sent.
    """
    credentials, unfit = select(findings, own_rules=request.own_rules)
    verifications = {secret: declined(reason) for secret, reason in unfit.items()}
    if not credentials:
        return verifications
    if not request.quiet or not request.agreed:
        _announce(credentials, unfit, request)
    if not request.agreed and not _agrees(request):
        return verifications | {credential.secret: not_asked("you did not agree") for credential in credentials}
    quiet = request.quiet or len(credentials) <= _A_FEW
    with _audit(request.audit_log) as audit, key_progress(len(credentials), quiet=quiet) as progress:
        if request.wait is None:
            answers = verify(credentials, request.hosts, request.settings, audit=audit, progress=progress)
        else:
            answers = wait_until_inactive(
                credentials, request.hosts, request.settings, seconds=request.wait, audit=audit, progress=progress
            )
    return verifications | answers


def _announce(credentials: Sequence[Credential], unfit: dict[Secret, str], request: VerificationRequest) -> None:
    first, *others = (host.name for host in request.hosts)
    warn(f"{_keys(len(credentials))} to be sent to {first}")
    for host in others:
        warn(f"those that {first} refuses, to {host}")
        first = host
    for secret, reason in list(unfit.items())[:_A_FEW]:
        warn(f"not sent: {secret.redacted} ({reason})")
    if len(unfit) > _A_FEW:
        warn(f"not sent: {_keys(len(unfit) - _A_FEW)} more; the report says why")
    seconds = expected_seconds(len(credentials), request.settings)
    if seconds > 60:  # noqa: PLR2004 - a minute
        warn(f"at {request.settings.rate:g} requests a second this takes about {seconds / 60:.0f} minutes")


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"


def _agrees(request: VerificationRequest) -> bool:
    require_somebody_to_ask()
    return request.ask("Ask the API about them?")


def require_somebody_to_ask() -> None:
    """Raise ConsentError unless a person can be asked on a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConsentError(
            "nothing was sent: there is no terminal to ask on whether keys may be sent to the API",
            hint="add --yes to agree beforehand, as in CI",
        )


@contextmanager
def _audit(path: Path | None) -> Iterator[AuditLog | None]:
    if path is None:
        yield None
        return
    log = open_audit_log(path, lambda: datetime.now(UTC))
    try:
        yield log
    finally:
        log.close()
