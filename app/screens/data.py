"""What was recognised of the competition, and what is odd in it."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from app.desk import Desk
from app.presentation.panes import facts_pane, findings_pane
from app.presentation.tables import data_facts
from app.presentation.text import error_lines
from app.screens.station import Station
from app.widgets.bars import Bars, size_bins
from engine.competition.findings import CompetitionSummary


class DataScreen(Station):
    """Class balance, sizes and findings."""

    NAME = "Data"
    PURPOSE = "Look at the data first: is it read rightly, is it balanced, is it clean?"
    SHOWS_RAIL = False
    # An experiment that isn't shown should not be stopped or run by a stray key.
    WITHOUT = frozenset(
        {
            *("rerun", "edit", "stop", "resume", "pin", "export", "mark", "log_scale"),
            *("toggle_rail", "toggle_details"),
        }
    )
    CSS_PATH = "../styles/data.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r", "look", "look again", id="data.look", tooltip="Read the competition's files again"
        )
    ]

    def compose_main(self) -> Iterator[Widget]:
        with VerticalScroll(id="facts") as facts:
            facts.border_title = "Recognised"
            yield Static(id="facts-text", markup=False)
        yield Bars("classes", "Classes")
        yield Bars("sizes", "Longer side, pixels")
        with VerticalScroll(id="findings") as findings:
            findings.border_title = "Findings"
            yield Static(id="findings-text", markup=False)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: CompetitionSummary | None = None

    def draw_main(self) -> None:
        summary = self.desk.snapshot.summary
        self.set_class(summary is None, "-unknown")
        if summary is None:
            self.query_one("#facts-text", Static).update(_so_far(self.desk))
        elif summary is not self._shown:
            self.query_one("#facts-text", Static).update(facts_pane(data_facts(summary)))
            self.query_one("#classes", Bars).show(summary.class_counts)
            self.query_one("#sizes", Bars).show(size_bins(summary.sizes))
            self.query_one("#findings-text", Static).update(findings_pane(summary))
        self._shown = summary

    def action_look(self) -> None:
        self.desk.look_at_data()


def _so_far(desk: Desk) -> str:
    if desk.data_problem is not None:
        again = "Then press r to look again."
        return "\n\n".join((*error_lines(desk.data_problem), again))
    what, done, total = desk.looking or ("reading the folder", 0, 0)
    return f"Looking at the data: {what}" + (f" {done:,}/{total:,}" if total else "")
