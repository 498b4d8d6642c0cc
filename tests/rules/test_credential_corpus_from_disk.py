"""The corpus once more, written to disk and scanned by the program itself."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from credential_corpus import load_corpus


def test_the_program_finds_in_a_directory_what_the_engine_finds_in_memory(tmp_path: Path) -> None:
    expected: Counter[tuple[str, str, str, str]] = Counter()
    for number, case in enumerate(load_corpus()):
        path = tmp_path / f"{number:03}" / case.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.content)
        expected.update((f"{number:03}", one.code, one.vendor, one.environment) for one in case.expected)
    command = [sys.executable, "-m", "monei_guard", "scan", "--format", "json", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, check=False)
    report = json.loads(done.stdout)
    found = Counter(
        (finding["location"]["path"].split("/")[0], finding["code"], finding["vendor"], finding["environment"])
        for finding in report["findings"]
        if finding["code"].startswith("MG1")
    )
    assert (done.returncode, report["skipped"], report["errors"]) == (1, [], [])
    assert found == expected
