"""A question before something that can't be taken back."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from app.looks import style
from app.widgets.keys import Keys


class ConfirmScreen(ModalScreen[bool]):
    """A question that is answered with yes or no.

    Args:
        question: the question.
        consequence: what yes means.
    """

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y,enter",
            "answer(True)",
            "yes",
            key_display="y ⏎",
            id="confirm.yes",
            tooltip="Do it",
        ),
        Binding("n,escape", "answer(False)", "no", id="confirm.no", tooltip="Leave it as it is"),
    ]

    def __init__(self, question: str, consequence: str) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._question
            yield Static(self._consequence, markup=False)
        yield Keys(show_command_palette=False)

    def action_answer(self, is_yes: bool) -> None:
        self.dismiss(is_yes)
