"""A message that stays until it is dismissed."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from app.looks import style
from app.widgets.keys import Keys


class MessageScreen(ModalScreen[None]):
    """A title and a text.

    Args:
        heading: the title.
        text: the text; what it says is no markup.
    """

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,enter,q",
            "dismiss",
            "close",
            id="message.close",
            tooltip="Close this message",
            key_display="esc",
        )
    ]

    def __init__(self, heading: str, text: str | Text) -> None:
        super().__init__()
        self._heading = heading
        self._text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = self._heading
            yield Static(self._text, markup=False)
        yield Keys(show_command_palette=False)
