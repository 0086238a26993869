"""The notebook as a table."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message

from app.presentation.arrangement import Arrangement
from app.presentation.column_choice import EVERY, ColumnChoice, chosen_columns
from app.presentation.listing import Given, Heading, Line, Trial, experiment_of, fold_of
from app.presentation.query import Query
from app.widgets.cells import MOST_CHANGES, WIDTHS, Cell, cell, heading_text, laid_out
from app.widgets.virtual_table import VirtualTable
from engine.experiment.record import ExperimentRecord


class ResultsTable(VirtualTable):
    """Experiments, sorted and filtered; the highlighted one is the selected one.

    Args:
        identifier: the widget's id.
        choice: which columns.
        order: the column to sort by at first: the newest before all, or the best by the metric.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "open",
            id="table.open",
            tooltip="Look at the highlighted experiment's curves and log",
        )
    ]

    class Selected(Message):
        """The cursor stands on another experiment.

        Args:
            experiment: its id.
        """

        def __init__(self, experiment: str) -> None:
            super().__init__()
            self.experiment = experiment

    class Opened(Message):
        """The selected experiment is to be looked at."""

    def __init__(
        self,
        identifier: str,
        choice: ColumnChoice = EVERY,
        order: Literal["id", "metric"] = "id",
    ) -> None:
        super().__init__(identifier)
        self._choice = choice
        self._placed: str | None = None
        self._rows = Arrangement(order, is_reversed=order == "id")
        # The columns there are to be, and those of them that there is room for.
        self._wanted = self._names = self._fitting()
        # How wide the columns must be for all that has been shown.
        self._widths: dict[str, int] = {}
        self._width_of = WIDTHS | {"changes": lambda one: MOST_CHANGES * self._rows.is_changed(one)}
        # No list that is given is this one, so the first is always shown.
        self._given = Given([])
        self.border_title = "Experiments"

    def on_mount(self) -> None:
        """Lay out the columns."""
        self._lay_out()

    def on_resize(self) -> None:
        """Leave columns out where there is no room for them."""
        if (names := self._fitting()) != self._wanted:
            self._take_columns(names)
        else:
            self._lay_out()

    def _fitting(self) -> tuple[str, ...]:
        """The columns there are to be at this size, by this metric."""
        return self._choice.fitting(self.size.width, self._rows.metric)

    def show(self, given: Given) -> None:
        """Show the experiments; what is as it was is not worked out again.

        Args:
            given: which, and how they are marked.
        """
        before, self._given = self._given, given
        if bool(given.fresh) != bool(before.fresh):
            # Only then: a title has the whole table painted, also one that is as it was.
            explained = " · • ended, not looked at yet" if given.fresh else ""
            self.border_title = f"Experiments{explained}"
        if given.deleted != before.deleted:
            self._show()
            # What was derived from these is told from them, in rows that are painted already.
            self._take_columns(self._fitting())
        elif given.records is not before.records:
            self._show()
        elif (given.marked, given.fresh) != (before.marked, before.fresh):
            self.refresh()
        self._place_cursor(given.selected)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are wanted, in order."""
        return self._choice.wide

    def choose_columns(self, names: Sequence[str]) -> None:
        """Show other columns, or the same in another order.

        Args:
            names: which.
        """
        self._choice = chosen_columns(names)
        self._take_columns(self._fitting())

    def sort_by_next(self) -> None:
        """Sort by the next column."""
        # By the score that counts also where another column shows it: alone it heeds the folds.
        names = tuple(dict.fromkeys((*self._names, "metric")))
        order = self._rows.order
        place = names.index(order) if order in names else -1
        self._sort(names[(place + 1) % len(names)])

    def reverse(self) -> None:
        """Sort the other way round."""
        self._rows.is_reversed = not self._rows.is_reversed
        self._show()

    def filter(self, query: Query) -> None:
        """Show only experiments that pass a filter.

        Args:
            query: the filter; an empty one shows all.
        """
        self._rows.filter(query)
        self._show()

    def toggle_groups(self) -> bool:
        """Put the members of each group below a heading, or no longer; whether they are now."""
        self._rows.is_grouped = not self._rows.is_grouped
        self._show()
        return self._rows.is_grouped

    def toggle_fold(self) -> bool:
        """Fold or unfold what the cursor is on; False where there is nothing below it."""
        line = self._under_cursor()
        if line is None or (what := self._rows.fold(line)) is None:
            return False
        self._show()
        # The cursor goes to what was folded or unfolded, which comes before all that is below it.
        lines = enumerate(self._rows.lines)
        self.move_cursor(next(row for row, one in lines if fold_of(one, False) == what))
        return True

    def lines(self) -> Sequence[Line]:
        """What is listed, from top to bottom."""
        return self._rows.lines

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._rows.lines)

    @property
    def is_bare(self) -> bool:
        """Whether no row is shown, as by a filter that nothing passes."""
        return not self._rows.lines

    @property
    def empty_text(self) -> str:
        """Why no row is shown, and what to do."""
        return "No experiment passes the filter: esc clears it." if self._rows.query.text else ""

    @property
    def is_on_heading(self) -> bool:
        """Whether the cursor is on a group rather than on an experiment."""
        return isinstance(self._under_cursor(), Heading)

    def row_cells(self, row: int) -> tuple[Cell, ...] | str:
        """A row's cells; of a group one text."""
        line, rows, names = self._rows.lines[row], self._rows, self._names
        if isinstance(line, Heading):
            return heading_text(line)
        if isinstance(line, Trial):
            return tuple(cell(name, line) for name in names)
        told = (*self._marks(line), rows.metric, rows.origin_of(line))
        return tuple(cell(name, line, *told) for name in names)

    def row_key(self, row: int) -> object:
        """What a row's looks depend on."""
        line = self._rows.lines[row]
        if isinstance(line, ExperimentRecord):
            # The number of an object is that of another once it has gone: the list holds it.
            return (id(line), id(self._rows.origin_of(line)), *self._marks(line))
        if isinstance(line, Trial):
            return (line.search.id, line.state.model_dump_json())
        return heading_text(line)

    def _marks(self, record: ExperimentRecord) -> tuple[bool, bool, bool]:
        """Whether it is marked, its trials are shown, and it was not looked at yet."""
        name, given, folded = record.id, self._given, self._rows.folded
        return name in given.marked, f"search {name}" in folded, name in given.fresh

    def cursor_moved(self) -> None:
        """Pass the selection on."""
        line = self._under_cursor()
        self._choose(None if line is None else experiment_of(line))

    def row_opened(self) -> None:
        """Look at it, or fold it."""
        self.action_open()

    def header_clicked(self, column: int) -> None:
        """Sort by the column, and the other way round at the second click."""
        if (name := self._names[column]) == self._rows.order:
            self.reverse()
        else:
            self._sort(name)

    def action_open(self) -> None:
        if self.is_on_heading:
            self.toggle_fold()
        elif self._rows.lines:
            self.post_message(self.Opened())

    def on_focus(self) -> None:
        """Who comes back from the filter acts on what is highlighted."""
        self.cursor_moved()

    def _show(self) -> None:
        held, metric = self._under_cursor(), self._rows.metric
        changed = self._rows.judge(self._given.records, self._given.deleted)
        if self._rows.metric != metric:
            self._take_columns(self._fitting())
        if self._rows.forget():
            # What was painted is known by where records are in memory, where others may be now.
            self._strips.clear()
        if self._rows.arrange():
            self._placed = None
        self._measure(changed)
        self._lay_out()
        self.rows_changed()
        self._hold(held)
        self.border_subtitle = Text(self._rows.told(self._given.unread))

    def _under_cursor(self) -> Line | None:
        lines = self._rows.lines
        return lines[self.cursor_row] if self.cursor_row < len(lines) else None

    def _choose(self, experiment: str | None) -> None:
        if experiment is not None and experiment != self._given.selected:
            self._placed = experiment
            # Straight to the screen: through the containers it comes after the next frame.
            self.screen.post_message(self.Selected(experiment))

    def _hold(self, held: Line | None) -> None:
        """Keep the cursor on the line that it was on while other rows come and go."""
        selected, is_row = self._given.selected, isinstance(held, ExperimentRecord)
        if held is not None and not is_row and experiment_of(held) in (None, selected):
            row = self._rows.place_of(held)
            if row is not None:
                self._placed = selected
                self.move_cursor(row)
        self._place_cursor(selected)

    @property
    def _is_used(self) -> bool:
        """Whether keys are about what is highlighted here: not in a dialog, nor a filter's."""
        focused = self.screen.focused
        is_typing = focused is not None and focused.check_consume_key("a", "a")
        return self.app.screen is self.screen and not is_typing

    def _place_cursor(self, selected: str | None) -> None:
        """Put the cursor on the selected row, unless it was put there before and has moved on.

        Where that row is hidden, what the cursor is on becomes the selected experiment.
        """
        if selected is None or selected == self._placed:
            return
        for row, line in enumerate(self._rows.lines):
            if isinstance(line, ExperimentRecord) and line.id == selected:
                self._placed = selected
                if row != self.cursor_row:
                    self.move_cursor(row)
                return
        # One that was just queued is not known yet.
        if self._is_used and self._rows.has(selected):
            self.cursor_moved()

    def _take_columns(self, names: tuple[str, ...]) -> None:
        self._wanted = names
        self._widths = {}
        self._strips.clear()
        self._measure(self._given.records)
        self._lay_out()
        self.rows_changed()

    def _sort(self, name: str) -> None:
        self._rows.sort_by(name)
        self._show()

    def _lay_out(self) -> None:
        room, metric = self._choice.room(self.outer_size.width), self._rows.metric
        columns = laid_out(self._wanted, self._widths, room, metric)
        self._names = tuple(columns)
        self.set_columns(list(columns.values()))

    def _measure(self, records: Iterable[ExperimentRecord]) -> None:
        """Make columns wide enough for records that were not measured."""
        widths = self._widths
        for name in self._wanted:
            if (width := self._width_of.get(name)) is not None:
                widths[name] = max(max(map(width, records), default=0), widths.get(name, 0))
