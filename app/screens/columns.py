"""Which columns the results have, and in which order."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from app.looks import style
from app.presentation.column_choice import twins_of_metric
from app.presentation.listing import ALL, COLUMNS
from app.widgets.keys import Keys


class ColumnsScreen(ModalScreen[tuple[str, ...] | None]):
    """All columns, the shown ones first; answers with those to show.

    Args:
        shown: the columns shown now, in order.
        metric: what the competition scores by.
    """

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "flip",
            "show/hide",
            id="columns.toggle",
            tooltip="Show the highlighted column, or hide it",
            priority=True,
        ),
        Binding("K,shift+up", "shift(-1)", "up", id="columns.up", tooltip="Move it to the left"),
        Binding(
            "J,shift+down", "shift(1)", "down", id="columns.down", tooltip="Move it to the right"
        ),
        Binding("r", "reset", "all", id="columns.reset", tooltip="All columns, in the usual order"),
        Binding(
            "enter", "keep", "keep", id="columns.keep", tooltip="Keep and remember", priority=True
        ),
        Binding("escape", "leave", "leave", id="columns.leave", tooltip="Change nothing"),
    ]

    def __init__(self, shown: Sequence[str], metric: str) -> None:
        super().__init__()
        self._order = [*shown, *(name for name in ALL if name not in shown)]
        self._shown = set(shown)
        self._metric = metric

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Columns of the results"
            yield Static("Shown from left to right, as from top to bottom here.\n", markup=False)
            yield OptionList(*self._options(), id="columns")
        yield Keys(show_command_palette=False)

    def action_flip(self) -> None:
        place = self._place()
        self._shown ^= {self._order[place]}
        self._draw(place)

    def action_shift(self, by: int) -> None:
        place = self._place()
        to = place + by
        if 0 <= to < len(self._order):
            self._order[place], self._order[to] = self._order[to], self._order[place]
            self._draw(to)

    def action_reset(self) -> None:
        self._order, self._shown = list(ALL), set(ALL)
        self._draw(0)

    def action_keep(self) -> None:
        if not self._shown:
            self.notify("A table needs a column: space shows the highlighted one.")
            return
        self.dismiss(tuple(name for name in self._order if name in self._shown))

    def action_leave(self) -> None:
        self.dismiss(None)

    def _place(self) -> int:
        return self.query_one(OptionList).highlighted or 0

    def _draw(self, place: int) -> None:
        options = self.query_one(OptionList)
        options.set_options(self._options())
        options.highlighted = place

    def _options(self) -> list[Option]:
        shown = tuple(name for name in self._order if name in self._shown)
        twins = twins_of_metric(shown, self._metric)
        return [
            Option(
                f"{'✓' if name in self._shown else ' '} {COLUMNS[name]}"
                + (f" (the same as {twins}: shown once)" if name == "metric" and twins else ""),
                id=name,
            )
            for name in self._order
        ]
