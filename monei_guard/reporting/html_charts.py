"""Charts as plain SVG by pygal (LGPL, pure Python, maintained): no script, no style of their own, text escaped.

The page's style sheet colours them, so that they follow light, dark and print.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pygal
from markupsafe import Markup

from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.moment import moment
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.html_summary import age_in_days, in_force, secret_key
from monei_guard.reporting.report import Report

# Importing pygal leaves a finder for its map plugins in place that Python 3.11 warns about at each later import.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "PluginImportFixer"]

_BARS = 10
_LANES = 30  # secrets on the time line
_LABEL = 28  # characters
_AGES = ((7, "up to a week"), (30, "up to a month"), (90, "up to 90 days"), (365, "up to a year"))
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its heading, what it says in words (also for screen readers), and the drawing ("" for none)."""

    title: str
    words: str
    svg: Markup


def charts(report: Report) -> list[Chart]:
    """Return the time line and the four counts of findings in force."""
    found = in_force(report)
    return [
        _time_line(found, report.finished),
        _bars("By rule", Counter(f"{triaged.finding.code} {triaged.finding.rule}" for triaged in found).most_common()),
        _bars("By environment", Counter(triaged.finding.environment.value for triaged in found).most_common()),
        _bars("By folder", Counter(_folder(triaged.finding) for triaged in found).most_common()),
        _bars("By age", _ages(found, report.finished)),
    ]


def _bars(title: str, counts: Sequence[tuple[str, int]]) -> Chart:
    counts = [(label, count) for label, count in counts if count]
    if not counts:
        return Chart(title, "nothing to show", Markup(""))
    shown = [*counts[:_BARS]]
    if len(counts) > _BARS:
        shown.append((f"{len(counts) - _BARS} others", sum(count for _, count in counts[_BARS:])))
    labels = [_short(label) for label, _ in shown]
    chart = pygal.HorizontalBar(width=460, height=40 + 26 * len(shown), print_values=True, **_PLAIN)
    # pygal draws from below.
    chart.x_labels = labels[::-1]
    chart.add(title, [count for _, count in reversed(shown)])
    words = ", ".join(f"{label}: {count:,}" for label, (_, count) in zip(labels, shown, strict=True))
    return Chart(title, words, _svg(chart, f"{title}: {words}"))


def _time_line(found: Iterable[Triaged], now: float) -> Chart:
    """Draw a lane for each secret: from the commit that brought it to its end, or to now where it is still there."""
    title = "Time line of leaks"
    lanes: dict[str, tuple[datetime, datetime, str]] = {}
    today = datetime.fromtimestamp(now, UTC)
    for triaged in found:
        start, end, state = _span(triaged, today)
        if start is not None and triaged.finding.secret is not None:
            key = secret_key(triaged.finding)
            before = lanes.get(key, (start, end, state))
            state = "still there" if "still there" in (before[2], state) else state
            lanes[key] = (min(before[0], start), max(before[1], end), state)
    if not lanes:
        return Chart(
            title, "no commit dates in this report: scan the history to see when keys came and went", Markup("")
        )
    chosen = sorted(lanes.values())[:_LANES]
    chart = pygal.DateTimeLine(
        width=1200, truncate_label=-1, height=60 + 12 * len(chosen), show_y_labels=False, dots_size=4,
        range=(0, len(chosen) + 1),
        x_value_formatter=lambda when: when.strftime("%Y-%m-%d"), x_labels_major_count=8, show_minor_x_labels=False,
        **_PLAIN,
    )  # fmt: skip
    for number, (start, end, state) in enumerate(reversed(chosen), 1):
        chart.add(state, [(start, number), (max(end, start), number)])
    states = Counter(state for _, _, state in lanes.values())
    words = (
        f"{len(lanes)} secrets with dates: "
        + ", ".join(f"{count} {state}" for state, count in states.most_common())
        + f"; the oldest came on {chosen[0][0].date()}"
    )
    return Chart(title, words, _svg(chart, f"{title}: {words}", [state for _, _, state in reversed(chosen)]))


def _span(triaged: Triaged, today: datetime) -> tuple[datetime | None, datetime, str]:
    """Return when a secret came, until when it was there, and what became of it."""
    life, start = triaged.finding.life, moment(triaged.finding.location.date)
    gone, end = False, today
    if life is not None:
        start = moment(life.first_date) or start
        gone = not life.in_head and not life.in_worktree
        end = (moment(life.last_date) or start or today) if gone else today
    if triaged.verification is not None and triaged.verification.verdict == "inactive":
        return start, end, "revoked"
    return start, end, "removed, not known to be revoked" if gone else "still there"


def _folder(finding: Finding) -> str:
    path = finding.location.path
    if path is None:
        return "(messages)"
    head, slash, _ = path.partition("/")
    return f"{head}/" if slash else "(top)"


def _ages(found: Iterable[Triaged], now: float) -> list[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for triaged in found:
        age = age_in_days(triaged.finding, now)
        if age is None:
            counts["not known"] += 1
        else:
            counts[next((label for limit, label in _AGES if age <= limit), "older than a year")] += 1
    return [(label, counts[label]) for label in (*(label for _, label in _AGES), "older than a year", "not known")]


_PLAIN = {
    "js": [], "css": [], "show_legend": False, "explicit_size": False, "no_prefix": True,
    "disable_xml_declaration": True, "margin": 8,
}  # fmt: skip


def _svg(chart: pygal.graph.graph.Graph, words: str, states: Sequence[str] = ()) -> Markup:
    """Return the drawing without pygal's script and style, labelled for screen readers."""
    root = ET.fromstring(chart.render(is_unicode=True))  # noqa: S314 - our own
    for element in list(root.iter()):
        for child in list(element):
            # Titles are drawn as tooltips of axis lines, descriptions feed pygal's script.
            if child.tag.removeprefix(_SVG) in {"style", "script", "title", "desc"}:
                element.remove(child)
        element.attrib.pop("style", None)
        series = re.search(r"serie-(\d+)", element.get("class", ""))
        if series and states:
            element.set("class", f"{element.get('class')} {states[int(series[1])].split(',')[0].replace(' ', '-')}")
    root.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", words)
    ET.register_namespace("", "http://www.w3.org/2000/svg")
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - serialized, so escaped


def _short(label: str) -> str:
    label = visible(label)
    return label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
