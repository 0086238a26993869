"""The trials of a search as a table."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable

Cells = tuple[Text, ...]


class TrialsTable(DataTable[Text]):
    """One row a trial; the highlighted one can be promoted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select_cursor",
            "promote",
            id="trial.promote",
            tooltip="Run the highlighted trial as an experiment; its spec is shown first",
        )
    ]

    class Chosen(Message):
        """The cursor stands on another trial.

        Args:
            trial: its id.
        """

        def __init__(self, trial: str) -> None:
            super().__init__()
            self.trial = trial

    class Promoted(Message):
        """The highlighted trial is to be run as an experiment.

        Args:
            trial: its id.
        """

        def __init__(self, trial: str) -> None:
            super().__init__()
            self.trial = trial

    def __init__(self) -> None:
        super().__init__(id="trials", cursor_type="row", zebra_stripes=True)
        self._heading: tuple[str, ...] = ()
        self._rows: dict[str, Cells] = {}
        self._widths: list[int] = []

    def show(self, heading: tuple[str, ...], rows: Sequence[tuple[str, Cells]]) -> None:
        """Show the trials; cells that are as they were are not touched, the cursor stays.

        Args:
            heading: the columns.
            rows: each trial's id and its cells.
        """
        found = dict(rows)
        widths = [
            max(len(name), *(row[place].cell_len for row in found.values()), 0)
            for place, name in enumerate(heading)
        ]
        same_start = list(found)[: len(self._rows)] == list(self._rows)
        if heading != self._heading or widths != self._widths or not same_start:
            self._lay_out(heading, widths, found)
        else:
            self._renew(found)
        self._rows = found

    def _lay_out(self, heading: tuple[str, ...], widths: list[int], rows: dict[str, Cells]) -> None:
        chosen = self.chosen
        self._heading, self._widths = heading, widths
        with self.app.batch_update():
            self.clear(columns=True)
            for name, width in zip(heading, widths, strict=True):
                self.add_column(name, width=width)
            for key, cells in rows.items():
                self.add_row(*cells, key=key)
            if chosen in rows:
                self.move_cursor(row=list(rows).index(chosen))

    def _renew(self, rows: dict[str, Cells]) -> None:
        columns = [column.key for column in self.ordered_columns]
        for key, cells in rows.items():
            known = self._rows.get(key)
            if known is None:
                self.add_row(*cells, key=key)
            elif known != cells:
                for column, cell in zip(columns, cells, strict=True):
                    self.update_cell(key, column, cell)

    def on_resize(self) -> None:
        """Keep the row in sight that keys act on."""
        self.call_after_refresh(lambda: self.move_cursor(row=self.cursor_row, scroll=True))

    @property
    def chosen(self) -> str | None:
        """The highlighted trial's id."""
        known = list(self._rows)
        return known[self.cursor_row] if 0 <= self.cursor_row < len(known) else None

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Pass on which trial is pointed out."""
        event.stop()
        if event.row_key.value is not None:
            self.post_message(self.Chosen(event.row_key.value))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Pass on that it is to be run."""
        event.stop()
        if event.row_key.value is not None:
            self.post_message(self.Promoted(event.row_key.value))
