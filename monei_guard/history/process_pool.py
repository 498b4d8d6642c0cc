"""Sharing work out to processes: tasks go to whoever is free, results come back in no order.

A worker dies with its parent (its pipe ends), ignores Ctrl-C (the parent has it and ends the workers) and costs
nothing to start where processes are forked. Where they are not, everything runs in this process.
"""

import gc
import multiprocessing
import os
import signal
import sys
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

_PATIENCE = 0.5  # seconds a worker has to end before it is killed


class WorkerDiedError(Exception):
    """A worker process ended in the middle of a task: it crashed, or the system killed it for its memory."""


def default_jobs() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def work_through(
    tasks: Sequence[Task],
    work: Callable[[Task], Result],
    jobs: int,
    is_due: Callable[[Task], bool] = lambda _task: True,
) -> Generator[tuple[Task, Result | WorkerDiedError], None, None]:
    """Yield each task with its result; a task whose worker died comes with WorkerDiedError.

    A task that is not due when its turn comes is passed over. Closing the iterator, or an exception where it is used,
    ends the workers at once.
    """
    jobs = min(jobs, len(tasks))
    if jobs < 2 or sys.platform != "linux":  # noqa: PLR2004 - one process is this one
        for task in tasks:
            if is_due(task):
                yield task, work(task)
        return
    pool = _ProcessPool(tasks, work, is_due)
    try:
        for _ in range(jobs):
            pool.start_worker()
        yield from pool.results()
    finally:
        pool.stop()


class _ProcessPool(Generic[Task, Result]):
    """Forked workers, each on its own pipe, and the numbers of the tasks that no worker has yet."""

    def __init__(self, tasks: Sequence[Task], work: Callable[[Task], Result], is_due: Callable[[Task], bool]) -> None:
        self.tasks = tasks
        self.work = work
        self.is_due = is_due
        self.waiting = deque(range(len(tasks)))
        self.context = multiprocessing.get_context("fork")
        self.members: dict[Connection, tuple[ForkProcess, int]] = {}

    def start_worker(self) -> None:
        """Start a worker and give it its first task, if there is one."""
        number = self._next()
        if number is None:
            return
        ours, theirs = self.context.Pipe()
        inherited = [*self.members, ours]
        process = self.context.Process(target=_serve, args=(self.tasks, self.work, theirs, inherited), daemon=True)
        with warnings.catch_warnings():
            # Python 3.12 warns of threads at a fork. Ours (a progress bar's) hold no lock that a worker takes.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        self.members[ours] = (process, number)
        ours.send(number)

    def results(self) -> Iterator[tuple[Task, Result | WorkerDiedError]]:
        """Yield results until no task is left."""
        while self.members:
            for pipe in wait(list(self.members)):
                if isinstance(pipe, Connection):
                    yield from self._answer(pipe)

    def _answer(self, pipe: Connection) -> Iterator[tuple[Task, Result | WorkerDiedError]]:
        process, number = self.members[pipe]
        try:
            outcome = pipe.recv()
        except (EOFError, OSError):
            del self.members[pipe]
            pipe.close()
            process.join(_PATIENCE)
            yield self.tasks[number], WorkerDiedError(f"a worker process ended with status {process.exitcode}")
            self.start_worker()
            return
        self._assign(pipe)
        if isinstance(outcome, BaseException):
            raise outcome
        yield self.tasks[number], outcome

    def _assign(self, pipe: Connection) -> None:
        """Give the worker the next task, or let it go."""
        process, _ = self.members[pipe]
        number = self._next()
        if number is None:
            del self.members[pipe]
            pipe.close()
            process.join()
            return
        self.members[pipe] = (process, number)
        pipe.send(number)

    def _next(self) -> int | None:
        while self.waiting:
            number = self.waiting.popleft()
            if self.is_due(self.tasks[number]):
                return number
        return None

    def stop(self) -> None:
        """End the workers that still run."""
        for process, _ in self.members.values():
            process.terminate()
        for pipe, (process, _) in self.members.items():
            process.join(_PATIENCE)
            if process.is_alive():
                process.kill()
                process.join()
            pipe.close()
        self.members.clear()


def _serve(
    tasks: Sequence[Task], work: Callable[[Task], Result], pipe: Connection, inherited: Sequence[Connection]
) -> None:
    """Do tasks by their numbers until the pipe ends. Runs in the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:  # else they would keep each other's pipes open after the parent has gone
        other.close()
    gc.disable()  # nothing made here has cycles, and the lists are long
    while True:
        try:
            number = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: object = work(tasks[number])
        except Exception as error:  # noqa: BLE001 - handed to the parent, which raises it
            answer = error
        try:
            pipe.send(answer)
        except (BrokenPipeError, OSError):
            return
