"""Submissions as a table."""

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import DataTable

from app.presentation.submitted import HEADING, Find, submitted_row
from engine.experiment.ledger import Submitted
from engine.submission.kept import Kept


class SubmissionsTable(DataTable[Text]):
    """One row a submission, the newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "select_cursor",
            "leaderboard score",
            id="submission.score",
            tooltip="Note what the leaderboard shows for the highlighted submission",
        )
    ]

    class Chosen(Message):
        """The cursor stands on another submission."""

    class Scored(Message):
        """The highlighted submission's score is to be noted."""

    def __init__(self) -> None:
        super().__init__(id="submissions", cursor_type="row", zebra_stripes=True)
        self.border_title = "Submissions"
        self._entries: tuple[Submitted, ...] = ()

    def show(self, entries: tuple[Submitted, ...], find: Find, kept: Mapping[int, Kept]) -> None:
        """Show the ledger; the cursor stays on its submission.

        Args:
            entries: oldest first.
            find: an experiment by its id.
            kept: what became of their CSVs, by their numbers.
        """
        chosen, grown = self.chosen, len(entries) - len(self._entries)
        self._entries = tuple(reversed(entries))
        self.clear(columns=True)
        self.add_columns(*HEADING)
        for one in self._entries:
            self.add_row(*submitted_row(one, find, kept[one.number]), key=str(one.number))
        numbers = [one.number for one in self._entries]
        # What was just written is what one comes here for.
        if chosen is not None and chosen.number in numbers and grown <= 0:
            self.move_cursor(row=numbers.index(chosen.number))

    @property
    def chosen(self) -> Submitted | None:
        """The highlighted submission."""
        row = self.cursor_row
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Pass on that another is pointed out."""
        event.stop()
        self.post_message(self.Chosen())

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Pass on that its score is to be noted."""
        event.stop()
        self.post_message(self.Scored())
