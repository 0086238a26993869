"""The cockpit in three steps, for who sees it for the first time."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from app.looks import style
from app.widgets.keys import Keys

STEPS = (
    (
        "1 of 3: the recipe",
        "On the left is the recipe that climbs leaderboards: baseline, overfit, regularize, widen, "
        "ensemble, pseudo-label, submit. Choose a stage with [b]↑ ↓[/b] and press [b]enter[/b]: "
        "its spec is shown, [b]enter[/b] again runs it in the background.\n\n"
        "Every stage has a gate, a number that says whether you may go on. [b]n[/b] names the next "
        "best move and its reason; [b]A[/b] has the whole recipe walked within a time you give.",
    ),
    (
        "2 of 3: look",
        "[b]1[/b] recipe  [b]2[/b] live curves and log  [b]3[/b] all results  [b]4[/b] the data "
        "and its images  [b]5[/b] errors, with images and Grad-CAM  [b]6[/b] comparisons  "
        "[b]7[/b] searches  [b]8[/b] submissions.\n\n"
        "One experiment is selected, and all screens show that one. [b]space[/b] marks others: "
        "their curves are laid over it, [b]c[/b] compares them with their noise, [b]b[/b] blends "
        "them.",
    ),
    (
        "3 of 3: act",
        "[b]R[/b] runs the selected experiment again, [b]e[/b] edits a copy first, [b]x[/b] stops "
        "it, [b]E[/b] writes its submission.csv.\n\n"
        "Jobs do not need this terminal: [b]q[/b] leaves, they go on, and are here when you come "
        "back.\n\n[b]?[/b] explains the screen you are on, [b]ctrl+p[/b] finds every action, "
        "[b],[/b] changes theme and keys, [b]f1[/b] shows this again.",
    ),
)


class TourScreen(ModalScreen[None]):
    """One step at a time."""

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,right,space",
            "step(1)",
            "next",
            id="tour.next",
            tooltip="The next step; after the last, begin",
            key_display="enter",
        ),
        Binding(
            "left,backspace", "step(-1)", "before", id="tour.before", tooltip="The step before",
            key_display="←",
        ),
        Binding(
            "escape,q", "dismiss", "close", id="tour.close", tooltip="Close", key_display="esc"
        ),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._step = 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(id="told")
        yield Keys(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin."""
        self._show()

    def action_step(self, by: int) -> None:
        step = self._step + by
        if step == len(STEPS):
            self.dismiss(None)
        elif step >= 0:
            self._step = step
            self._show()

    def _show(self) -> None:
        heading, text = STEPS[self._step]
        self.query_one(".dialog").border_title = heading
        self.query_one("#told", Static).update(text)
