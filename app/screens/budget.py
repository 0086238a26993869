"""How long the autopilot may take."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static

from app.looks import style
from app.presentation.text import error_lines, seconds_of
from engine.errors import UserError

_USUAL = "20m"


class BudgetScreen(ModalScreen[float | None]):
    """Asks for a length of time, such as `20m`; answers in seconds."""

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "fly", "start", id="budget.start", tooltip="Start the autopilot", priority=True
        ),
        Binding("escape", "leave", "leave", id="budget.leave", tooltip="Start nothing"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Autopilot"
            yield Static(
                "It walks the recipe from where it stands: every step is an ordinary experiment, "
                "with its reason.\nIt may take (30s, 20m, 2h ..):\n",
                markup=False,
            )
            yield Input(_USUAL, id="budget", compact=True)
            yield Static(id="verdict", markup=False)
        yield Footer(show_command_palette=False)

    def action_fly(self) -> None:
        try:
            self.dismiss(seconds_of(self.query_one(Input).value))
        except UserError as error:
            self.query_one("#verdict", Static).update("\n".join(error_lines(error)))

    def action_leave(self) -> None:
        self.dismiss(None)
