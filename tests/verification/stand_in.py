"""A stand-in of the API on loopback: an ASGI app on uvicorn with real TLS, a register of keys, a switchboard of faults.

It writes down every request it sees, raw, so that tests can assert from the server's side what arrived. It answers in
the documented shapes, and plants personal data in the answers that must not come out anywhere.
"""

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# What must be dropped at the door (../shared/monei-facts.md 3.2), in values that can be searched for.
PLANTED = {
    "email": "planted.person@mail.invalid",
    "phone": "+2348055501234",
    "phoneNumber": "08055501234",
    "firstName": "Plantedfirst",
    "lastName": "Plantedlast",
    "dob": "1990-12-31",
    "deviceIp": "203.0.113.77",
    "deviceId": "planted-device-7f3a",
    "resetToken": "planted-reset-token-5c1e",
    "resetTokenExpiry": "2031-01-01T00:00:00Z",
    "lastLoggedIn": "2030-02-03T04:05:06Z",
    "address": "12 Planted Street",
}
ACCOUNT_ID = "acc_7Yt42KqPlm"
SECURED = (
    "/api/v1/user/me", "/api/v1/evm/networks", "/api/v1/wallet/me", "/api/v1/transactions/user", "/api/v1/kyc/status",
    "/api/v1/bills/records", "/api/v1/offramp/ledger/history",
)  # fmt: skip
MAINNET = [{"chainId": 1, "name": "Ethereum"}, {"chainId": 137, "name": "Polygon"}, {"chainId": 8453, "name": "Base"}]
TESTNET = [{"chainId": 11155111, "name": "Sepolia"}, {"chainId": 80002, "name": "Polygon Amoy"}]


@dataclass(slots=True)
class Client:
    """An API client record: what its key opens. `denied` are paths outside its scopes."""

    environment: str = "live"
    denied: frozenset[str] = frozenset()
    allowed_ips: tuple[str, ...] = ()
    is_active: bool = True
    requests_left: int | None = None  # before a 429 with Retry-After
    dies_after: int | None = None  # requests until it is revoked


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    path: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    at: float

    def everything(self) -> bytes:
        """Everything that arrived, in one piece, to search in."""
        heads = b"\n".join(name + b": " + value for name, value in self.headers)
        return b"\n".join((self.path.encode(), self.query, heads, self.body))

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)


@dataclass(slots=True)
class StandIn:
    """One host. `faults` maps a path (or "*") to what happens instead of an answer, used up from the left."""

    clients: dict[bytes, Client] = field(default_factory=dict)
    faults: dict[str, deque["Fault"]] = field(default_factory=dict)
    keyed_faults: dict[str, deque["Fault"]] = field(default_factory=dict)
    always: "Fault | None" = None
    open_paths: frozenset[str] = frozenset()
    networks: dict[str, Any] = field(default_factory=lambda: {"live": MAINNET, "sandbox": TESTNET})
    retry_after: str = "1"
    seen: list[Seen] = field(default_factory=list)
    cookies: bool = False

    def reset(self) -> None:
        self.__init__()  # type: ignore[misc]

    def fail(self, path: str, *faults: "Fault", keyed: bool = False) -> None:
        (self.keyed_faults if keyed else self.faults).setdefault(path, deque()).extend(faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        seen = Seen(scope["path"], scope["query_string"], tuple(scope["headers"]), body, time.monotonic())
        self.seen.append(seen)
        fault = self._fault(seen)
        if fault is not None:
            await fault(send)
            return
        status, document, headers = self._answer(seen, scope["client"][0])
        await answer(send, status, json.dumps(document).encode(), headers)

    def _fault(self, seen: Seen) -> "Fault | None":
        if self.always is not None:
            return self.always
        for table in (self.keyed_faults, self.faults) if key_of(seen) else (self.faults,):
            for name in (seen.path, "*"):
                if table.get(name):
                    return table[name].popleft()
        return None

    def _answer(self, seen: Seen, address: str) -> tuple[int, Any, dict[str, str]]:
        headers = {"set-cookie": f"session={len(self.seen)}; Path=/; Secure"} if self.cookies else {}
        if seen.path == "/api/v1":
            return 200, {"statusCode": 200, "message": "Hello", "data": None, "errors": None}, headers
        if seen.path not in SECURED:
            return 404, error(404, "Not Found"), headers
        key = key_of(seen)
        client = self.clients.get(key) if key else None
        if seen.path in self.open_paths:
            client = Client()
        if client is None or not client.is_active:
            return 401, error(401, "Invalid API key", "Unauthorized"), headers
        return self._refusal(client, seen, address) or (200, envelope(self._data(client, seen.path)), headers)

    def _data(self, client: Client, path: str) -> Any:
        if path == "/api/v1/user/me":
            return user()
        return self.networks[client.environment] if path == "/api/v1/evm/networks" else [dict(PLANTED, balance="12.3")]

    def _refusal(self, client: Client, seen: Seen, address: str) -> tuple[int, Any, dict[str, str]] | None:
        if client.dies_after is not None:
            client.dies_after -= 1
            if client.dies_after < 0:
                client.is_active = False
                return 401, error(401, "Invalid API key", "Unauthorized"), {}
        if client.requests_left is not None:
            client.requests_left -= 1
            if client.requests_left == -1:
                return 429, error(429, "Too many requests per minute"), {"retry-after": self.retry_after}
        if client.allowed_ips and address not in client.allowed_ips:
            return 403, error(403, "IP address not allowed", "Forbidden"), {}
        if seen.path in client.denied:
            return 403, error(403, "Insufficient scope", "Forbidden"), {}
        return None

    def paths(self, *, keyed: bool = True) -> list[str]:
        return [seen.path for seen in self.seen if bool(key_of(seen)) is keyed]


def key_of(seen: Seen) -> bytes | None:
    bearer = seen.header(b"authorization")
    return seen.header(b"x-api-key") or (bearer.removeprefix(b"Bearer ") if bearer else None)


def user() -> dict[str, Any]:
    planted = dict(PLANTED)
    return {"id": ACCOUNT_ID, **planted, "isAdmin": True, "status": "active", "kycInfo": {"currentTier": 2, **planted}}


def envelope(data: Any) -> dict[str, Any]:
    return {
        "statusCode": 200,
        "message": f"User {PLANTED['email']} retrieved successfully",
        "data": data,
        "errors": None,
    }


def error(status: int, message: str, name: str = "Error") -> dict[str, Any]:
    return {"statusCode": status, "message": message, "error": name, "debug": PLANTED["email"]}


async def answer(send: Send, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    heads = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    raw = [(name.encode(), value.encode()) for name, value in heads.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


# --- the switchboard -------------------------------------------------------------------------------------------------
Fault = Callable[[Send], Awaitable[None]]


def says(status: int, document: Any = None, **headers: str) -> Fault:
    """Give a well-formed answer that the register of keys would not give."""

    async def fault(send: Send) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        await answer(send, status, body, {name.replace("_", "-"): value for name, value in headers.items()})

    return fault


def slow_headers(seconds: float) -> Fault:
    async def fault(send: Send) -> None:
        await asyncio.sleep(seconds)
        await answer(send, 200, json.dumps(envelope(user())).encode())

    return fault


def slow_body(seconds: float) -> Fault:
    """Never silent for long enough to trip a read timeout, never done either."""

    async def fault(send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        with contextlib.suppress(Exception):
            for _ in range(100):
                await send({"type": "http.response.body", "body": b" ", "more_body": True})
                await asyncio.sleep(seconds / 100)

    return fault


def truncated(status: int = 200) -> Fault:
    """Promises more than it sends; uvicorn then closes the connection."""

    async def fault(send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"4000")]})
        await send({"type": "http.response.body", "body": b'{"statusCode":', "more_body": True})

    return fault


def gzip_bomb(megabytes: int = 200) -> Fault:
    packed = gzip.compress(b"\0" * (megabytes << 20), compresslevel=1)
    return says(200, packed, content_encoding="gzip")


# --- servers ---------------------------------------------------------------------------------------------------------
@contextlib.contextmanager
def serve(app: Any, tls: ssl.SSLContext | None) -> Iterator[int]:
    """Run `app` on uvicorn in a thread; yields the port."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_config=None, lifespan="off", ws="none", http="h11", loop="asyncio",
        timeout_keep_alive=30, timeout_graceful_shutdown=1,
    )  # fmt: skip
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    give_up = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < give_up, "the stand-in did not start"
        time.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


# What a raw server does with one request: bytes to write, and whether to abort (RST) instead of closing.
RawAnswer = Callable[[bytes], tuple[bytes, bool]]


@contextlib.contextmanager
def serve_raw(handler: RawAnswer, tls: ssl.SSLContext | None) -> Iterator[int]:
    """Run a server below HTTP, for what no HTTP server would do; one request a connection."""
    started = threading.Event()
    ports: list[int] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            reply, abort = handler(request)
            writer.write(reply)
            await writer.drain()
            if abort:
                writer.transport.abort()
            else:
                writer.close()
                await writer.wait_closed()

    async def main() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
        loop.set_exception_handler(lambda _loop, _context: None)  # failed handshakes are what some tests want
        ports.append(server.sockets[0].getsockname()[1])
        started.set()
        async with server:
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),), daemon=True)
    thread.start()
    assert started.wait(10), "the raw stand-in did not start"
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@contextlib.contextmanager
def serve_handshakes(tls: ssl.SSLContext) -> Iterator[tuple[int, list[str]]]:
    """Shake hands and hang up; yields the port and the list of outcomes ("ok" or OpenSSL's reason).

    On blocking sockets, because asyncio drops the alert that tells the peer why the handshake failed.
    """
    outcomes: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):  # the listener is closed under us at the end
            while True:
                connection, _ = listener.accept()
                try:
                    tls.wrap_socket(connection, server_side=True).close()
                    outcomes.append("ok")
                except ssl.SSLError as error:
                    outcomes.append(error.reason)
                    connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], outcomes
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def http_bytes(status: int, document: Any) -> bytes:
    body = json.dumps(document).encode()
    return b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (
        status, len(body), body,
    )  # fmt: skip


def controls_then(keyed: RawAnswer) -> RawAnswer:
    """Answer the questions without a key as the API does; `keyed` answers those with one."""

    def handler(request: bytes) -> tuple[bytes, bool]:
        if b"x-api-key:" in request.lower():
            return keyed(request)
        if request.startswith(b"GET /api/v1 "):
            return http_bytes(200, envelope(None)), False
        return http_bytes(401, error(401, "Unauthorized")), False

    return handler
