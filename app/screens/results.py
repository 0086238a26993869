"""Every experiment with every figure."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, Static

from app.screens.station import Station
from app.widgets.results_table import ResultsTable
from engine.experiment.record import ExperimentRecord

_EMPTY = (
    "No experiments yet, so there is nothing to compare.\n\n"
    "Press [b]1[/b] for the recipe, choose [b]baseline[/b] and press [b]enter[/b]."
)


class ResultsScreen(Station):
    """The table to sort, filter and act on."""

    NAME = "Results"
    PURPOSE = "Compare all experiments: sort, filter, rerun, edit, export."
    SHOWS_RAIL = False
    WITHOUT = frozenset({"toggle_rail", "log_scale"})
    CSS_PATH = "../styles/results.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "sort", id="table.sort", tooltip="Sort by the next column"),
        Binding(
            "S",
            "reverse",
            "reverse",
            id="table.reverse",
            tooltip="Sort the other way round",
            show=False,
        ),
        Binding(
            "slash",
            "filter",
            "filter",
            id="table.filter",
            tooltip="Show only experiments that hold every word typed",
        ),
        Binding(
            "escape",
            "clear_filter",
            "back",
            id="table.clear",
            tooltip="Leave the filter and show all",
            show=False,
        ),
    ]

    def compose_main(self) -> Iterator[Widget]:
        yield Static(_EMPTY, id="empty")
        yield ResultsTable("table", order="metric")
        yield Input(placeholder="words to look for, e.g. overfit lite0", id="filter", compact=True)

    def draw_main(self) -> None:
        snapshot, desk = self.desk.snapshot, self.desk
        self.set_class(desk.is_loaded and not snapshot.records, "-empty")
        self.query_one(ResultsTable).show(snapshot.records, desk.marked, desk.selected)

    def action_sort(self) -> None:
        self.query_one(ResultsTable).sort_by_next()

    def action_reverse(self) -> None:
        self.query_one(ResultsTable).reverse()

    def action_filter(self) -> None:
        self.add_class("-filtering")
        self.query_one(Input).focus()

    def action_clear_filter(self) -> None:
        if not self.has_class("-filtering"):
            self.app.switch_mode("recipe")
            return
        self.query_one(Input).value = ""
        self.remove_class("-filtering")
        self.query_one(ResultsTable).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as it is typed."""
        self.query_one(ResultsTable).filter(event.value)

    def on_input_submitted(self) -> None:
        """Keep the filter and go to what it left."""
        self.query_one(ResultsTable).focus()

    def needed(self) -> ExperimentRecord | None:
        """The selected experiment, unless the filter hides it."""
        if self.query_one(ResultsTable).is_bare and self.has_class("-filtering"):
            self.notify("The filter shows no experiment: esc clears it.")
            return None
        return super().needed()
