"""The terminal interface of `monei-guard triage`: a list, the place in its context, and four keys to judge with.

All text from a repository is shown as plain text (no markup is ever read from it) with control characters escaped.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Header, Input, Label, Static

from monei_guard.model.finding import Finding, Triaged
from monei_guard.model.levels import Severity
from monei_guard.policy.resolution import Resolution, ResolvedFinding, fault
from monei_guard.reporting.escaping import visible
from monei_guard.reporting.terminal import Style, finding_lines, location_text

_COLORS = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_MARKS = {Resolution.REAL: "✗", Resolution.FALSE_ALARM: "○", Resolution.TEST_VALUE: "t", Resolution.ACCEPTED: "✓"}
_COLUMNS = ("", "severity", "rule", "where", "secret", "what")


class DecisionScreen(ModalScreen[ResolvedFinding | None]):
    """Asks for the reason, and for the date where something is accepted for a while."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Cancel")]

    def __init__(self, resolution: Resolution, count: int, today: date, holds_secret: Callable[[str], bool]) -> None:
        super().__init__()
        self.resolution = resolution
        self.count = count
        self.today = today
        self.holds_secret = holds_secret

    def compose(self) -> ComposeResult:
        """Lay out the form."""
        what = "finding" if self.count == 1 else "findings"
        with Vertical(id="form"):
            yield Label(f"{self.count} {what}: {self.resolution}")
            yield Input(placeholder="Why? (kept in the baseline or the to-do)", id="reason")
            if self.resolution is Resolution.ACCEPTED:
                yield Input(placeholder="Until when? 2027-06-30", id="until")
            yield Label("", id="fault")
            yield Label("Enter keeps it, Escape goes back")

    def on_input_submitted(self) -> None:
        """Take the decision if it can be taken."""
        reason = self.query_one("#reason", Input).value
        until = self.query_one("#until", Input).value if self.resolution is Resolution.ACCEPTED else ""
        wrong = fault(self.resolution, reason, until, self.today)
        if not wrong and self.holds_secret(reason):
            wrong = "The reason holds one of the secrets; describe it instead."
        if wrong:
            self.query_one("#fault", Label).update(Text(wrong, "bold red"))
            about_date = self.resolution is Resolution.ACCEPTED and reason.strip() and not self.holds_secret(reason)
            self.query_one("#until" if about_date else "#reason", Input).focus()
            return
        self.dismiss(ResolvedFinding(self.resolution, reason.strip(), until.strip() or None))


class TriageApp(App[dict[int, ResolvedFinding] | None]):
    """Shows findings and collects decisions; returns them by the finding's number, None if nothing is to be written.

    `history` says who brought a finding's line and when; `holds_secret` whether a text holds one of the secrets.
    """

    TITLE = "monei-guard triage"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #list { height: 1fr; }
    #detail { height: 40%; border-top: solid $primary; padding: 0 1; }
    #filter { display: none; }
    #filter.shown { display: block; }
    DecisionScreen { align: center middle; }
    #form { width: 80; height: auto; border: thick $primary; padding: 1 2; background: $surface; }
    #count { width: 1fr; }
    #bar { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "decide('REAL')", "real"),
        Binding("f", "decide('FALSE_ALARM')", "false alarm"),
        Binding("t", "decide('TEST_VALUE')", "test value"),
        Binding("a", "decide('ACCEPTED')", "accept until"),
        Binding("u", "undo", "undo"),
        Binding("space", "pick", "pick"),
        Binding("slash", "filter", "filter"),
        Binding("s", "severity", "severity"),
        Binding("h", "hide", "hide decided"),
        Binding("w", "write", "write and quit"),
        Binding("q", "leave", "quit"),
    ]

    def __init__(
        self,
        items: Sequence[Triaged],
        today: date,
        history: Callable[[Finding], str],
        holds_secret: Callable[[str], bool],
    ) -> None:
        super().__init__()
        self.items = items
        self.today = today
        self.history = history
        self.holds_secret = holds_secret
        self.decisions: dict[int, ResolvedFinding] = {}
        self.picked: set[int] = set()
        self.shown: list[int] = []
        self.words = ""
        self.least = Severity.INFO
        self.hiding = False
        self.asked_to_leave = False

    def compose(self) -> ComposeResult:
        """Lay out list, detail and keys."""
        yield Header()
        yield Input(placeholder="words to look for, Enter to go back to the list", id="filter")
        yield DataTable[Text](id="list", cursor_type="row", zebra_stripes=True)
        with Horizontal(id="bar"):
            yield Label("", id="count")
        with VerticalScroll(id="detail"):
            yield Static("", id="text", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Fill the list."""
        table = self.query_one("#list", DataTable)
        table.add_columns(*_COLUMNS)
        self.fill()
        table.focus()

    def fill(self) -> None:
        """Show what passes the filters, the cursor where it was."""
        table = self.query_one("#list", DataTable)
        at = table.cursor_row
        self.shown = [number for number in range(len(self.items)) if self.passes(number)]
        table.clear()
        for number in self.shown:
            table.add_row(*self.cells(number), key=str(number))
        if self.shown:
            table.move_cursor(row=min(at, len(self.shown) - 1))
        self.update_detail()

    def passes(self, number: int) -> bool:
        """Return whether a finding is to be listed."""
        finding = self.items[number].finding
        where = location_text(finding.location)
        text = f"{finding.code} {finding.rule} {where} {finding.message} {finding.environment}".lower()
        return (
            finding.severity >= self.least
            and not (self.hiding and number in self.decisions)
            and all(word in text for word in self.words.lower().split())
        )

    def cells(self, number: int) -> list[Text]:
        """Return a row, as text that is never read as markup."""
        finding = self.items[number].finding
        decision = self.decisions.get(number)
        mark = ("●" if number in self.picked else " ") + (_MARKS[decision.resolution] if decision else " ")
        return [
            Text(mark),
            Text(finding.severity.label, _COLORS[finding.severity]),
            Text(f"{finding.code} {finding.rule}"),
            Text(location_text(finding.location)),
            Text(finding.secret.redacted if finding.secret is not None else ""),
            Text(visible(finding.message)),
        ]

    def update_detail(self) -> None:
        """Update the counts and the detail of the finding under the cursor."""
        least = "" if self.least is Severity.INFO else f", {self.least.label} and above"
        hiding = ", decided hidden" if self.hiding else ""
        self.query_one("#count", Label).update(
            Text(f"{len(self.shown)} of {len(self.items)} findings{least}{hiding}, {len(self.decisions)} decided")
        )
        number = self.current()
        self.query_one("#text", Static).update(Text("" if number is None else self.detail(number)))

    def detail(self, number: int) -> str:
        """Return what there is to know about a finding."""
        triaged = self.items[number]
        lines = list(finding_lines(triaged, Style(width=max(self.size.width - 4, 40))))
        history = self.history(triaged.finding)
        if history:
            lines.insert(-1, f"  = {visible(history)}")
        if triaged.verification is None:
            lines.insert(-1, "  = not asked whether it still lives (--verify does)")
        decision = self.decisions.get(number)
        if decision is not None:
            until = f" until {decision.until}" if decision.until else ""
            lines.append(f"decided: {decision.resolution}{until}: {visible(decision.reason)}")
        return "\n".join(lines)

    def current(self) -> int | None:
        """Return the number of the finding under the cursor."""
        row = self.query_one("#list", DataTable).cursor_row
        return self.shown[row] if 0 <= row < len(self.shown) else None

    def on_data_table_row_highlighted(self) -> None:
        """Follow the cursor."""
        self.update_detail()

    def action_decide(self, name: str) -> None:
        """Ask why, then keep the decision for the picked findings, or the one under the cursor."""
        chosen = self.chosen()
        if not chosen:
            return

        def keep(decision: ResolvedFinding | None) -> None:
            if decision is not None:
                self.decisions |= dict.fromkeys(chosen, decision)
                self.picked.clear()
                self.fill()

        self.push_screen(DecisionScreen(Resolution[name], len(chosen), self.today, self.holds_secret), keep)

    def chosen(self) -> list[int]:
        """Return the picked findings that are listed, else the one under the cursor."""
        current = self.current()
        return [number for number in self.shown if number in self.picked] or ([] if current is None else [current])

    def action_undo(self) -> None:
        """Take decisions back."""
        for number in self.chosen():
            self.decisions.pop(number, None)
        self.fill()

    def action_pick(self) -> None:
        """Pick or unpick the finding under the cursor, and go on to the next."""
        number = self.current()
        if number is not None:
            self.picked ^= {number}
            self.fill()
            self.query_one("#list", DataTable).action_cursor_down()

    def action_filter(self) -> None:
        """Go to the words to look for."""
        field = self.query_one("#filter", Input)
        field.add_class("shown")
        field.focus()

    @on(Input.Changed, "#filter")
    def apply_filter(self, event: Input.Changed) -> None:
        """Filter while typing."""
        self.words = event.value
        self.fill()

    @on(Input.Submitted, "#filter")
    def back_to_list(self) -> None:
        """Go back to the list; an empty filter goes away."""
        if not self.words:
            self.query_one("#filter", Input).remove_class("shown")
        self.query_one("#list", DataTable).focus()

    def action_severity(self) -> None:
        """List the next severity and above; after critical, everything."""
        self.least = Severity((self.least + 1) % len(Severity))
        self.fill()

    def action_hide(self) -> None:
        """Hide what is decided, or show it again."""
        self.hiding = not self.hiding
        self.fill()

    def action_write(self) -> None:
        """End, with the decisions."""
        self.exit(self.decisions)

    def action_leave(self) -> None:
        """End without them; ask once if there are any."""
        if self.decisions and not self.asked_to_leave:
            self.asked_to_leave = True
            self.notify(f"{len(self.decisions)} decisions are not written: w writes them, q again drops them")
            return
        self.exit(None)
