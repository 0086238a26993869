"""Loss curves in characters."""

import math
from typing import NamedTuple

from rich.text import Text
from textual_plotext import PlotextPlot

from app.palette import SERIES, series_style
from app.presentation.curves import Series, decimated, linear_ticks, log_ticks

_GRAY = (110, 110, 120)
_SMALLEST = 1e-7
_ROWS_A_TICK = 3


class Curves(NamedTuple):
    """All that a chart shows; equal when the pictures are."""

    title: str
    series: tuple[Series, ...]
    log_scale: bool
    gate: float | None
    borders: tuple[int, ...]
    ticks: tuple[tuple[int, str], ...]
    hint: str


class CurveChart(PlotextPlot):  # type: ignore[misc] # textual-plotext ships no types
    """Curves over epochs, drawn again only when something about them has changed."""

    def __init__(self, identifier: str) -> None:
        super().__init__(id=identifier)
        self._shown: Curves | None = None

    def show(
        self,
        title: str,
        series: tuple[Series, ...],
        log_scale: bool,
        gate: float | None = None,
        borders: tuple[int, ...] = (),
        ticks: tuple[tuple[int, str], ...] = (),
        hint: str = "",
    ) -> None:
        """Draw.

        Args:
            title: what the curves are of.
            series: the curves.
            log_scale: whether the vertical axis is logarithmic.
            gate: a value to draw a line at.
            borders: epochs to draw a line at.
            ticks: epochs to name, and their names; round epochs by default.
            hint: what to say while there is no curve.
        """
        wanted = Curves(title, series, log_scale, gate, borders, ticks, hint)
        if wanted == self._shown:
            return
        self._shown = wanted
        legend = Text(no_wrap=True)
        for one in series:
            mark = "●" if one.dotted else "━"
            legend.append(f" {mark} {one.label}", series_style(one.color))
            legend.append(f" {one.values[-1]:.4f} ")
        self.border_title = title
        self.border_subtitle = legend if series else hint
        self._draw(wanted)
        self.refresh()

    def _draw(self, curves: "Curves") -> None:
        plot, series, log_scale, gate = self.plt, curves.series, curves.log_scale, curves.gate
        plot.clear_figure()
        plot.xaxes(True, False)
        plot.yaxes(True, False)
        if not series:
            plot.xticks([])
            plot.yticks([])
            return
        values = [max(value, _SMALLEST) for one in series for value in one.values]
        low, high = min(values), max(values)
        if gate is not None and (log_scale or low < 10 * gate):
            low = min(low, gate)
            plot.hline(self._scaled(gate, log_scale), color=_GRAY)
        for one in (decimated(one, max(self.size.width, 40)) for one in series):
            points = [self._scaled(value, log_scale) for value in one.values]
            color = SERIES[one.color % len(SERIES)]
            plot.plot(one.epochs, points, color=color, marker="braille")
            if one.dotted and len(one.values) <= self.size.width // 2:
                plot.scatter(one.epochs, points, color=color, marker="●")
        for border in curves.borders:
            plot.vline(border - 0.5, color=_GRAY)
        self._ticks(low, high, max(one.epochs[-1] for one in series), log_scale)
        if curves.ticks:
            plot.xticks([place for place, _ in curves.ticks], [name for _, name in curves.ticks])

    def _ticks(self, low: float, high: float, epochs: int, log_scale: bool) -> None:
        count = max(2, self.size.height // _ROWS_A_TICK)
        ticks = (log_ticks if log_scale else linear_ticks)(low, high, count)
        self.plt.yticks(
            [self._scaled(tick, log_scale) for tick in ticks], [f"{tick:.4g}" for tick in ticks]
        )
        across = max(2, self.size.width // 10)
        steps = [tick for tick in linear_ticks(1, max(epochs, 2), across) if tick == int(tick)]
        self.plt.xticks(steps, [str(int(tick)) for tick in steps])
        self.plt.xlim(1, max(epochs, 2))

    @staticmethod
    def _scaled(value: float, log_scale: bool) -> float:
        return math.log10(max(value, _SMALLEST)) if log_scale else value

    def on_resize(self) -> None:
        """Ticks depend on the size."""
        if self._shown:
            self._draw(self._shown)
            self.refresh()
