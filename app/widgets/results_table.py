"""The notebook as a table."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable

from app.presentation.text import moment, network_text, size_of
from app.widgets.cells import cell
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec

Key = Callable[[ExperimentRecord], Any]


def _score(name: str) -> Key:
    def key(record: ExperimentRecord) -> Any:
        value = getattr(record.scores, name)
        # Rows without the score come last.
        return (value is None, value or 0.0)

    return key


def _metric(record: ExperimentRecord) -> Any:
    value = record.scores.val_metric or 0.0
    best_first = value if record.scores.metric == "log_loss" else -value
    # What still runs is on top, whatever its folds say so far; what has no score comes last.
    return (record.status.is_finished, record.scores.val_metric is None, best_first)


COLUMNS: dict[str, tuple[str, Key]] = {
    "id": ("ID", lambda record: int(record.id)),
    "status": ("Status", lambda record: record.status),
    # The status as one character, the loss without its error: for narrow terminals.
    "mark": ("", lambda record: record.status),
    "stage": ("Stage", lambda record: (record.stage, int(record.id))),
    "train": ("Train", _score("train_log_loss")),
    "val": ("Val", _score("val_log_loss")),
    "short": ("Val", _score("val_log_loss")),
    "accuracy": ("Accuracy", _score("val_accuracy")),
    "acc": ("Acc", _score("val_accuracy")),
    "auc": ("AUC", _score("val_auc")),
    "metric": ("Metric", _metric),
    "backbone": ("Backbone", network_text),
    "size": ("Px", size_of),
    "curve": ("Val curve", lambda record: int(record.id)),
    "time": ("Time", lambda record: record.seconds),
    "parent": ("From", lambda record: int(record.parent or 0)),
    "group": ("Group", lambda record: (record.group or "", int(record.id))),
    "when": ("Queued", lambda record: record.queued),
}
ALL = tuple(name for name in COLUMNS if name not in ("mark", "short", "acc"))
# What the home screen has room for, in wide and in narrow terminals.
FEW = ("id", "status", "stage", "train", "val", "accuracy", "curve", "time")
FEWER = ("id", "mark", "stage", "train", "short", "acc")
_ROOM_FOR_FEW = 80


class ResultsTable(DataTable[Text]):
    """Experiments, sorted and filtered; the highlighted one is the selected one.

    Args:
        identifier: the widget's id.
        names: which columns.
        narrow: which columns while there is little room.
        order: the column to sort by at first: the newest before all, or the best by the metric.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select_cursor",
            "open",
            id="table.open",
            tooltip="Look at the highlighted experiment's curves and log",
            show=False,
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
        names: Sequence[str] = ALL,
        narrow: Sequence[str] = ALL,
        order: Literal["id", "metric"] = "id",
    ) -> None:
        super().__init__(id=identifier, cursor_type="row", zebra_stripes=True)
        self._wide, self._narrow = tuple(names), tuple(narrow)
        self._names = self._wide
        self._placed: str | None = None
        self._order: str = order
        self._reverse = order == "id"
        self._filter = ""
        self._cells: dict[str, tuple[Text, ...]] = {}
        # Cells that were made, and of what: making them anew takes most of a sort's time.
        self._made: dict[str, tuple[ExperimentRecord, bool, tuple[Text, ...]]] = {}
        # No list that is given is this one, so the first is always shown.
        self._given: tuple[Sequence[ExperimentRecord], frozenset[str], str | None] = (
            [],
            frozenset(),
            None,
        )
        self.border_title = "Experiments"

    def on_mount(self) -> None:
        """Lay out the columns."""
        self._lay_out()

    def on_resize(self) -> None:
        """Leave columns out where there is no room for them."""
        names = self._wide if self.size.width >= _ROOM_FOR_FEW else self._narrow
        if names != self._names:
            self._names = names
            self.clear(columns=True)
            self._cells, self._made = {}, {}
            self._lay_out()
            self._show()

    def show(
        self, records: Sequence[ExperimentRecord], marked: frozenset[str], selected: str | None
    ) -> None:
        """Show the experiments; cells that are as they were are not touched.

        Args:
            records: all of them.
            marked: the ids of those marked for overlaid curves.
            selected: the id of the selected one.
        """
        if records is self._given[0] and (marked, selected) == self._given[1:]:
            return
        self._given = (records, marked, selected)
        self._show()

    def _show(self) -> None:
        records, marked, selected = self._given
        wanted = [record for record in records if self._passes(record)]
        wanted.sort(key=COLUMNS[self._order][1], reverse=self._reverse)
        if [record.id for record in wanted] != list(self._cells):
            self._rebuild(wanted, marked)
            self._placed = None
        else:
            self._refresh_cells(wanted, marked)
        self._place_cursor(selected)
        arrow = "↓" if self._reverse else "↑"
        shown = f"{len(wanted)} of {len(records)}" if self._filter else f"{len(records)}"
        self.border_subtitle = f"{shown} · sorted by {COLUMNS[self._order][0]} {arrow}" + (
            f" · filter: {self._filter}" if self._filter else ""
        )

    def sort_by_next(self) -> None:
        """Sort by the next column."""
        place = self._names.index(self._order) if self._order in self._names else -1
        self._sort(self._names[(place + 1) % len(self._names)])

    def reverse(self) -> None:
        """Sort the other way round."""
        self._reverse = not self._reverse
        self._show()

    def filter(self, text: str) -> None:
        """Show only experiments that hold every word of a text.

        Args:
            text: words, in any order; empty shows all.
        """
        self._filter = text.strip()
        self._show()

    def on_data_table_header_selected(self, event: DataTable.HeaderSelected) -> None:
        """Sort by the clicked column, and the other way round at the second click."""
        if event.column_key.value == self._order:
            self.reverse()
        else:
            self._sort(str(event.column_key.value))

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Pass the selection on, when a person made it."""
        event.stop()
        # While rows are laid out anew the cursor passes over others, which nobody chose.
        if self.has_focus and event.row_key.value == self._under_cursor():
            self._choose(event.row_key.value)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Pass on that the row is to be opened."""
        event.stop()
        self.post_message(self.Opened())

    def on_focus(self) -> None:
        """Who comes back from the filter acts on what is highlighted."""
        self._choose(self._under_cursor())

    @property
    def is_bare(self) -> bool:
        """Whether no row is shown, as by a filter that nothing passes."""
        return not self._cells

    def _under_cursor(self) -> str | None:
        keys = list(self._cells)
        return keys[self.cursor_row] if 0 <= self.cursor_row < len(keys) else None

    def _choose(self, experiment: str | None) -> None:
        if experiment is not None and experiment != self._given[2]:
            self._placed = experiment
            self.post_message(self.Selected(experiment))

    def _place_cursor(self, selected: str | None) -> None:
        """Put the cursor on the selected row, unless it was put there before and has moved on."""
        if selected == self._placed or selected not in self._cells:
            return
        self._placed = selected
        row = self.get_row_index(selected)
        if row != self.cursor_row:
            self.move_cursor(row=row)

    def _lay_out(self) -> None:
        for name in self._names:
            self.add_column(COLUMNS[name][0], key=name, width=len(COLUMNS[name][0]))

    def _sort(self, name: str) -> None:
        self._order, self._reverse = name, False
        self._show()

    def _passes(self, record: ExperimentRecord) -> bool:
        if not self._filter:
            return True
        weights = record.spec.weights if isinstance(record.spec, ExperimentSpec) else ""
        text = f"{record.id} {record.name} {record.status} {weights} {moment(record.queued)}"
        return all(word in text.lower() for word in self._filter.lower().split())

    def _rebuild(self, records: Sequence[ExperimentRecord], marked: frozenset[str]) -> None:
        self.clear()
        self._cells = {record.id: self._row(record, record.id in marked) for record in records}
        # The table's own measuring comes after the first paint, whose cut-off cells it keeps.
        for column, width in zip(self.ordered_columns, self._widths(), strict=True):
            column.width = width
        for key, cells in self._cells.items():
            self.add_row(*cells, key=key)

    def _widths(self) -> list[int]:
        """How wide each column must be for its heading and all its cells."""
        headings = [len(COLUMNS[name][0]) for name in self._names]
        rows = ([cell.cell_len for cell in cells] for cells in self._cells.values())
        return [max(widths) for widths in zip(headings, *rows, strict=True)]

    def _refresh_cells(self, records: Sequence[ExperimentRecord], marked: frozenset[str]) -> None:
        has_changed = False
        for record in records:
            cells = self._row(record, record.id in marked)
            if cells is self._cells[record.id]:
                continue
            for name, new, old in zip(self._names, cells, self._cells[record.id], strict=True):
                if new != old:
                    self.update_cell(record.id, name, new)
            self._cells[record.id] = cells
            has_changed = True
        if has_changed and self._widths() != [column.width for column in self.ordered_columns]:
            self._rebuild(records, marked)
            self._placed = None

    def _row(self, record: ExperimentRecord, is_marked: bool) -> tuple[Text, ...]:
        made = self._made.get(record.id)
        if made is None or made[0] is not record or made[1] != is_marked:
            cells = tuple(cell(name, record, is_marked) for name in self._names)
            made = self._made[record.id] = (record, is_marked, cells)
        return made[2]
