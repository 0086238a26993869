"""A question before something that can't be taken back."""

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
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


def leave_if_sure(dialog: Screen[Any], question: str) -> None:
    """Ask before a dialog is left in which something was changed.

    Args:
        dialog: the dialog; it answers with None when it is left.
        question: what to ask.
    """

    def decide(is_yes: bool | None) -> None:
        if is_yes:
            dialog.dismiss(None)

    what = "What you have changed here is lost.\n\ny leaves, n goes on editing."
    dialog.app.push_screen(ConfirmScreen(question, what), decide)
