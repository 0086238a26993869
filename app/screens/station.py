"""What every main screen has: the headline, the rail, the details, and the actions."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantBlur
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from app.desk import Desk
from app.messages import LogGrown
from app.presentation.panes import experiment_pane
from app.presentation.under_way import under_way_text
from app.screens.guiding import Guiding
from app.widgets.headline import LEAST_HEIGHT, LEAST_WIDTH, Headline
from app.widgets.keys import Keys
from app.widgets.rail import LOOKED_AT, UNUSABLE, Rail
from engine.experiment.record import ExperimentRecord

_ROOMY = 150
_NARROW = 100
_DETAIL_SECONDS = 0.06
# Smaller than this nothing can be read, so nothing is drawn.
_TINY_WIDTH, _TINY_HEIGHT = 50, 14
_TOO_SMALL = (
    "This terminal is too small for hydra-tui.\n"
    f"Make it {LEAST_WIDTH}x{LEAST_HEIGHT} or larger,\n"
    "or press [b]q[/b]: jobs go on without you."
)
# What is shown and hidden as a whole.
_PANES = frozenset({"rail", "details", "main", "body"})
VIEWS = (
    ("1", "Recipe"),
    ("2", "Live"),
    ("3", "Results"),
    ("4", "Data"),
    ("5", "Errors"),
    ("6", "Compare"),
    ("7", "Search"),
    ("8", "Submit"),
)


class Station(Guiding):
    """A main screen over the shared desk.

    Args:
        desk: the state and the line to the service.
    """

    NAME: ClassVar[str]
    PURPOSE: ClassVar[str]
    IDLE: ClassVar[str] = "Nothing runs. Choose a stage, press enter."
    SHOWS_RAIL: ClassVar[bool] = True
    # Actions that would change nothing one can see here.
    WITHOUT: ClassVar[frozenset[str]] = frozenset()
    # Actions that the footer does not name while there is nothing to show; their keys say why.
    IDLE_WHEN_EMPTY: ClassVar[frozenset[str]] = frozenset()
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "y",
            "log_scale",
            "log",
            id="chart.log",
            tooltip="Logarithmic or linear loss axis",
            show=False,
        ),
        Binding(
            "left_square_bracket",
            "toggle_rail",
            "recipe pane",
            id="pane.left",
            tooltip="Show or hide the recipe on the left",
            show=False,
        ),
        Binding(
            "right_square_bracket",
            "toggle_details",
            "details pane",
            id="pane.right",
            tooltip="Show or hide the details on the right",
            show=False,
        ),
        Binding(
            "tab",
            "app.focus_next",
            "next pane",
            id="pane.next",
            tooltip="Move to the next pane; shift+tab moves back",
            show=False,
        ),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._detailed: ExperimentRecord | None = None
        self._detailing: Timer | None = None
        # What had the focus until it was hidden, and what has it instead.
        self._hidden: tuple[Widget, Widget | None] | None = None

    def compose(self) -> ComposeResult:
        yield Headline(VIEWS, self.NAME, self.PURPOSE)
        with Horizontal(id="body"):
            if self.SHOWS_RAIL:
                yield Rail()
            with Vertical(id="main"):
                yield from self.compose_main()
            with VerticalScroll(id="details") as details:
                details.border_title = "Details"
                yield Static("No experiment is selected.", id="details-text", markup=False)
        yield Static(_TOO_SMALL, id="too-small")
        yield Keys(compact=True)

    def compose_main(self) -> Iterator[Widget]:
        """The screen's own widgets."""
        raise NotImplementedError

    def draw_main(self) -> None:
        """Hand the screen's own widgets what they show."""
        raise NotImplementedError

    def take_log(self, message: LogGrown) -> None:
        """Show what the followed experiment has said, where there is a place for it."""

    def draw(self) -> None:
        """Hand every widget what it shows; cheap when nothing has changed."""
        # While the cockpit closes, messages still come in, and the widgets have gone.
        if not (self.is_mounted and self.app.is_running):
            return
        desk = self.desk
        self._fit()
        note = _note(desk)
        is_warning = desk.data_problem is not None and not desk.snapshot.live
        self.query_one(Headline).show(desk.service.workspace.root.name, note, is_warning)
        for rail in self.query(Rail):
            told = UNUSABLE if desk.refusal is not None else ""
            rail.show(desk.snapshot.ladder, LOOKED_AT if desk.is_looking else told)
        record = desk.record
        # A pane that is not shown would be laid out all the same.
        if record is not self._detailed and self.has_class("-details"):
            is_first, self._detailed = self._detailed is None, record
            if self._detailing is not None:
                self._detailing.stop()
            if is_first:
                self._detail()
            else:
                # All its fields take longer to lay out than all else: who runs through the rows
                # sees the cursor move first.
                self._detailing = self.set_timer(_DETAIL_SECONDS, self._detail)
        self.draw_main()

    def _detail(self) -> None:
        record = self._detailed
        pane = experiment_pane(record) if record else "No experiment is selected."
        self.query_one("#details-text", Static).update(pane)

    def _fit(self) -> None:
        """Show what the terminal has room for: details beside the rest, or instead of it."""
        width, height = self.app.size
        details = self.desk.shows_details
        self.set_class(width >= _ROOMY if details is None else details, "-details")
        self.set_class(width < _NARROW, "-narrow")
        self.set_class(width < _TINY_WIDTH or height < _TINY_HEIGHT, "-tiny")

    def _compositor_refresh(self) -> None:
        """Draw, unless the cockpit holds all writing back, as while it starts: a lost effort."""
        if not self.app._batch_count:
            super()._compositor_refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes a difference here."""
        return action not in self.WITHOUT

    def on_mount(self) -> None:
        """Draw at once."""
        self.draw()

    def on_resize(self) -> None:
        """Another size has room for other things."""
        self.draw()
        self.call_after_refresh(self._give_back)

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """Of a pane that is hidden, Textual has keys go to what is next to it, or to nothing."""
        self.call_after_refresh(self._stand_in, event.widget)

    def _stand_in(self, hidden: Widget) -> None:
        """Have keys go to the main table while the pane that had the focus is hidden."""
        around = hidden.ancestors_with_self
        if not any(one.id in _PANES and not one.display for one in around):
            return
        panes = (one for one in self.query("#main *, #details, Rail") if one.focusable)
        other = min(filter(_is_shown, panes), key=_rank, default=None)
        self._hidden = hidden, other
        if other is not None:
            other.focus()

    def _give_back(self) -> None:
        """Have keys go to the pane that was hidden, unless another was chosen meanwhile."""
        if self._hidden is not None and _is_shown(self._hidden[0]):
            hidden, other = self._hidden
            self._hidden = None
            if self.focused in (None, other):
                hidden.focus()

    def on_screen_resume(self) -> None:
        """Draw what has changed while another screen was shown."""
        self._tell(is_shown=True)
        self.draw()

    def on_screen_suspend(self) -> None:
        """Leave what is told to the screen or dialog that covers this one."""
        self._tell(is_shown=False)

    def _tell(self, is_shown: bool) -> None:
        for rack in self.query("ToastRack"):
            rack.display = is_shown

    def show_empty(self, is_empty: bool) -> None:
        """Say what to do next instead of showing nothing, and name no key that is about it.

        Args:
            is_empty: whether there is nothing to show, once all is read.
        """
        is_empty = is_empty and self.desk.is_loaded
        if is_empty != self.has_class("-empty"):
            self.set_class(is_empty, "-empty")
            self.refresh_bindings()
            self.query_one(Keys).fit(self.IDLE_WHEN_EMPTY if is_empty else frozenset())

    def action_mark(self) -> None:
        if self.needed():
            self.desk.toggle_mark()
            self.draw()

    def action_log_scale(self) -> None:
        self.desk.log_scale = not self.desk.log_scale
        self.draw()

    def action_toggle_rail(self) -> None:
        self.toggle_class("-no-rail")
        self.call_after_refresh(self._give_back)

    def action_toggle_details(self) -> None:
        self.desk.shows_details = not self.has_class("-details")
        self.draw()
        self.call_after_refresh(self._give_back)


def _note(desk: Desk) -> str:
    """What goes on, for the headline."""
    if desk.snapshot.live:
        return under_way_text(desk.snapshot.live, len(desk.snapshot.queued))
    if desk.looking is not None:
        what, done, total = desk.looking
        return f"{what} {done:,}/{total:,}" if total else what
    return "the data can't be used: 4 tells why" if desk.data_problem is not None else ""


def _is_shown(widget: Widget) -> bool:
    nodes = widget.ancestors_with_self
    return all(node.display for node in nodes if isinstance(node, Widget))


def _rank(widget: Widget) -> int:
    """Tables before all, the recipe on the left behind."""
    # Ours and Textual's, which is not imported for a first screen that has none.
    if hasattr(widget, "cursor_row"):
        return 0
    return 2 if isinstance(widget, Rail) else 1
