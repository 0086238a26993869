"""Curves over epochs, in characters."""

from rich.text import Text

from app.presentation.canvas import Run
from app.presentation.drawing import drawn
from app.presentation.picture import Picture, legend
from app.widgets.drawn import Drawn

# The border's corners, and a space at either end of what stands in it.
_BORDER = 6
_ROWS_A_LEGEND = 5


class CurveChart(Drawn):
    """A chart, drawn again only when something about it, or its size, has changed.

    Args:
        identifier: its id.
        is_chosen_by_focus: whether it takes the focus.
    """

    def __init__(self, identifier: str, is_chosen_by_focus: bool = False) -> None:
        super().__init__(identifier)
        self.can_focus = is_chosen_by_focus
        self._shown: Picture | None = None

    def show(self, picture: Picture) -> None:
        """Draw.

        Args:
            picture: what; nothing is done when it is shown already.
        """
        if picture != self._shown:
            self._shown = picture
            self.border_title = Text(picture.title)
            self._name_curves(picture)
            self.redraw()

    def on_resize(self) -> None:
        """The curves' names may fit in another place."""
        if self._shown is not None:
            self._name_curves(self._shown)

    @property
    def picture(self) -> Picture | None:
        return self._shown

    def rows(self) -> list[tuple[Run, ...]]:
        assert self._shown is not None
        width, height = self.size
        names = self._legend_rows(self._shown)
        return [*names, *drawn(self._shown, width, height - len(names))]

    def _name_curves(self, picture: Picture) -> None:
        """Name the curves in the border, where they fit; it costs no room."""
        names = Text(no_wrap=True)
        if self._fits_in_border(picture):
            for text, ink in legend(picture):
                names.append(f" {text} ", ink)
        self.border_subtitle = names if picture.series else picture.hint

    def _fits_in_border(self, picture: Picture) -> bool:
        return sum(len(text) + 2 for text, _ in legend(picture)) <= self.size.width + 2 - _BORDER

    def _legend_rows(self, picture: Picture) -> list[tuple[Run, ...]]:
        """The curves' names in as many rows as there is room for; what does not fit is counted."""
        if not picture.series or self._fits_in_border(picture):
            return []
        width, most = self.size.width, max(1, self.size.height // _ROWS_A_LEGEND)
        entries = legend(picture)
        rows: list[list[Run]] = [[]]
        for number, (text, ink) in enumerate(entries):
            left = len(entries) - number
            rest = f" +{left} more"
            used = sum(len(one) for one, _ in rows[-1])
            needed = len(text) + 2
            # The last row keeps room for the count of those that follow.
            spare = len(rest) if len(rows) == most and left > 1 else 0
            if used + needed + spare > width and len(rows) < most:
                rows.append([])
            elif used + needed + spare > width:
                rows[-1].append((rest, "dim"))
                break
            rows[-1].append((f" {text} ", ink))
        return [tuple(row) for row in rows]
