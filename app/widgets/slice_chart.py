"""A search's trials over its axes, a small chart for each."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Container

from app.presentation.canvas import Run
from app.presentation.slices import Slice, drawn_slice
from app.widgets.drawn import Drawn

_MOST = 6
_LEAST_WIDTH, _LEAST_HEIGHT = 25, 8
_MARKS = "★ best · ◆ highlighted · ○ runs · ✗ failed"


class SliceChart(Drawn):
    """Scores over one axis; drawn again only when something has changed."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: Slice | None = None

    def show(self, one: Slice) -> None:
        """Draw.

        Args:
            one: the trials over an axis; nothing is done when they are shown already.
        """
        if one != self._shown:
            self._shown = one
            self.border_title = one.path
            self.refresh()

    @property
    def picture(self) -> Slice | None:
        return self._shown

    def rows(self) -> Sequence[Sequence[Run]]:
        assert self._shown is not None
        return drawn_slice(self._shown, *self.size)


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
