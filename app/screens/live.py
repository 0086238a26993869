"""One experiment at work: its curves, its progress, its log, and what the machine has to give."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus
from textual.widget import Widget
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.messages import LogGrown
from app.presentation.diagnosed import diagnosis_line
from app.presentation.figures import LOSS
from app.presentation.view import View
from app.screens.charting import charted, waiting
from app.screens.station import Station
from app.widgets.chart_grid import ChartGrid
from app.widgets.curve_chart import CurveChart
from app.widgets.keys import Keys
from app.widgets.log_pane import LogPane
from app.widgets.run_status import RunStatus
from app.widgets.system_pane import SystemPane
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.system import SystemLoad, SystemMeter

_READ_SECONDS = 2.0
_ROOM_FOR_SYSTEM = (96, 32)
_DETAILS = 46
_EMPTY = (
    "No experiments yet, so there is nothing to watch.\n\n"
    "Press [b]1[/b] for the recipe, choose [b]baseline[/b] and press [b]enter[/b]."
)
# From so many columns on the heading has room for the keys of charts and log; below, the footer
# names these.
_ROOM_FOR_KEYS = 120
_IN_HEADING = frozenset({"read", "zoom_in", "folds", "search"})
_NOTHING_SAID = "Nothing yet: its worker has not begun, or its run's folder is gone."
_COMPUTED = "An ensemble has no log: no worker made it, but its members' predictions."


def _key(
    key: str, action: str, name: str, identifier: str, tooltip: str, show: bool = False
) -> Binding:
    return Binding(key, action, name, show, id=identifier, tooltip=tooltip)


class LiveScreen(Station):
    """The curves as large as the terminal allows, and what the worker says.

    Args:
        desk: the state and the line to the service.
    """

    NAME = "Live"
    PURPOSE = "Watch the selected run. ←→ read, +- zoom, s smooth, k folds, / search."
    IDLE = "Nothing runs. Press 1 for the recipe, or R to run the selected experiment again."
    SHOWS_RAIL = False
    WITHOUT = frozenset({"toggle_rail"})
    AUTO_FOCUS = "#chart"
    CSS_PATH = style("live")
    BINDINGS: ClassVar[list[BindingType]] = [
        _key(
            "enter",
            "full",
            "full screen",
            "chart.full",
            "The chosen chart alone on the screen, and back",
            show=True,
        ),
        _key("down", "choose(1)", "next chart", "chart.next", "Choose the next chart"),
        _key("up", "choose(-1)", "chart before", "chart.previous", "Choose the chart before"),
        _key(
            "right", "read(1)", "read on", "chart.right", "Read the curves off an epoch later", True
        ),
        _key("left", "read(-1)", "read back", "chart.left", "Read the curves off an epoch earlier"),
        _key("s", "smooth", "smooth", "chart.smooth", "Smooth the curves: off, some, more"),
        _key(
            "k", "folds", "folds", "chart.folds", "Show each fold's curve behind their mean", True
        ),
        _key("plus,equals_sign", "zoom_in", "zoom in", "chart.in", "Look at fewer epochs", True),
        _key("minus", "zoom_out", "zoom out", "chart.out", "Look at more epochs"),
        _key("0", "zoom_all", "all epochs", "chart.all", "Look at all epochs"),
        _key("less_than_sign,shift+left", "pan(-1)", "earlier", "chart.earlier", "Earlier epochs"),
        _key("greater_than_sign,shift+right", "pan(1)", "later", "chart.later", "Later epochs"),
        _key("f", "follow", "follow", "log.follow", "Follow the log as it grows"),
        _key("slash", "search", "search", "log.search", "Look for something in the log", True),
        _key(
            "escape",
            "release",
            "back",
            "chart.release",
            "Drop the line that reads the curves, leave full screen, go back",
        ),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._view = View()
        self._chosen = LOSS
        self._is_full = False
        self._drawn_for: str | None = None
        self._figures: tuple[str, ...] = (LOSS,)
        self._last = 0
        # What stands in the log of what has said nothing; empty where there is a log.
        self._silence = ""
        self._diagnosed: ExperimentRecord | None = None
        self._meter = SystemMeter(desk.service.workspace)

    def compose_main(self) -> Iterator[Widget]:
        yield RunStatus(self.IDLE)
        yield Static(id="diagnosis")
        yield Static(_EMPTY, id="empty")
        yield ChartGrid()
        with Horizontal(id="below"):
            yield LogPane()
            yield SystemPane()

    def on_mount(self) -> None:
        """Read the machine's load from time to time, while somebody sees it."""
        super().on_mount()
        self._clock = self.set_interval(_READ_SECONDS, self._measure)

    def on_screen_resume(self) -> None:
        """Draw what has changed; look at the machine again."""
        super().on_screen_resume()
        self._clock.resume()
        self._measure()

    def on_screen_suspend(self) -> None:
        """Nobody sees the machine's load."""
        super().on_screen_suspend()
        self._clock.pause()

    def draw_main(self) -> None:
        desk = self.desk
        self.show_empty(not desk.snapshot.records)
        self.set_class(self._is_full, "-full")
        width, height = self.app.size
        is_told = width >= _ROOM_FOR_KEYS or self.has_class("-empty")
        self.query_one(Keys).fit(_IN_HEADING if is_told else frozenset())
        width -= _DETAILS if self.has_class("-details") else 0
        self.set_class(width >= _ROOM_FOR_SYSTEM[0] and height >= _ROOM_FOR_SYSTEM[1], "-roomy")
        self.query_one(RunStatus).show(desk.snapshot)
        self._diagnose(desk.record)
        if desk.selected in desk.fresh:
            # Who sees its curves has looked at it.
            desk.select(desk.selected)
        if desk.selected != self._drawn_for:
            # Another experiment has other epochs.
            self._drawn_for = desk.selected
            self._view = self._view.whole().released()
            self._silence = ""
        if self._silence:
            # The queue goes on.
            self._speak_for(desk.record)
        figures, picture = charted(desk, self._view)
        if self._chosen not in figures:
            self._chosen = figures[0]
        self._figures, self._last = figures, picture(self._chosen).last
        self.query_one(ChartGrid).show(figures, self._chosen, self._is_full, picture)

    def _diagnose(self, record: ExperimentRecord | None) -> None:
        """Say what is wrong with what is selected, where there is anything."""
        if record is not self._diagnosed:
            self._diagnosed = record
            told = diagnosis_line(record)
            self.query_one("#diagnosis", Static).update(told)
            self.query_one("#diagnosis").display = bool(told)

    def take_log(self, message: LogGrown) -> None:
        """Show what the experiment has said.

        Args:
            message: the new lines.
        """
        if message.experiment != self.desk.selected:
            return
        if message.lines:
            # In the place of what was said for it.
            is_afresh, self._silence = message.afresh or bool(self._silence), ""
            self.query_one(LogPane).take(message.experiment, message.lines, is_afresh)
        elif message.afresh:
            self._silence = ""
            self._speak_for(self.desk.record)

    def _speak_for(self, record: ExperimentRecord | None) -> None:
        """Say why there is no log."""
        said = _NOTHING_SAID
        if record is not None and record.stage is Stage.ENSEMBLE:
            said = _COMPUTED
        elif record is not None and record.status is Status.QUEUED:
            said = f"{waiting(record, self.desk).capitalize()}."
        if said != self._silence and self.desk.selected is not None:
            self._silence = said
            self.query_one(LogPane).take(self.desk.selected, (said,), True)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """The chart that has the focus is the chosen one."""
        grid = self.query_one(ChartGrid)
        if isinstance(event.widget, CurveChart) and event.widget.display and grid.figures:
            self._choose(grid.figure_of(event.widget))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what charts and logs offer only where there are some."""
        if self.has_class("-empty") and action in ("full", "search"):
            return False
        return super().check_action(action, parameters)

    def action_choose(self, way: int) -> None:
        place = self._figures.index(self._chosen) + way
        self._choose(self._figures[place % len(self._figures)])
        self.query_one(ChartGrid).focus_on(self._chosen)

    def action_full(self) -> None:
        self._is_full = not self._is_full
        self.draw()
        self.query_one(ChartGrid).focus_on(self._chosen)

    def action_read(self, way: int) -> None:
        self._look(self._view.read(way, self._last))

    def action_smooth(self) -> None:
        self._look(self._view.smoothed_more())

    def action_folds(self) -> None:
        record = self.desk.record
        if record is None or len(record.tasks) < 2:
            self.notify("It has one fold: with `folds`, a spec is trained on several.")
            return
        self._look(replace(self._view, has_folds=not self._view.has_folds))

    def action_zoom_in(self) -> None:
        self._look(self._view.zoomed_in(self._last))

    def action_zoom_out(self) -> None:
        self._look(self._view.zoomed_out(self._last))

    def action_zoom_all(self) -> None:
        self._look(self._view.whole())

    def action_pan(self, way: int) -> None:
        self._look(self._view.panned(way, self._last))

    def action_follow(self) -> None:
        self.query_one(LogPane).follow()

    def action_search(self) -> None:
        if self._is_full:
            self.action_full()
        self.query_one(LogPane).open_search()

    async def action_release(self) -> None:
        if self._view.cursor is not None:
            self._look(self._view.released())
        elif self._is_full:
            self.action_full()
        else:
            await self.run_action("app.back")

    def _choose(self, figure: str) -> None:
        if figure != self._chosen:
            self._chosen = figure
            self.draw()

    def _look(self, view: View) -> None:
        self._view = view
        self.draw()

    def _measure(self) -> None:
        """Ask how busy the machine is, where there is room to tell."""
        if self.has_class("-roomy") and not self.desk.is_asking("system"):
            tasks = [(task.experiment, task.task) for task in self.desk.snapshot.live]
            self.desk.ask(lambda: self._meter.read(tasks), self._take_load, "system")

    def _take_load(self, load: SystemLoad) -> None:
        self.query_one(SystemPane).take(load)
