"""Whole-process timing: commands in turn, so that a machine's drift hits all of them alike; medians and ratios."""

import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command under its name in the table; `cwd` and `env` as for subprocess.

    `most` is how often it is run at most, for one that takes long; `limit` after how many seconds it is stopped.
    """

    name: str
    arguments: Sequence[str]
    cwd: str | Path | None = None
    env: Mapping[str, str] | None = None
    most: int | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Timing:
    """Seconds (median and least), the peak memory of the largest process in MB, the exit code.

    `cpu` is the median of the processor time of all its processes together, in seconds.
    """

    name: str
    median: float
    least: float
    peak: float
    code: int
    cpu: float


def measure(commands: Sequence[Command], *, runs: int = 7, warmups: int = 1) -> list[Timing]:
    """Run every command `runs` times, A B C A B C …, after `warmups` uncounted rounds of those that run often."""
    done: dict[str, list[tuple[float, float, float, int]]] = {command.name: [] for command in commands}
    for number in range(warmups + runs):
        for command in commands:
            counted = number - warmups
            if counted >= (runs if command.most is None else command.most) or (counted < 0 and command.most == 1):
                continue
            once = _once(command)
            if counted >= 0:
                done[command.name].append(once)
    return [_timing(name, every) for name, every in done.items()]


def _timing(name: str, every: Sequence[tuple[float, float, float, int]]) -> Timing:
    seconds, cpu, peaks, codes = zip(*every, strict=True)
    return Timing(name, statistics.median(seconds), min(seconds), max(peaks), codes[-1], statistics.median(cpu))


def _once(command: Command) -> tuple[float, float, float, int]:
    """Return wall and processor seconds, peak memory in MB and the exit code (-9 where it was stopped)."""
    # An installed program has its bytecode; where the shell forbids writing it, this one would compile every run.
    env = {name: text for name, text in (command.env or os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    with subprocess.Popen(
        command.arguments, cwd=command.cwd, env=env,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        watch = threading.Timer(command.limit, process.kill) if command.limit is not None else None
        if watch is not None:
            watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if watch is not None:
            watch.cancel()
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000, process.returncode


def table(title: str, timings: Sequence[Timing]) -> str:
    """Return a Markdown table; ratios are to the first row."""
    first = timings[0].median
    lines = [f"### {title}", "", "| command | median | ratio | least | CPU | ratio | peak | exit |", "|" + "---|" * 8]
    lines += [
        f"| {one.name} | {one.median * 1000:.1f} ms | {one.median / first:.2f} | {one.least * 1000:.1f} ms "
        f"| {one.cpu * 1000:.1f} ms | {one.cpu / timings[0].cpu:.2f} | {one.peak:.0f} MB | {one.code} |"
        for one in timings
    ]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Return one line about where this was measured."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    load = f", load average {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}, git {git}, {sys.platform}{load}"
