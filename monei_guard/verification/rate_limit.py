"""How fast one host is asked: our own rate, and the host's wishes, which win."""

import asyncio

from monei_guard.verification.responses import TOO_MANY_REQUESTS, Answer, Reply

# Time lost to a busy machine is made up for at most this long, so that a high rate is reached and a low one
# (where a tenth of a second is less than one slot) never bursts.
_CATCH_UP = 0.1
_UNTOLD_PAUSE = 1.0  # seconds after a 429 that names no time


class HostPace:
    """Gives out one slot each 1/rate seconds; created and used inside one event loop."""

    def __init__(self, rate: float) -> None:
        self._interval = 1.0 / rate
        self._next = 0.0
        self._lock = asyncio.Lock()

    async def slot(self) -> None:
        """Wait until the next request may be sent."""
        clock = asyncio.get_running_loop().time
        async with self._lock:
            # A loop, because a pause may come while we sleep.
            while (wait := self._next - clock()) > 0:  # noqa: ASYNC110 - a clock is awaited, not an event
                await asyncio.sleep(wait)
            self._next = max(self._next, clock() - _CATCH_UP) + self._interval

    def pause_left(self) -> float:
        """Return the seconds until the next slot, 0 when there is no wait."""
        return max(0.0, self._next - asyncio.get_running_loop().time())

    def heed(self, answer: Answer) -> None:
        """Obey what the answer says about the limit: `Retry-After`, `x-ratelimit-remaining` and `-reset`."""
        if not isinstance(answer, Reply):
            return
        wait = answer.retry_after
        if wait is None and (answer.status == TOO_MANY_REQUESTS or answer.remaining == 0):
            wait = answer.reset
        if wait is None and answer.status == TOO_MANY_REQUESTS:
            wait = _UNTOLD_PAUSE
        if wait is not None:
            self._next = max(self._next, asyncio.get_running_loop().time() + wait)
