"""A search's trials over its axes, a small chart for each."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Container
from textual.strip import Strip
from textual.widget import Widget

from app.presentation.slices import Slice, drawn_slice

_MOST = 6
_LEAST_WIDTH, _LEAST_HEIGHT = 25, 8
_MARKS = "★ best · ◆ highlighted · ○ runs · ✗ failed"


class SliceChart(Widget):
    """Scores over one axis; drawn again only when something has changed."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Slice | None = None
        self._drawn: tuple[object, ...] = ()
        self._strips: list[Strip] = []

    def show(self, one: Slice) -> None:
        """Draw.

        Args:
            one: the trials over an axis; nothing is done when they are shown already.
        """
        if one != self._shown:
            self._shown = one
            self.border_title = one.path
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of the chart."""
        wanted = (self._shown, self.size, self.rich_style)
        if wanted != self._drawn:
            self._drawn = wanted
            self._strips = self._draw()
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    def _draw(self) -> list[Strip]:
        if self._shown is None:
            return []
        base, (width, height) = self.rich_style, self.size
        return [
            Strip([Segment(text, base + Style.parse(ink)) for text, ink in row]).adjust_cell_length(
                width, base
            )
            for row in drawn_slice(self._shown, width, height)
        ]


class SliceGrid(Container):
    """As many slices as there is room for, the first ones first."""

    def __init__(self) -> None:
        super().__init__(id="slices")
        self._slices: Sequence[Slice] = ()

    def compose(self) -> ComposeResult:
        for _ in range(_MOST):
            yield SliceChart()

    def on_resize(self) -> None:
        """Another size has room for others."""
        self.show(self._slices)

    def show(self, slices: Sequence[Slice]) -> None:
        """Show slices.

        Args:
            slices: all there are, the most telling first.
        """
        self._slices = slices
        columns = min(max(self.size.width // _LEAST_WIDTH, 1), 3, max(len(slices), 1))
        rows = max(self.size.height // _LEAST_HEIGHT, 1)
        rows = min(rows, -(-len(slices) // columns) or 1)
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        fit = min(columns * rows, _MOST)
        for number, chart in enumerate(self.query(SliceChart)):
            chart.display = number < min(fit, len(slices))
            if chart.display:
                chart.show(slices[number])
        left = len(slices) - fit
        more = f" · {left} axes that matter less need more room" if left > 0 else ""
        self.border_subtitle = _MARKS + more
