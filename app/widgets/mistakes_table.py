"""What is taken for what, with cells that can be entered."""

from rich.text import Text
from textual.coordinate import Coordinate
from textual.widgets import DataTable

from app.presentation.mistakes import Cell, Mistakes


class MistakesTable(DataTable[Text]):
    """A confusion matrix, or how each label fares."""

    def __init__(self) -> None:
        super().__init__(id="matrix", cursor_type="cell")
        self.border_title = "Confusion"
        self._cells: tuple[tuple[Cell | None, ...], ...] = ()

    def show(self, shown: Mistakes) -> None:
        """Show other mistakes, the cursor on the first cell that lists anything.

        Args:
            shown: the table, and what its cells list.
        """
        self._cells = shown.cells
        self.clear(columns=True)
        self.add_columns(*map(Text, shown.heading))
        self.fixed_columns = shown.names
        self.add_rows(shown.rows)
        first = next((place for place, one in enumerate(shown.cells[0]) if one is not None), 0)
        self.move_cursor(column=first)
        self.border_title, self.border_subtitle = Text(shown.above), Text(shown.below)

    def listed_by(self, place: Coordinate) -> Cell | None:
        """What a cell lists.

        Args:
            place: its row and column.

        Returns:
            The rows in words; None where it lists none.
        """
        return self._cells[place.row][place.column]
