"""A table of which only the visible rows are made, however many there are."""

from itertools import accumulate
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.widgets.cells import Cell

_GAP = 1
_CACHED = 512
_BOLD = Style(bold=True)


class VirtualTable(ScrollView, can_focus=True):
    """Rows under a heading that stays; a cursor that is a row. Subclasses make the rows.

    Args:
        identifier: the widget's id.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--header", "table--cursor", "table--stripe"}
    # How many columns say what a row is, and stay where the others are scrolled.
    KEPT: ClassVar[int] = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "up", id="table.up", tooltip="One row up", show=False),
        Binding("down", "move(1)", "down", id="table.down", tooltip="One row down", show=False),
        Binding(
            "pageup", "page(-1)", "page up", id="table.page_up", tooltip="A page up", show=False
        ),
        Binding(
            "pagedown",
            "page(1)",
            "page down",
            id="table.page_down",
            tooltip="A page down",
            show=False,
        ),
        Binding("home", "first", "first", id="table.first", tooltip="To the first row", show=False),
        Binding("end", "last", "last", id="table.last", tooltip="To the last row", show=False),
    ]

    def __init__(self, identifier: str) -> None:
        super().__init__(id=identifier)
        self.cursor_row = 0
        self._columns: list[tuple[str, int]] = []
        self._strips: LRUCache[object, tuple[Strip, bool]] = LRUCache(_CACHED)

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    @property
    def empty_text(self) -> str:
        """What is said where there is no row."""
        return ""

    def row_cells(self, row: int) -> tuple[Cell, ...] | str:
        """A row's cells, or a text that goes through all columns.

        Args:
            row: from 0.
        """
        raise NotImplementedError

    def row_key(self, row: int) -> object:
        """What a row's looks depend on, so that one that was made before can be shown again.

        Args:
            row: from 0.
        """
        raise NotImplementedError

    def cursor_moved(self) -> None:
        """A person has moved the cursor."""

    def row_opened(self) -> None:
        """A person has clicked the row the cursor is on."""

    def header_clicked(self, column: int) -> None:
        """A person has clicked a column's title.

        Args:
            column: from 0.
        """

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns' titles."""
        return tuple(title for title, _ in self._columns)

    def get_row_at(self, row: int) -> list[str]:
        """What a row says, column by column.

        Args:
            row: from 0.
        """
        cells = self.row_cells(row)
        return [cells] if isinstance(cells, str) else [cell.text for cell in cells]

    def set_columns(self, columns: list[tuple[str, int]]) -> None:
        """Lay out the columns.

        Args:
            columns: titles and widths.
        """
        if columns != self._columns:
            self._columns = columns
            self._strips.clear()
            self.refresh()

    def rows_changed(self) -> None:
        """Other rows, or as many others: lay out anew and paint what is visible."""
        # Behind the last column nothing needs to be told apart.
        width = sum(width + 2 * _GAP for _, width in self._columns) - _GAP
        self.virtual_size = Size(width, self.row_count + 1)
        self.cursor_row = max(0, min(self.cursor_row, self.row_count - 1))
        self.refresh()

    def move_cursor(self, row: int) -> None:
        """Put the cursor on a row, and show it.

        Args:
            row: from 0; what lies outside is the nearest there is.
        """
        row = max(0, min(row, self.row_count - 1))
        before, self.cursor_row = self.cursor_row, row
        height = max(1, self.scrollable_content_region.height - 1)
        top = self.scroll_offset.y
        if row < top:
            self.scroll_to(y=row, animate=False, force=True, immediate=True)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False, force=True, immediate=True)
        else:
            self._refresh_row(before)
        self._refresh_row(row)

    def _refresh_row(self, row: int) -> None:
        y = row + 1 - self.scroll_offset.y
        self.refresh(Region(0, y, max(self.virtual_size.width, self.size.width), 1))

    def action_move(self, by: int) -> None:
        self._move_by_hand(self.cursor_row + by)

    def action_page(self, by: int) -> None:
        page = max(1, self.scrollable_content_region.height - 2)
        self._move_by_hand(self.cursor_row + by * page)

    def action_first(self) -> None:
        self._move_by_hand(0)

    def action_last(self) -> None:
        self._move_by_hand(self.row_count - 1)

    def action_scroll_right(self) -> None:
        """Scroll by a column."""
        self._scroll_to_column(next((x for x in self._edges if x > self.scroll_offset.x), None))

    def action_scroll_left(self) -> None:
        """Scroll back by a column."""
        before = (x for x in reversed(self._edges) if x < self.scroll_offset.x)
        self._scroll_to_column(next(before, None))

    def _scroll_to_column(self, x: int | None) -> None:
        if x is not None:
            self.scroll_to(x=x, animate=False, force=True, immediate=True)

    @property
    def _ends(self) -> list[int]:
        """Where each column ends."""
        return list(accumulate(width + 2 * _GAP for _, width in self._columns))

    @property
    def _kept(self) -> int:
        """How wide the columns are that stay."""
        return sum(width + 2 * _GAP for _, width in self._columns[: self.KEPT])

    @property
    def _edges(self) -> list[int]:
        """How far to scroll until a column stands right behind those that stay."""
        return [0, *(end - self._kept for end in self._ends[self.KEPT : -1])]

    def _move_by_hand(self, row: int) -> None:
        self.move_cursor(row)
        self.cursor_moved()

    def on_click(self, event: events.Click) -> None:
        """Sort by a title; choose a row, or open it when it is chosen already."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            scrolled = self.scroll_offset.x if offset.x >= self._kept else 0
            column = self._column_at(offset.x + scrolled)
            if column is not None:
                self.header_clicked(column)
            return
        row = offset.y - 1 + self.scroll_offset.y
        if row >= self.row_count:
            return
        if row == self.cursor_row:
            self.row_opened()
        else:
            self._move_by_hand(row)

    def _column_at(self, x: int) -> int | None:
        return next((number for number, end in enumerate(self._ends) if x < end), None)

    def on_resize(self) -> None:
        """Keep the row in sight that keys act on."""
        self.call_after_refresh(lambda: self.move_cursor(self.cursor_row))

    def notify_style_update(self) -> None:
        """Other colours: nothing that was made holds."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """One line: the heading, or a row below it."""
        left, top = self.scroll_offset
        width, row = self.scrollable_content_region.width, top + y - 1
        if y == 0:
            style = self.get_component_rich_style("table--header")
            strip = self._strip(tuple(Cell(title) for title, _ in self._columns), style, width)
        elif row < self.row_count:
            strip, is_across = self._row_strip(row, width)
            if is_across:
                # It has no part in the columns that are scrolled.
                return strip
        else:
            text = self.empty_text if self.row_count == 0 and y == 2 else ""
            return self._strip(set_cell_size(f"  {text}", width), self.rich_style, width)
        if not left:
            return strip.crop(0, width)
        kept = self._kept
        return Strip.join([strip.crop(0, kept), strip.crop(left + kept, left + width)])

    def _row_strip(self, row: int, width: int) -> tuple[Strip, bool]:
        """A row, and whether it is one text across all columns."""
        is_under_cursor = row == self.cursor_row
        key = (self.row_key(row), is_under_cursor and self.has_focus, is_under_cursor, row % 2)
        made = self._strips.get(key)
        if made is not None:
            length, is_across = made[0].cell_length, made[1]
            if length == width or (length > width and not is_across):
                return made
        name = "cursor" if is_under_cursor else "stripe"
        has_own = is_under_cursor or row % 2
        style = self.get_component_rich_style(f"table--{name}") if has_own else self.rich_style
        cells = self.row_cells(row)
        if is_under_cursor and self.has_focus and not isinstance(cells, str):
            # On the cursor's colour others can't be read.
            cells = tuple(cell._replace(style="") for cell in cells)
        made = self._strips[key] = self._strip(cells, style, width), isinstance(cells, str)
        return made

    def _strip(self, cells: tuple[Cell, ...] | str, style: Style, width: int) -> Strip:
        if isinstance(cells, str):
            return Strip([Segment(_fitted(Cell(cells), width), style + _BOLD)], width)
        segments, length, gap = [], 0, " " * _GAP
        for cell, (_, room) in zip(cells, self._columns, strict=True):
            text = _fitted(cell, room)
            own = style + Style.parse(cell.style) if cell.style else style
            segments.append(Segment(f"{gap}{text}{gap}", own))
            length += room + 2 * _GAP
        if length < width:
            segments.append(Segment(" " * (width - length), style))
        return Strip(segments, max(length, width))


def _fitted(cell: Cell, room: int) -> str:
    """A cell's text in its column, with a mark where it is cut off."""
    length = cell_len(cell.text)
    if length > room:
        return set_cell_size(cell.text, max(0, room - 1)) + "…" if room else ""
    space = " " * (room - length)
    return space + cell.text if cell.right else cell.text + space
