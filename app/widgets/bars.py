"""Horizontal bars with their counts."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from app.palette import series_style

_MOST = 500
_BINS = 8
_NAME_WIDTH = 18


class Bars(VerticalScroll):
    """One bar a name.

    Args:
        identifier: the widget's id.
        title: what is counted.
    """

    def __init__(self, identifier: str, title: str) -> None:
        super().__init__(id=identifier)
        self.border_title = title
        self._counts: Sequence[tuple[str, int]] = ()
        self._total = 1

    def compose(self) -> ComposeResult:
        """One text that holds all bars."""
        yield Static()

    def show(self, counts: Sequence[tuple[str, int]], total: int) -> None:
        """Draw the bars, as long as the widget is wide.

        Args:
            counts: name and count.
            total: of how many; those that bear several names count once.
        """
        self._counts, self._total = counts, max(total, 1)
        self._draw()

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        self._draw()

    def _draw(self) -> None:
        shown = self._counts[:_MOST]
        if not shown:
            return
        most = max(max(count for _, count in shown), 1)
        most_width = max(_NAME_WIDTH, self.size.width // 3)
        width = min(max(cell_len(name) for name, _ in shown), most_width)
        room = max(self.size.width - width - 18, 4)
        text = Text(no_wrap=True)
        for name, count in shown:
            text.append(f"{_fitted(name, width)} ")
            text.append("█" * max(1 if count else 0, round(room * count / most)), series_style(0))
            text.append(f" {count:,} ({count / self._total:.0%})\n", "dim")
        if len(self._counts) > len(shown):
            text.append(f"and {len(self._counts) - len(shown)} more", "dim")
        self.query_one(Static).update(text)


def _fitted(name: str, width: int) -> str:
    """A name on the right of so many cells, with a mark where it is cut off."""
    length = cell_len(name)
    return set_cell_size(name, width - 1) + "…" if length > width else " " * (width - length) + name


def size_bins(sizes: Sequence[tuple[int, int, int]]) -> tuple[tuple[str, int], ...]:
    """Image sizes as a histogram of the longer side.

    Args:
        sizes: width, height and how many images have them.

    Returns:
        Label and count; one bar a side when there are few different ones.
    """
    sides: dict[int, int] = {}
    for width, height, count in sizes:
        sides[max(width, height)] = sides.get(max(width, height), 0) + count
    if len(sides) <= _BINS:
        return tuple((str(side), sides[side]) for side in sorted(sides))
    low, high = min(sides), max(sides)
    step = -(-(high - low + 1) // _BINS)
    bins = [0] * _BINS
    for side, count in sides.items():
        bins[(side - low) // step] += count
    return tuple(
        (f"{low + step * number}-{low + step * (number + 1) - 1}", count)
        for number, count in enumerate(bins)
    )
