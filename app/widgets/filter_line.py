"""Where the results' filter is typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """One line, which is kept or left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "submit",
            "keep",
            id="filter.keep",
            tooltip="Keep the filter, and go to the experiments that pass it",
        ),
        Binding(
            "escape",
            "leave",
            "leave",
            id="filter.leave",
            tooltip="Leave what is typed: the filter is the one before",
        ),
    ]

    class Left(Message):
        """What is typed is not to hold."""

    def action_leave(self) -> None:
        self.post_message(self.Left())
