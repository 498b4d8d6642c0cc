import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from plain_process import git, guard
from report_values import HOSTILE, api_key, finding, full_finding, location
from textual.pilot import Pilot
from textual.widgets import DataTable, Label, Static

from monei_guard.commands.triage_app import TriageApp
from monei_guard.model.finding import Triaged, Verification
from monei_guard.model.levels import Severity
from monei_guard.policy.baseline_file import load
from monei_guard.policy.baseline_name import DEFAULT_NAME
from monei_guard.policy.resolution import Resolution, ResolvedFinding, fault
from monei_guard.reporting.rotation_list import rotation_list

TODAY = date(2026, 11, 24)
Screen = Pilot[dict[int, ResolvedFinding] | None]
Steps = Callable[[Screen], Awaitable[None]]


def findings(count: int = 3) -> list[Triaged]:
    severities = (Severity.CRITICAL, Severity.MEDIUM, Severity.INFO)
    return [
        Triaged(finding(number, severity=severities[number % 3], location=location(f"src/{number}.py", number + 1)))
        for number in range(count)
    ]


def play(items: list[Triaged], steps: Steps) -> dict[int, ResolvedFinding] | None:
    """Run the app through `steps` and return what it returns."""
    app = TriageApp(items, TODAY, lambda _: "brought by ann on 2026-01-02", lambda text: "mni_" in text)

    async def run() -> None:
        async with app.run_test(size=(120, 40)) as pilot:
            await steps(pilot)
            await pilot.pause()

    asyncio.run(run())
    return app.return_value


def text_of(pilot: Screen, selector: str) -> str:
    return str(pilot.app.query_one(selector, Static).content)


async def keys(pilot: Screen, *pressed: str) -> None:
    for key in pressed:
        await pilot.press(*(list(key) if len(key) > 1 and key.startswith("'") else [key]))
    await pilot.pause()


async def typed(pilot: Screen, text: str) -> None:
    await pilot.press(*("space" if char == " " else char for char in text))
    await pilot.pause()


def test_each_judgement_takes_a_key_and_a_reason() -> None:
    async def steps(pilot: Screen) -> None:
        for key in "rft":
            await keys(pilot, key)
            await typed(pilot, "because")
            await keys(pilot, "enter", "down")
        await keys(pilot, "w")

    assert play(findings(), steps) == {
        0: ResolvedFinding(Resolution.REAL, "because"),
        1: ResolvedFinding(Resolution.FALSE_ALARM, "because"),
        2: ResolvedFinding(Resolution.TEST_VALUE, "because"),
    }


def test_accepting_asks_for_a_date_that_has_not_passed() -> None:
    async def steps(pilot: Screen) -> None:
        await keys(pilot, "a")
        await typed(pilot, "for now")
        await keys(pilot, "enter")
        assert "until when" in str(pilot.app.screen.query_one("#fault", Label).content)
        await typed(pilot, "2026-11-23")
        await keys(pilot, "enter")
        assert "has passed" in str(pilot.app.screen.query_one("#fault", Label).content)
        await keys(pilot, "backspace")
        await typed(pilot, "4")
        await keys(pilot, "enter", "w")

    assert play(findings(), steps) == {0: ResolvedFinding(Resolution.ACCEPTED, "for now", "2026-11-24")}


def test_no_reason_and_one_with_a_secret_are_refused() -> None:
    async def steps(pilot: Screen) -> None:
        await keys(pilot, "f", "enter")
        assert "reason is needed" in str(pilot.app.screen.query_one("#fault", Label).content)
        await typed(pilot, "mni_x")
        await keys(pilot, "enter")
        assert "one of the secrets" in str(pilot.app.screen.query_one("#fault", Label).content)
        await keys(pilot, "escape", "w")

    assert play(findings(), steps) == {}


def test_several_are_picked_decided_together_and_taken_back() -> None:
    async def steps(pilot: Screen) -> None:
        await keys(pilot, "space", "space", "t")
        await typed(pilot, "fixtures")
        await keys(pilot, "enter", "up", "up")
        assert "2 decided" in text_of(pilot, "#count")
        await keys(pilot, "u", "w")

    assert play(findings(), steps) == {1: ResolvedFinding(Resolution.TEST_VALUE, "fixtures")}


def test_filters_by_words_severity_and_what_is_decided() -> None:
    async def steps(pilot: Screen) -> None:
        await keys(pilot, "slash")
        await typed(pilot, "src/1.py")
        await keys(pilot, "enter")
        assert pilot.app.query_one(DataTable).row_count == 1
        await keys(pilot, "slash", *["backspace"] * 8, "enter", "s", "s")
        assert text_of(pilot, "#count").startswith("2 of 3 findings, medium and above")
        await keys(pilot, "f")
        await typed(pilot, "no")
        await keys(pilot, "enter", "h")
        assert pilot.app.query_one(DataTable).row_count == 1
        await keys(pilot, "w")

    assert play(findings(), steps) == {0: ResolvedFinding(Resolution.FALSE_ALARM, "no")}


def test_the_detail_shows_masked_source_who_when_and_whether_it_lives() -> None:
    async def steps(pilot: Screen) -> None:
        await pilot.pause()
        detail = text_of(pilot, "#text")
        for part in ("--> src/0.py:1:14", "^^^^", "brought by ann on 2026-01-02", "the API says: live (200)", "help:"):
            assert part in detail
        assert api_key(0).decode() not in detail
        await keys(pilot, "down")
        assert "not asked whether it still lives" in text_of(pilot, "#text")
        await keys(pilot, "q")

    items = findings()
    items[0] = Triaged(items[0].finding, None, Verification("live", "200"))
    assert play(items, steps) is None


def test_quitting_with_decisions_asks_once() -> None:
    async def steps(pilot: Screen) -> None:
        await keys(pilot, "f")
        await typed(pilot, "no")
        await keys(pilot, "enter", "q")
        assert pilot.app.is_running
        await keys(pilot, "q")

    assert play(findings(), steps) is None


def test_hostile_text_is_shown_as_text() -> None:
    async def steps(pilot: Screen) -> None:
        await pilot.pause()
        for _ in HOSTILE:
            assert all(line.isprintable() for line in text_of(pilot, "#text").split("\n"))
            await keys(pilot, "down")
        await keys(pilot, "q")

    texts = [*HOSTILE, "[bold red]markup[/]", "[@click=app.bell]x[/]", "[/nothing]"]
    assert play([Triaged(full_finding(text, number)) for number, text in enumerate(texts)], steps) is None


@pytest.mark.parametrize(
    ("reason", "until", "wrong"),
    [("", "2027-01-01", "reason"), ("x", "", "until when"), ("x", "soon", "until when"), ("x", "2020-01-01", "passed")],
)
def test_a_faulty_decision_is_told(reason: str, until: str, wrong: str) -> None:
    assert wrong in fault(Resolution.ACCEPTED, reason, until, TODAY).lower()
    assert fault(Resolution.ACCEPTED, "x", "2026-11-24", TODAY) == ""


def test_the_rotation_list_groups_places_by_secret_live_ones_first() -> None:
    low = Triaged(finding(1, severity=Severity.MEDIUM), None, Verification("live", "200"))
    text = rotation_list(
        [(Triaged(finding(0)), "a"), (low, "b"), (Triaged(finding(0, location=location("x.py"))), "c")], "d"
    )
    assert text.index("API: live") < text.index("API: not asked")
    assert text.count("- [ ] make a new key") == 2
    assert text.count("remove it from") == 3
    assert api_key(0).decode() not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_the_rotation_list_is_inert(text: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).parse(rotation_list([(Triaged(full_finding(text)), text)], "d"))
    kinds = {one.type for token in tokens for one in [token, *(token.children or [])]}
    assert not kinds & {"link_open", "image", "html_inline", "html_block", "em_open"}


def test_without_a_terminal_it_says_what_to_use(tmp_path: Path) -> None:
    done = guard(tmp_path, "triage")
    assert (done.returncode, "triage needs a terminal" in done.stderr) == (2, True)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Yield a function that sends keys to a real terminal (tmux) in the folder and returns its screen."""
    tmux = shutil.which("tmux")
    if tmux is None:
        pytest.skip("there is no tmux")
    server = ["-L", f"guard-{uuid.uuid4().hex[:8]}", "-f", "/dev/null"]
    path = os.pathsep.join(part for part in sys.path if part)
    command = f"cd {shlex.quote(str(tmp_path))} && PYTHONPATH={shlex.quote(path)} TERM=xterm-256color "
    command += f"{shlex.quote(sys.executable)} -m monei_guard triage; echo ended with $?; sleep 60"
    environment = os.environ | {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    subprocess.run([tmux, *server, "new-session", "-d", "-x", "120", "-y", "40", command], check=True, env=environment)

    def screen(*pressed: str, until: str) -> str:
        for key in pressed:
            subprocess.run([tmux, *server, "send-keys", key], check=True)
            time.sleep(0.2)
        deadline = time.monotonic() + 60
        while True:
            shown = subprocess.run(
                [tmux, *server, "capture-pane", "-p"], check=True, capture_output=True, text=True
            ).stdout
            if until in shown:
                return shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.2)

    yield screen
    subprocess.run([tmux, *server, "kill-server"], check=False, capture_output=True)


def test_in_a_real_terminal_decisions_reach_the_baseline_and_the_list(
    tmp_path: Path, terminal: Callable[..., str]
) -> None:
    git(tmp_path, "init", "-q")
    for number in range(2):
        (tmp_path / f"{number}.py").write_text(f'key = "{api_key(number).decode()}"\n', encoding="utf-8")
    shown = terminal(until="0 decided")
    assert "MG101 api-key" in shown
    assert "0.py:1:8" in shown
    terminal("f", until="Enter keeps it")
    terminal("made-up", "Enter", until="1 decided")
    terminal("Down", "r", until="Enter keeps it")
    terminal("leaked", "Enter", until="2 decided")
    shown = terminal("w", until="ended with 0")
    assert "1 findings accepted in" in shown
    assert "1 findings to mend in monei-guard-todo.md" in shown
    (entry,) = load(str(tmp_path / DEFAULT_NAME)).entries
    assert (entry.path, entry.reason) == ("0.py", "false alarm: made-up")
    todo = (tmp_path / "monei-guard-todo.md").read_text(encoding="utf-8")
    assert "1.py:1:8" in todo
    assert "leaked" in todo
    assert api_key(1).decode() not in todo + shown
