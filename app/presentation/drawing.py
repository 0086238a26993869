"""A chart in characters: axes, curves, what is marked on them, and the line that reads them."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import chain, pairwise

from app.presentation.canvas import ACROSS, DOWN, Canvas, Point, Run
from app.presentation.curves import (
    Series,
    decimated,
    even_ticks,
    linear_ticks,
    log_ticks,
    tick_names,
)
from app.presentation.picture import Border, Picture, ink_of, shown_value

_GRAY = "#8a8a96"
_CROSS = "bold"
# Below this, a logarithmic axis shows nothing that matters.
_SMALLEST = 1e-7
_ROWS_A_TICK = 2.5
_COLUMNS_A_TICK = 10
_COLUMNS_A_GLYPH = 10
# How far from a point its name may stand.
_ROWS_AROUND = 4
_LEAST_WIDTH, _LEAST_HEIGHT = 16, 5


def drawn(picture: Picture, width: int, height: int) -> tuple[tuple[Run, ...], ...]:
    """Draw.

    Args:
        picture: what.
        width: in characters.
        height: in characters.

    Returns:
        The rows, each as stretches of text and their styles.
    """
    canvas = Canvas(max(width, 0), max(height, 0))
    if picture.series and width >= _LEAST_WIDTH and height >= _LEAST_HEIGHT:
        frame = _Frame(picture, canvas)
        if frame.visible:
            frame.draw()
        else:
            canvas.put(1, height // 2, f"No {picture.unit} here has been reached yet.", _GRAY)
    return canvas.runs()


class _Frame:
    """The axes of a picture, and the way from epochs and values to dots."""

    def __init__(self, picture: Picture, canvas: Canvas) -> None:
        self._picture, self._canvas = picture, canvas
        self._first, self._last = picture.window or (1, max(picture.last, 2))
        cut = (_cut(one, self._first, self._last) for one in picture.series)
        self.visible = [one for one in cut if one.values]
        self._rows = canvas.height - 2
        # Most curves have the same epochs.
        self._known_columns: dict[tuple[int, ...], list[int]] = {}

    def draw(self) -> None:
        """Draw everything, what matters most last; words only where nothing is in the way."""
        picture = self._picture
        if picture.cursor is not None and self._first <= picture.cursor <= self._last:
            self._rule(self._column(picture.cursor), "│", _CROSS)
            self._name_cursor(picture.cursor)
        self._axes()
        for border in picture.borders:
            if self._first < border.place <= self._last:
                self._rule(self._column(border.place - 0.5), "┊", _GRAY)
        self._gate()
        for one in sorted(reversed(self.visible), key=lambda one: not one.faint):
            self._curve(one)
        self._best()
        # The left edge names the phase of the first epoch in sight, whenever that began.
        begun = [n for n, border in enumerate(picture.borders) if border.place <= self._first]
        current = max(begun, default=0)
        for number, border in enumerate(picture.borders[current:]):
            self._name(number, border)

    @cached_property
    def _limits(self) -> tuple[float, float]:
        """The lowest and the highest value in sight."""
        values = [value for one in self.visible for value in one.values]
        if self._picture.log_scale:
            # A rate that ends at nothing would press all others together.
            values = [value for value in values if value > _SMALLEST] or [_SMALLEST]
        low, high = min(values), max(values)
        gate = self._picture.gate
        if gate is not None and (self._picture.log_scale or low < 10 * gate):
            low = min(low, gate)
        return low, high

    @cached_property
    def _left(self) -> int:
        """Columns before the plot itself: the values' names and the axis."""
        return max(len(name) for _, name in self._levels) + 1

    @cached_property
    def _levels(self) -> list[tuple[float, str]]:
        count = max(2, int(self._rows / _ROWS_A_TICK))
        if self._picture.log_scale:
            ticks = log_ticks(*self._limits, count)
        else:
            ticks = even_ticks(*self._limits, count)
        return list(zip(ticks, tick_names(ticks), strict=True))

    def _column(self, epoch: float) -> int:
        return self._dot_column(epoch) // ACROSS

    def _dot_column(self, epoch: float) -> int:
        return self._dot_columns((epoch,))[0]

    def _dot_columns(self, epochs: Sequence[float]) -> list[int]:
        across = (self._canvas.width - self._left) * ACROSS - 1
        start, first = self._left * ACROSS, self._first
        step = across / max(self._last - first, 1)
        return [start + round((epoch - first) * step) for epoch in epochs]

    def _dot_row(self, value: float) -> int:
        return self._dot_rows((value,))[0]

    def _dot_rows(self, values: Sequence[float]) -> list[int]:
        low, span = self._scale
        bottom = self._rows * DOWN - 1
        if not span:
            return [bottom // 2] * len(values)
        if self._picture.log_scale:
            least = self._limits[0]
            values = [math.log10(value) if value > least else low for value in values]
        step = bottom / span
        return [bottom - round((value - low) * step) for value in values]

    @cached_property
    def _scale(self) -> tuple[float, float]:
        """Where the axis begins, and how far it goes, in its own measure."""
        low, high = self._limits
        if self._picture.log_scale:
            low, high = math.log10(low), math.log10(high)
        return low, high - low

    def _axes(self) -> None:
        canvas, rows, left = self._canvas, self._rows, self._left
        for row in range(rows):
            canvas.put(left - 1, row, "│", _GRAY)
        for level, name in self._levels:
            row = self._dot_row(level) // DOWN
            if 0 <= row < rows:
                canvas.put(0, row, f"{name:>{left - 1}}┤", _GRAY)
        canvas.put(left - 1, rows, "└" + "─" * (canvas.width - left), _GRAY)
        for place, name in self._places():
            column = self._column(place)
            start = max(0, min(column - len(name) // 2, canvas.width - len(name)))
            if canvas.fits(max(start - 1, 0), rows + 1, len(name)):
                canvas.put(column, rows, "┬", _GRAY)
                canvas.put(start, rows + 1, name, _GRAY)

    def _places(self) -> list[tuple[int, str]]:
        inside = range(self._first, self._last + 1)
        if self._picture.ticks:
            return [one for one in self._picture.ticks if one[0] in inside]
        count = max(2, (self._canvas.width - self._left) // _COLUMNS_A_TICK)
        ticks = linear_ticks(self._first, self._last, count)
        return [(int(tick), str(int(tick))) for tick in ticks if tick == int(tick)]

    def _name_cursor(self, epoch: int) -> None:
        """Under the axis, before the round epochs: those that it would touch are left out."""
        label, canvas = f" {epoch} ", self._canvas
        place = min(self._column(epoch) - len(label) // 2, canvas.width - len(label))
        canvas.put(place, canvas.height - 1, label, "reverse")

    def _rule(self, column: int, stroke: str, ink: str) -> None:
        for row in range(self._rows):
            self._canvas.under(column, row, stroke, ink)

    def _gate(self) -> None:
        gate = self._picture.gate
        if gate is None or not self._limits[0] <= gate <= self._limits[1]:
            return
        row, width = self._dot_row(gate) // DOWN, self._canvas.width
        for column in range(self._left, width):
            self._canvas.under(column, row, "┄", _GRAY)

    def _curve(self, series: Series) -> None:
        # Fewer points only where there are very many: the canvas takes several a column.
        short = decimated(series, 2 * (self._canvas.width - self._left) * ACROSS)
        columns = self._known_columns.get(short.epochs)
        if columns is None:
            columns = self._known_columns[short.epochs] = self._dot_columns(short.epochs)
        points = list(zip(columns, self._dot_rows(short.values), strict=True))
        ink = ink_of(series)
        if series.loose:
            # Single dots are lost where they are far between.
            self._canvas.strew(points, ink, is_thick=len(points) * 3 < self._canvas.width)
        else:
            self._canvas.line(_stairs(points) if series.is_stepped else points, ink, series.dashed)
        if series.glyph:
            # Shifted from run to run, so that marks of curves that lie close don't hide each other.
            shift, before = series.color * 3 % _COLUMNS_A_GLYPH, -_COLUMNS_A_GLYPH
            for column, row in points:
                place = column // ACROSS
                if place - before >= _COLUMNS_A_GLYPH and place - self._left >= shift:
                    before = place
                    self._canvas.put(place, row // DOWN, series.glyph, ink)

    def _best(self) -> None:
        best = self._picture.best
        if best is None or not self._first <= best.epoch <= self._last:
            return
        column, row = self._column(best.epoch), self._dot_row(best.value) // DOWN
        self._canvas.put(column, row, "★", _CROSS)
        # In full or short, as near as there is room: far away it would name another curve.
        near = range(max(row - _ROWS_AROUND, 0), min(row + _ROWS_AROUND + 1, self._rows))
        rows = sorted(near, key=lambda one: abs(one - row))
        told = f"{best.name} {best.epoch}: {shown_value(best.value)}"
        for name in (*([told + best.note] if best.note else []), told, str(best.epoch)):
            if self._write_beside(column, rows, name):
                return

    def _write_beside(self, column: int, rows: Sequence[int], name: str) -> bool:
        for row in rows:
            for place in (column + 2, column - len(name) - 1):
                if place >= self._left and self._canvas.fits(place, row, len(name)):
                    self._canvas.put(place, row, name, _CROSS)
                    return True
        return False

    def _name(self, number: int, border: Border) -> None:
        """Name a phase where it begins; the first of those in sight at the left edge."""
        if border.place > self._last:
            return
        column = self._left if number == 0 else self._column(border.place - 0.5) + 1
        for name in border.names:
            for row in (0, self._rows - 1):
                if column > self._left - 1 and self._canvas.fits(column, row, len(name) + 1):
                    self._canvas.put(column, row, name, f"italic {_GRAY}")
                    return


def _stairs(points: Sequence[Point]) -> list[Point]:
    """The points with a corner behind each, at its height above the next."""
    corners = [(after[0], before[1]) for before, after in pairwise(points)]
    return [*chain.from_iterable(zip(points, corners, strict=False)), *points[-1:]]


def _cut(series: Series, first: int, last: int) -> Series:
    """What of a curve lies between two epochs."""
    start, end = bisect_left(series.epochs, first), bisect_right(series.epochs, last)
    if start == 0 and end == len(series.epochs):
        return series
    return series.with_points(series.epochs[start:end], series.values[start:end])
