"""Two pieces of work on arrays at the same time: numpy lets other threads run while it does them."""

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def both(first: Callable[[], Result], second: Callable[[], Result]) -> tuple[Result, Result]:
    """Return what both functions return. What either raises is raised; the other is waited for."""
    done: list[Result] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            done.append(second())
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            failed.append(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        result = first()
    finally:
        thread.join()
    if failed:
        raise failed[0]
    return result, done[0]
