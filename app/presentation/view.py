"""How charts are looked at: smoothing, folds, the epochs in sight, the epoch that is read off."""

from dataclasses import dataclass, replace

from app.presentation.figures import SMOOTHING

_LEAST_SPAN = 4


@dataclass(frozen=True)
class View:
    """The same for all charts of a screen.

    Args:
        level: how much is smoothed, a place in `SMOOTHING`.
        has_folds: whether each fold's own curve is shown behind the mean.
        window: the first and the last epoch in sight; None is all.
        cursor: the epoch whose values are read off; None is no such line.
    """

    level: int = 0
    has_folds: bool = False
    window: tuple[int, int] | None = None
    cursor: int | None = None

    @property
    def weight(self) -> float:
        """How much the moving average heeds what came before."""
        return SMOOTHING[self.level]

    def smoothed_more(self) -> "View":
        """Off, some, more, and off again."""
        return replace(self, level=(self.level + 1) % len(SMOOTHING))

    def zoomed_in(self, last: int) -> "View":
        """Half of the epochs, around the cursor, else around the middle.

        Args:
            last: the last epoch of any curve.
        """
        first, end = self.window or (1, last)
        span = max((end - first + 1) // 2, _LEAST_SPAN)
        middle = self.cursor if self.cursor is not None else (first + end) // 2
        return self._placed(middle - span // 2, span, last)

    def zoomed_out(self, last: int) -> "View":
        """Twice the epochs, up to all.

        Args:
            last: the last epoch of any curve.
        """
        first, end = self.window or (1, last)
        span = end - first + 1
        return self._placed(first - span // 2, 2 * span, last)

    def panned(self, way: int, last: int) -> "View":
        """A quarter of what is in sight to the right, or to the left.

        Args:
            way: 1 or -1.
            last: the last epoch of any curve.
        """
        if self.window is None:
            return self
        first, end = self.window
        span = end - first + 1
        return self._placed(first + way * max(span // 4, 1), span, last)

    def whole(self) -> "View":
        """All epochs."""
        return replace(self, window=None)

    def read(self, way: int, last: int) -> "View":
        """The cursor an epoch on, or back; it first stands at the end, or the beginning.

        Args:
            way: 1 or -1.
            last: the last epoch of any curve.
        """
        if last < 1:
            return self
        first, end = self.window or (1, last)
        end = min(end, last)
        if self.cursor is None or not first <= self.cursor <= end:
            return replace(self, cursor=end if way < 0 else first)
        cursor = min(max(self.cursor + way, 1), last)
        moved = replace(self, cursor=cursor)
        return moved if first <= cursor <= end else moved.panned(way, last)

    def released(self) -> "View":
        """No cursor."""
        return replace(self, cursor=None)

    def _placed(self, first: int, span: int, last: int) -> "View":
        if span >= last:
            return self.whole()
        first = min(max(first, 1), last - span + 1)
        return replace(self, window=(first, first + span - 1))
