"""What the API is asked, and what its answers say. Read-only GETs, each preceded by the same question without a key.

Endpoints, envelope and error bodies: the gateway's OpenAPI document and docs.monei.cc (authentication, error
handling, Connect errors). `GET /api/v1/user/me` is how Monei's own MCP server validates a key. Bodies hold e-mail,
phone, date of birth, device data and reset tokens: only the fields named here are read, checked for shape, and kept.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from monei_guard.model.rule import Environment
from monei_guard.verification.eligibility import Credential
from monei_guard.verification.responses import TOO_MANY_REQUESTS, Answer, Failure

GREETING = "/api/v1"  # needs no key: a host that refuses this refuses us, not the key
USER_ME = "/api/v1/user/me"
NETWORKS = "/api/v1/evm/networks"
# What else a key may read; the names are those of the documentation's sections. Nothing here changes anything.
MORE_READS = (
    ("wallet", "/api/v1/wallet/me"),
    ("transactions", "/api/v1/transactions/user"),
    ("kyc", "/api/v1/kyc/status"),
    ("bills", "/api/v1/bills/records"),
    ("offramp", "/api/v1/offramp/ledger/history"),
)

_OK, _MULTIPLE, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _BAD_REQUEST = 200, 300, 401, 403, 404, 400

Ask = Callable[[str, Credential | None], Awaitable[Answer]]


class Standing(StrEnum):
    """How one host takes one key."""

    ACCEPTED = "accepted"
    LIMITED = "limited"  # let in, but not to everything
    REFUSED = "refused"  # the API's own 401
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Reading:
    """The outcome of one read: `name` is "profile", "networks" or one of MORE_READS."""

    name: str
    outcome: str  # "allowed" | "denied" | "open to anyone" | "not offered" | "unclear"


@dataclass(frozen=True, slots=True)
class HostAnswer:
    """What one host says about one key. `account` holds only fields that identify an account, never a person."""

    host: str
    standing: Standing
    reason: str
    account: tuple[tuple[str, str], ...] = ()
    environment: Environment = Environment.UNKNOWN
    environment_basis: str = ""
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Control:
    """What the host answers without a key: `fault` says why its answers prove nothing, or is ''.

    `guarded` are the paths it refuses without a key, and only these tell anything about one; `open_to_all` those it
    lets anybody read. What is in neither did not answer clearly.
    """

    fault: str
    guarded: frozenset[str] = frozenset()
    open_to_all: frozenset[str] = frozenset()


async def control(host: str, ask: Ask, *, permissions: bool) -> Control:
    """Ask without a key: the public greeting must not be refused, and the profile must be, the way the API does."""
    greeting = await ask(GREETING, None)
    fault = _greeting_fault(host, greeting)
    if fault:
        return Control(fault)
    profile = await ask(USER_ME, None)
    if not _is_refusal(profile):
        return Control(_control_fault(host, profile))
    others = (NETWORKS, *(path for _, path in MORE_READS if permissions))
    answers = {path: await ask(path, None) for path in others}
    guarded = frozenset(path for path, answer in answers.items() if _is_refusal(answer))
    open_to_all = frozenset(path for path, answer in answers.items() if _outcome(answer) == "allowed")
    return Control("", guarded | {USER_ME}, open_to_all)


def _greeting_fault(host: str, answer: Answer) -> str:
    if isinstance(answer, Failure):
        return answer.reason
    # A host without a greeting says so with 404; everything between is somebody who stands in the way.
    if _OK <= answer.status < _MULTIPLE or answer.status == _NOT_FOUND:
        return ""
    return f"{host} answers {_status(answer.status)} even to a question that needs no key"


def _control_fault(host: str, answer: Answer) -> str:
    if isinstance(answer, Failure):
        return answer.reason
    if _OK <= answer.status < _MULTIPLE:
        return f"{host} answers {answer.status} without any key: a captive portal or proxy, not the API"
    if answer.status == _UNAUTHORIZED:
        return f"{host} refuses a request without a key, but not in the API's words: a proxy, perhaps"
    return f"{host} answers {_status(answer.status)} to a request without a key, where the API says 401"


async def probe(host: str, credential: Credential, checked: Control, ask: Ask, *, permissions: bool) -> HostAnswer:
    """Ask one host about one key. Sends nothing when the control found the host untrustworthy."""
    if checked.fault:
        return HostAnswer(host, Standing.UNCLEAR, checked.fault)
    profile = await ask(USER_ME, credential)
    first = _read_profile(host, profile)
    if first.standing not in (Standing.ACCEPTED, Standing.LIMITED):
        return first
    found = await _read_networks(first, checked, ask, credential)
    if permissions and found.standing in (Standing.ACCEPTED, Standing.LIMITED):
        more = [Reading(name, await _read(path, checked, ask, credential)) for name, path in MORE_READS]
        found = replace(found, readings=(*found.readings, *more))
    return found


def _read_profile(host: str, answer: Answer) -> HostAnswer:
    document = _document(answer)
    if _is_refusal(answer):
        return HostAnswer(host, Standing.REFUSED, f"401 from {host}")
    if isinstance(answer, Failure) or document is None or document.get("statusCode", _OK) != answer.status:
        return HostAnswer(host, Standing.UNCLEAR, _unclear(host, answer))
    if answer.status == _FORBIDDEN:
        reason = f"403 from {host}: the key is accepted, but limited by scope, KYC tier or IP address"
        return HostAnswer(host, Standing.LIMITED, reason, readings=(Reading("profile", "denied"),))
    if answer.status == _OK:
        account = tuple(_account(document))
        allowed = (Reading("profile", "allowed"),)
        return HostAnswer(host, Standing.ACCEPTED, f"{host} accepts the key", account, readings=allowed)
    return HostAnswer(host, Standing.UNCLEAR, _unclear(host, answer))


def _unclear(host: str, answer: Answer) -> str:
    if isinstance(answer, Failure):
        return answer.reason
    if _MULTIPLE <= answer.status < _BAD_REQUEST:
        return f"{host} redirects elsewhere ({answer.status}); the key was not sent there"
    if answer.status == TOO_MANY_REQUESTS:
        return f"{host} says there are too many requests (429)"
    if answer.status in (_OK, _UNAUTHORIZED, _FORBIDDEN):
        return f"{host} answers {answer.status}, but not in the API's words"
    return f"{host} answers {answer.status}"


async def _read_networks(first: HostAnswer, checked: Control, ask: Ask, credential: Credential) -> HostAnswer:
    """Add what the list of chains tells: mainnet chains in live mode, testnet chains in sandbox mode."""
    if NETWORKS not in checked.guarded:
        why = "is open to anyone" if NETWORKS in checked.open_to_all else "gave no clear answer without a key"
        return replace(first, environment_basis=f"the list of networks {why}, so it tells nothing")
    answer = await ask(NETWORKS, credential)
    outcome = _outcome(answer)
    readings = (*first.readings, Reading("networks", outcome))
    if _is_refusal(answer):
        # Accepted for one question and unknown for the next: no ground for any verdict.
        reason = f"{first.host} accepts the key for one question and refuses it for another"
        return replace(first, standing=Standing.UNCLEAR, reason=reason, readings=readings)
    document = _document(answer) if outcome == "allowed" else None
    environment = _environment(document) if document else Environment.UNKNOWN
    basis = {
        Environment.PRODUCTION: "the key is shown mainnet networks",
        Environment.SANDBOX: "the key is shown testnet networks",
        Environment.UNKNOWN: f"the list of networks does not tell ({outcome})",
    }[environment]
    return replace(first, environment=environment, environment_basis=basis, readings=readings)


async def _read(path: str, checked: Control, ask: Ask, credential: Credential) -> str:
    if path in checked.guarded:
        return _outcome(await ask(path, credential))
    return "open to anyone" if path in checked.open_to_all else "unclear"


def _outcome(answer: Answer) -> str:
    if isinstance(answer, Failure):
        return "unclear"
    if answer.status == _OK and _document(answer) is not None:
        return "allowed"
    if answer.status in (_UNAUTHORIZED, _FORBIDDEN):
        return "denied"
    return "not offered" if answer.status == _NOT_FOUND else "unclear"


def _is_refusal(answer: Answer) -> bool:
    """Whether this is the API's own 401: NestJS shape, three documented wordings, all with a statusCode."""
    if isinstance(answer, Failure) or answer.status != _UNAUTHORIZED:
        return False
    document = _document(answer)
    return document is not None and document.get("statusCode") == _UNAUTHORIZED


def _status(status: int) -> str:
    return f"{status}, a redirect" if _MULTIPLE <= status < _BAD_REQUEST else str(status)


def _document(answer: Answer) -> Mapping[str, Any] | None:
    """Return the body as a JSON object, or None for anything else."""
    if isinstance(answer, Failure):
        return None
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return None
    return document if isinstance(document, dict) else None


# Shapes a field must have to be repeated: short, one word, no room for an address, a name or a control character.
_ACCOUNT_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{6,64}", re.ASCII)  # a letter: never a phone number
_TIER = re.compile(r"(?:tier[ _-]?)?[0-9]{1,2}|[a-z]{1,12}", re.ASCII | re.IGNORECASE)
_STATUS = re.compile(r"[a-z][a-z_-]{1,23}", re.ASCII | re.IGNORECASE)


def _account(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield account id, KYC tier and account status, where they are there and look like it."""
    data = document.get("data")
    user = data if isinstance(data, dict) else document
    kyc = user.get("kycInfo")
    candidates = (
        ("account_id", user.get("id", user.get("_id")), _ACCOUNT_ID),
        ("kyc_tier", kyc.get("currentTier") if isinstance(kyc, dict) else None, _TIER),
        ("account_status", user.get("status"), _STATUS),
    )
    for name, value, shape in candidates:
        text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        if shape.fullmatch(text):
            yield name, text


# https://chainlist.org: the chains the documentation names, and their test networks.
_MAINNET_IDS = frozenset({1, 10, 56, 100, 137, 8453, 42161, 42220, 43114, 59144, 534352})
_TESTNET_IDS = frozenset({
    5, 97, 4202, 10200, 17000, 43113, 44787, 59141, 80001, 80002, 84531, 84532, 421613, 421614, 534351, 560048,
    11155111, 11155420,
})  # fmt: skip
_TESTNET_NAME = re.compile(
    r"testnet|sepolia|goerli|holesky|hoodi|amoy|mumbai|fuji|chapel|alfajores|chiado", re.IGNORECASE
)


def _environment(document: Mapping[str, Any]) -> Environment:
    """Return what the chains of a network list have in common: all main, all test, or neither."""
    kinds = {_chain_kind(chain) for chain in _chains(document.get("data"))}
    return kinds.pop() if len(kinds) == 1 else Environment.UNKNOWN


def _chains(data: Any) -> Iterable[Mapping[str, Any]]:
    """Return the chain objects in a list, or in the first list of an object."""
    if isinstance(data, dict):
        data = next((value for value in data.values() if isinstance(value, list)), ())
    return [chain for chain in data if isinstance(chain, dict)] if isinstance(data, list) else ()


def _chain_kind(chain: Mapping[str, Any]) -> Environment:
    for flag in ("isTestnet", "testnet"):
        if isinstance(chain.get(flag), bool):
            return Environment.SANDBOX if chain[flag] else Environment.PRODUCTION
    number = str(chain.get("chainId", chain.get("id", "")))
    chain_id = int(number) if number.isascii() and number.isdecimal() and len(number) < 12 else None  # noqa: PLR2004
    if chain_id in _TESTNET_IDS:
        return Environment.SANDBOX
    if any(isinstance(value, str) and _TESTNET_NAME.search(value) for value in chain.values()):
        return Environment.SANDBOX
    return Environment.PRODUCTION if chain_id in _MAINNET_IDS else Environment.UNKNOWN
