"""Rows of an error analysis, each with its picture."""

from collections.abc import Collection

from rich.text import Text
from textual.coordinate import Coordinate
from textual.widgets import DataTable

from app.presentation.errors import Listing, first_cell
from engine.competition.findings import Exhibit


class ListingTable(DataTable[Text]):
    """A list of rows; those that new specs leave out of training bear a cross."""

    def __init__(self) -> None:
        super().__init__(id="rows", cursor_type="row", zebra_stripes=True)
        self.listing: Listing | None = None
        self._left_out: frozenset[str] = frozenset()

    def show(self, listing: Listing | None) -> None:
        """Show another list, from its first row on.

        Args:
            listing: the rows, and their pictures; None where there is none to act on.
        """
        self.listing = listing
        self.clear(columns=True)
        if listing is None:
            return
        self.add_columns(*listing.heading)
        for one, (first, *cells) in zip(listing.exhibits, listing.rows, strict=True):
            self.add_row(first_cell(first, one.id, self._left_out), *map(Text, cells))
        self.border_title = Text(listing.title)
        self.border_subtitle = "t: other list" if listing.rows else "none: t shows other lists"

    def cross_out(self, left_out: Collection[str]) -> None:
        """Put a cross before what is left out of training.

        Args:
            left_out: ids of these images, of this list and of others.
        """
        if (now := frozenset(left_out)) == self._left_out:
            return
        self._left_out = now
        if self.listing is None:
            return
        for row, one in enumerate(self.listing.exhibits):
            cell = first_cell(self.listing.rows[row][0], one.id, now)
            self.update_cell_at(Coordinate(row, 0), cell, update_width=True)

    @property
    def exhibit(self) -> Exhibit | None:
        """The highlighted row's picture."""
        if self.listing is None or not self.listing.exhibits:
            return None
        return self.listing.exhibits[min(self.cursor_row, len(self.listing.exhibits) - 1)]
