"""Time and memory of each report format with 100,000 findings, and how soon a browser shows the HTML one.

Run: python -m benchmarks.reports. Every measurement of a format runs in a process of its own; time is the processor's
(a busy machine does not change it), memory the growth of the peak while writing, findings apart.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import which

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from report_values import finding, location, rule

from monei_guard.model.finding import Triaged
from monei_guard.reporting.formats import FORMATS, write_report
from monei_guard.reporting.report import Report, make_report


def many(count: int) -> Report:
    """Return a report with `count` findings, each with its own secret, path and line."""
    triaged = tuple(
        Triaged(finding(number, location=location(path=f"src/folder{number % 997}/file{number}.js", line=number + 1)))
        for number in range(count)
    )
    return make_report(triaged, version="0.1.0", rules=[rule(f"MG{code}") for code in range(101, 141)])


def measure(name: str, count: int) -> None:
    """Print the seconds, the growth of memory in MB and the size in MB of one report."""
    report = many(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    target = f"bench-{os.getpid()}.out"
    try:
        start = time.process_time()
        write_report(report, name, target)
        seconds = time.process_time() - start
        size = Path(target).stat().st_size / 1e6
    finally:
        Path(target).unlink(missing_ok=True)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{seconds:.3f} {grown:.1f} {size:.1f}")


def main() -> None:
    """Measure every format three times."""
    count = 100_000
    print(f"{count:,} findings; medians of 3")
    for name in FORMATS:
        runs = [
            subprocess.run([sys.executable, __file__, str(count), name], check=True, capture_output=True, text=True)
            for _ in range(3)
        ]
        values = [[float(part) for part in run.stdout.split()] for run in runs]
        seconds, grown, size = (statistics.median(column) for column in zip(*values, strict=True))
        print(f"{name:10} {seconds:6.2f} s  {grown:6.1f} MB more memory  {size:6.1f} MB written")
    browser(count)


def browser(count: int) -> None:
    """Print the seconds until the HTML report can be used in Chromium, median of five."""
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := which(name))), None)
    if path is None:
        print("html in a browser: there is no Chromium on PATH")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        write_report(many(count), "html", str(report))
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        opened = [_seconds_until_ready(chromium, report) for _ in range(5)]
        print(f"html in Chromium {chromium.version}: usable after {statistics.median(opened):.2f} s")
        chromium.close()


def _seconds_until_ready(chromium: Browser, report: Path) -> float:
    page = chromium.new_page()
    start = time.perf_counter()
    page.goto(report.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    took = time.perf_counter() - start
    page.close()
    return took


if __name__ == "__main__":
    if len(sys.argv) > 2:  # noqa: PLR2004 - called by main
        measure(sys.argv[2], int(sys.argv[1]))
    else:
        main()
