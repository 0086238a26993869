"""As many charts as the terminal has room for."""

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.containers import Container

from app.presentation.picture import Picture
from app.widgets.curve_chart import CurveChart

_MOST = 6
_LEAST_WIDTH, _LEAST_HEIGHT = 48, 9


def shape(width: int, height: int, wanted: int) -> tuple[int, int]:
    """Columns and rows of charts, none so small that it tells nothing.

    Args:
        width: what there is, in characters.
        height: likewise.
        wanted: how many charts there are to show.
    """
    columns = min(max(width // _LEAST_WIDTH, 1), 3, wanted)
    rows = max(height // _LEAST_HEIGHT, 1)
    rows = min(rows, -(-min(wanted, _MOST) // columns))
    # No more columns than those rows need, so that charts are as wide as they can be.
    columns = min(columns, -(-min(wanted, columns * rows) // rows))
    return columns, rows


class ChartGrid(Container):
    """A chart for each figure; of those that don't fit, the page with the chosen one."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: tuple[str, ...] = ()
        self._given: tuple[Sequence[str], str, bool, Callable[[str], Picture]] | None = None

    def compose(self) -> ComposeResult:
        yield CurveChart("chart", is_chosen_by_focus=True)
        for number in range(1, _MOST):
            yield CurveChart(f"chart-{number}", is_chosen_by_focus=True)

    def on_resize(self) -> None:
        """Another size has room for other charts."""
        if self._given is not None:
            self.show(*self._given)

    def show(
        self, figures: Sequence[str], chosen: str, is_full: bool, picture: Callable[[str], Picture]
    ) -> None:
        """Show the charts that there is room for.

        Args:
            figures: all that could be shown.
            chosen: the one that must be.
            is_full: whether it stands alone.
            picture: makes the picture of one; asked only of those that are shown.
        """
        self._given = figures, chosen, is_full, picture
        columns, rows = (1, 1) if is_full else shape(*self.size, len(figures))
        fit = min(columns * rows, _MOST)
        page = list(figures).index(chosen) // fit
        self.figures = tuple(figures[page * fit : (page + 1) * fit])
        self.styles.grid_size_columns, self.styles.grid_size_rows = columns, rows
        for number, chart in enumerate(self.query(CurveChart)):
            chart.display = number < len(self.figures)
            if chart.display:
                figure = self.figures[number]
                # The last one fills what would be empty beside it.
                is_last = number == len(self.figures) - 1
                chart.styles.column_span = columns * rows - number if is_last else 1
                chart.set_class(figure == chosen and fit > 1, "-chosen")
                chart.show(picture(figure))

    def figure_of(self, chart: CurveChart) -> str:
        """The figure that a chart shows.

        Args:
            chart: one of those that are shown.
        """
        return self.figures[list(self.query(CurveChart)).index(chart)]

    def focus_on(self, figure: str) -> None:
        """Have the focus on a figure's chart.

        Args:
            figure: one of those that are shown.
        """
        self.query(CurveChart)[self.figures.index(figure)].focus()
