"""What to do next, and why: the recipe's moves, one of which is taken."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from app.looks import style
from app.presentation.text import about
from app.widgets.keys import Keys
from engine.recipe.moves import Move


class MovesScreen(ModalScreen[Move | None]):
    """The moves, the best on top.

    Args:
        moves: what may be done now.
    """

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave", id="moves.leave", tooltip="Do none of them"),
        Binding(
            "enter",
            "choose",
            "do it",
            id="moves.choose",
            tooltip="Do the highlighted one; a fit's spec is shown first",
            priority=True,
        ),
    ]

    def __init__(self, moves: Sequence[Move]) -> None:
        super().__init__()
        self._moves = tuple(moves)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Next best moves"
            yield Static("The best bet first; fits show their spec before they run.\n")
            yield OptionList(*(Option(_told(move)) for move in self._moves), id="moves")
        yield Keys(show_command_palette=False)

    def action_choose(self) -> None:
        place = self.query_one(OptionList).highlighted
        self.dismiss(None if place is None else self._moves[place])

    def action_leave(self) -> None:
        self.dismiss(None)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click is a choice, too."""
        self.dismiss(self._moves[event.option_index])


def _told(move: Move) -> Text:
    text = Text(move.title, "bold")
    if move.seconds is not None:
        text.append(f"  {about(move.seconds)}", "dim")
    text.append(f"\n{move.reason}\n", "not bold")
    return text
