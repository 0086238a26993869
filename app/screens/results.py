"""Every experiment with every figure."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from app.desk import Desk
from app.looks import style
from app.presentation.listing import ALL
from app.presentation.query import HELP, NotUnderstood, Query, parse_query
from app.presentation.text import error_lines
from app.screens.columns import ColumnsScreen
from app.screens.station import Station
from app.widgets.filter_line import FilterLine
from app.widgets.results_table import ResultsTable
from engine.errors import UserError
from engine.experiment.metrics import current_metric
from engine.experiment.record import ExperimentRecord

_EMPTY = (
    "No experiments yet, so there is nothing to compare.\n\n"
    "Press [b]1[/b] for the recipe, choose [b]baseline[/b] and press [b]enter[/b]."
)

_MANY = 2000
_PAUSE_SECONDS = 0.08
_Recalled = tuple[tuple[str, ...], UserError | None]


class ResultsScreen(Station):
    """The table to sort, filter and act on."""

    NAME = "Results"
    PURPOSE = "Compare all experiments: sort, filter, group, tag, export (? lists the keys)."
    SHOWS_RAIL = False
    WITHOUT = frozenset({"toggle_rail", "log_scale"})
    CSS_PATH = style("results")
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
            tooltip="Show only experiments that meet every term typed, such as val<0.3",
        ),
        Binding(
            "C",
            "columns",
            "columns",
            id="table.columns",
            tooltip="Choose the columns and their order, which are remembered",
            show=False,
        ),
        Binding(
            "g",
            "group",
            "groups",
            id="table.group",
            tooltip="Put sweeps and ablations below a heading each, or no longer",
            show=False,
        ),
        Binding(
            "z",
            "fold",
            "fold",
            id="table.fold",
            tooltip="Show or hide a search's trials, or a group's experiments",
            show=False,
        ),
        Binding(
            "escape",
            "clear_filter",
            "back",
            id="table.clear",
            tooltip="Drop the filter; without one, go back",
            show=False,
        ),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._waiting: Timer | None = None
        # The last filter that was understood, as it was typed: often a part of the next one.
        self._holds = Query()
        # What was typed before the filter that is being typed.
        self._kept = ""

    def compose_main(self) -> Iterator[Widget]:
        yield Static(_EMPTY, id="empty")
        yield ResultsTable("table", order="metric")
        with Vertical(id="filter-pane"):
            yield FilterLine(
                placeholder="words or terms, e.g. overfit val<0.3", id="filter", compact=True
            )
            yield Static(HELP, id="filter-help", markup=False)

    def on_mount(self) -> None:
        """Ask for the columns that were chosen before."""
        self.desk.ask(_recalled, self._take_recalled)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no filter where one is typed, in which its key is a letter."""
        if action == "filter" and isinstance(self.focused, Input):
            return False
        return super().check_action(action, parameters)

    def draw_main(self) -> None:
        self.show_empty(not self.desk.snapshot.records)
        table = self.query_one(ResultsTable)
        table.show(self.desk.listed)
        self.desk.lines = table.lines

    def action_sort(self) -> None:
        self.query_one(ResultsTable).sort_by_next()

    def action_reverse(self) -> None:
        self.query_one(ResultsTable).reverse()

    def action_group(self) -> None:
        has_groups = any(record.group for record in self.desk.snapshot.records)
        if self.query_one(ResultsTable).toggle_groups() and not has_groups:
            self.notify("No experiment belongs to a group yet: widen, sweep or ablate.")

    def action_fold(self) -> None:
        if not self.query_one(ResultsTable).toggle_fold():
            self.notify("Nothing is below this row: searches have trials; g makes groups.")

    def action_columns(self) -> None:
        table = self.query_one(ResultsTable)

        def take(names: tuple[str, ...] | None) -> None:
            if names is not None:
                from app.remembered import remember_columns

                table.choose_columns(names)
                self.desk.ask(lambda: remember_columns(names))

        self.app.push_screen(
            ColumnsScreen(table.names, current_metric(self.desk.snapshot.records)), take
        )

    def action_filter(self) -> None:
        self.add_class("-filtering")
        field = self.query_one(Input)
        self._kept = field.value
        field.focus()

    async def action_clear_filter(self) -> None:
        if not self.has_class("-filtering"):
            await self.run_action("app.back")
            return
        self._clear_filter()

    def on_filter_line_left(self) -> None:
        """Who leaves what is being typed wants the filter back that was there before."""
        self._clear_filter()

    def _clear_filter(self) -> None:
        field, table = self.query_one(Input), self.query_one(ResultsTable)
        text = self._kept if field.has_focus else ""
        field.value = text
        self.set_class(bool(text), "-filtering")
        # At once, so that the cursor is on the selected one when the keys are the table's again.
        table.filter(parse_query(text))
        table.focus()

    def on_descendant_focus(self) -> None:
        """The filter's help is for who types."""
        self.set_class(isinstance(self.focused, Input), "-typing")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as it is typed; what is not understood leaves the table as it was."""
        told = self.query_one("#filter-help", Static)
        try:
            query = parse_query(event.value)
        except NotUnderstood as error:
            holds = f"what passes {self._holds.text}" if self._holds.terms else "all"
            told.update(f"! {error}\n  shown until then: {holds}")
            told.add_class("-wrong")
            return
        self._holds = query
        told.update(HELP)
        told.remove_class("-wrong")
        if self._waiting is not None:
            self._waiting.stop()
        # Who types fast through thousands sees the letters first.
        if len(self.desk.snapshot.records) < _MANY:
            self._narrow(query)
        else:
            self._waiting = self.set_timer(_PAUSE_SECONDS, lambda: self._narrow(query))

    def _narrow(self, query: Query) -> None:
        self.query_one(ResultsTable).filter(query)

    def on_input_submitted(self) -> None:
        """Keep the filter and go to what it left; an empty one needs no line."""
        self.set_class(bool(self.query_one(Input).value.strip()), "-filtering")
        self.query_one(ResultsTable).focus()

    def needed(self) -> ExperimentRecord | None:
        """The selected experiment, unless the filter hides it, or the cursor is on a group."""
        table = self.query_one(ResultsTable)
        if table.is_bare and self.has_class("-filtering"):
            self.notify("The filter shows no experiment: esc clears it.")
            return None
        if table.is_on_heading:
            self.notify("This is a group: choose an experiment below it.")
            return None
        return super().needed()

    def _take_recalled(self, answer: _Recalled) -> None:
        names, complaint = answer
        if complaint is not None:
            self.notify("\n".join(error_lines(complaint)), severity="warning", timeout=15)
        if self.is_attached:
            table = self.query_one(ResultsTable)
            if names != table.names:
                table.choose_columns(names)


def _recalled() -> _Recalled:
    # Here, since the first screen does without.
    from app.remembered import recall_columns

    try:
        return recall_columns(), None
    except UserError as error:
        # No reason to stop anybody.
        return ALL, error
