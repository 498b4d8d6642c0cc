"""What a baseline costs a run: `python -m benchmarks.baseline`, 50,000 entries, median of 7 in processor time."""

import statistics
import sys
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from report_values import finding, hex_digits

from monei_guard.model.finding import Triaged
from monei_guard.policy.baseline import Baseline, BaselineContext, Entry, Index, apply_baseline, new_baseline, render


def main() -> None:
    """Measure reading the file and judging 100 findings that it does not accept."""
    count = 50_000
    entries = tuple(
        Entry(hex_digits(32, number), "MG101", f"src/folder{number % 97}/file{number}.js", "a sample, revoked",
              "ann@example.com", "2026-01-01")
        for number in range(count)
    )  # fmt: skip
    raw = render(Baseline(new_baseline().salts, entries)).encode()
    found = [Triaged(finding(number)) for number in range(100)]
    around = BaselineContext(date(2026, 1, 1), "b", lambda _: True)
    seconds = []
    for _ in range(7):
        start = time.process_time()
        apply_baseline(found, Index(raw, "b"), around)
        seconds.append(time.process_time() - start)
    print(f"{count:,} entries ({len(raw) / 1e6:.1f} MB): {statistics.median(seconds) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
