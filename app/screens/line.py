"""One line to type, which is answered at once where it can't be taken."""

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from app.looks import style
from app.presentation.text import error_lines
from app.widgets.keys import Keys
from engine.errors import UserError

Answer = TypeVar("Answer")


class LineScreen(ModalScreen[Answer | None], Generic[Answer]):
    """Asks for a line; answers with what it means, or with None when it was left.

    Args:
        heading: what it is about.
        text: what is asked.
        usual: what the line holds at first.
        meaning: of what was typed.

    Raises:
        UserError: `meaning` may, of a line that means nothing; the dialog shows it and stays.
    """

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "take", "take", id="line.take", tooltip="Take what is typed", priority=True
        ),
        Binding("escape", "leave", "leave", id="line.leave", tooltip="Change nothing"),
    ]

    def __init__(
        self, heading: str, text: str, usual: str, meaning: Callable[[str], Answer]
    ) -> None:
        super().__init__()
        self._heading = heading
        self._text = text
        self._usual = usual
        self._meaning = meaning
        self._refused = ""

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._heading
            yield Static(f"{self._text}\n", markup=False)
            yield Input(self._usual, id="line", compact=True)
            yield Static(id="verdict", markup=False)
        yield Keys(show_command_palette=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was said of a line is not said of another one."""
        if event.value != self._refused:
            self.query_one("#verdict", Static).update("")

    def action_take(self) -> None:
        line = self.query_one(Input).value
        try:
            answer = self._meaning(line.strip())
        except UserError as error:
            self._refused = line
            self.query_one("#verdict", Static).update("\n".join(error_lines(error)))
        else:
            self.dismiss(answer)

    def action_leave(self) -> None:
        self.dismiss(None)
