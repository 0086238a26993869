"""The notebook can't be read: what happened, and the way out."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.presentation.text import error_lines
from app.widgets.keys import Keys
from engine.errors import UserError


class ProblemScreen(ModalScreen[None]):
    """Shown until the notebook can be read again.

    Args:
        problem: why it can't.
        desk: the line to the service.
    """

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "r",
            "restore",
            "restore the last good copy",
            id="problem.restore",
            tooltip="Set the damaged file aside, untouched, and go on from the last good copy",
        ),
        Binding("q", "app.quit", "quit", id="problem.quit", tooltip="Leave everything as it is"),
    ]

    def __init__(self, problem: UserError, desk: Desk) -> None:
        super().__init__()
        self._problem = problem
        self._desk = desk

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = "The notebook can't be read"
            yield Static("\n\n".join(error_lines(self._problem)), markup=False)
        yield Keys(show_command_palette=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the copy only where there is one."""
        return action != "restore" or getattr(self._problem, "last_good", None) is not None

    def action_restore(self) -> None:
        def told(aside: str) -> None:
            self.app.notify(f"The damaged file is kept as {aside}.", timeout=15)

        self._desk.ask(self._desk.service.restore_last_good, told)
