"""A widget that is drawn in characters, and only anew when its picture or its size has changed."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from app.presentation.canvas import Run


class Drawn(Widget):
    """Keeps its lines until something about them changes.

    Args:
        identifier: the widget's id.
    """

    def __init__(self, identifier: str | None = None) -> None:
        super().__init__(id=identifier)
        self._drawn: tuple[object, ...] = ()
        self._strips: list[Strip] = []

    @property
    def picture(self) -> object:
        """What is shown; equal when it looks the same, None while there is nothing."""
        raise NotImplementedError

    def rows(self) -> Sequence[Sequence[Run]]:
        """The lines, as stretches of text and their styles; asked while there is a picture."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw anew with the next frame.

        A widget that is only refreshed says so when it has nothing else to do. That is too late for
        the frame that shows the key which it follows, and the one after may be 33 ms away.
        """
        self.refresh()
        self._check_refresh()

    def render_line(self, y: int) -> Strip:
        """One row of the chart."""
        base, width = self.rich_style, self.size.width
        wanted = (self.picture, self.size, base)
        if wanted != self._drawn:
            self._drawn = wanted
            rows = self.rows() if self.picture is not None else ()
            self._strips = [
                Strip([Segment(text, base + Style.parse(ink)) for text, ink in row])
                .adjust_cell_length(width, base)
                for row in rows
            ]  # fmt: skip
        return self._strips[y] if y < len(self._strips) else Strip.blank(width, base)
