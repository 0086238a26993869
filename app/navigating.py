"""The ways between the main screens."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import AwaitMount

from app.screens.station import Station
from app.styling import StyledInParts
from app.turns import InTurn

HOME = "recipe"


class Navigating(StyledInParts, InTurn):
    """Goes to a main screen by its key, and one step back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "view('recipe')", "Recipe", id="view.recipe", tooltip="Recipe", show=False),
        Binding("2", "view('live')", "Live", id="view.live", tooltip="Live curves", show=False),
        Binding(
            "3", "view('results')", "Results", id="view.results", tooltip="Results", show=False
        ),
        Binding("4", "view('data')", "Data", id="view.data", tooltip="The data", show=False),
        Binding(
            "5",
            "view('errors')",
            "Errors",
            id="view.errors",
            tooltip="Errors: confusion matrix, top losses, calibration",
            show=False,
        ),
        Binding(
            "6", "view('compare')", "Compare", id="view.compare", tooltip="Compare", show=False
        ),
        Binding("7", "view('search')", "Search", id="view.search", tooltip="Search", show=False),
        Binding(
            "8",
            "view('submit')",
            "Submit",
            id="view.submit",
            tooltip="Submit: the ledger of submissions and what they scored",
            show=False,
        ),
        Binding(
            "escape",
            "back",
            "back",
            id="view.back",
            tooltip="Back to the screen you came from; from the first one to the recipe",
            show=False,
        ),
    ]
    # The main screens that were left, each once, the last one last; home is where it begins.
    _trail: tuple[str, ...] = ()

    def draw(self) -> None:
        """Draw the main screen that is shown."""
        raise NotImplementedError

    def action_view(self, name: str) -> None:
        """Go to a main screen."""
        if isinstance(self.screen, Station):
            self.switch_mode(name)

    def switch_mode(self, mode: str) -> AwaitMount:
        """Go to a main screen, and remember where from.

        Args:
            mode: its name.
        """
        left = self.current_mode
        if mode == HOME:
            self._trail = ()
        elif mode != left:
            self._trail = (*(one for one in self._trail if one not in (left, mode)), left)
        switched = super().switch_mode(mode)
        # However one comes there: the log that is read is that of the shown screen.
        self.draw()
        return switched

    async def action_back(self) -> None:
        """One step back: who looks at curves out of the results wants the results again.

        Messages that cover something go away, too; `f2` shows them again.
        """
        self.clear_notifications()
        if not isinstance(self.screen, Station):
            return
        # Taken off first, so that going back is not itself a step to come back to.
        trail = self._trail[:-1]
        self.switch_mode(self._trail[-1] if self._trail else HOME)
        self._trail = trail
