"""The cockpit: screens, bindings and wiring."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from app.commands import far_commands, screen_commands, stage_commands
from app.desk import Desk
from app.looks import style
from app.messages import Answered, LogGrown, Refused, SnapshotTaken
from app.monitor import Monitor
from app.navigating import HOME, Navigating
from app.presentation.advising import in_dialog
from app.presentation.text import error_lines
from app.screens.help import HelpScreen
from app.screens.message import MessageScreen
from app.screens.problem import ProblemScreen
from app.screens.station import Station
from app.startup import collect_garbage
from app.stations import STATIONS, station_class
from app.telling import Telling
from app.widgets.keys import own_bindings
from engine.errors import UserError
from engine.service import Service


class Cockpit(Navigating, Telling):
    """The app over one workspace.

    Args:
        service: the workspace.
    """

    TITLE = "hydra-tui"
    # With those of the first screen, for which all would be parsed again.
    CSS_PATH: ClassVar[list[str | PurePath]] = [style("base"), style("recipe")]
    DEFAULT_MODE = HOME
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", id="app.help", tooltip="Explain this screen"),
        Binding("q", "quit", "quit", id="app.quit", tooltip="Leave; jobs go on without you"),
    ]

    def __init__(self, service: Service) -> None:
        super().__init__(service.workspace.root / "screenshots")
        self.desk = Desk(self, service, self.draw)
        self.monitor = Monitor(service, self.post_message)
        self._complaint: UserError | None = None
        for name in STATIONS:
            self.add_mode(name, lambda name=name: station_class(name)(self.desk))  # type: ignore[misc] # the loop's name

    def on_load(self) -> None:
        """Take the user's settings, and look once before there is a screen that could freeze."""
        self._complaint = self.load_preferences()
        first = self.desk.service.glance()
        if first.problem is None:
            self.desk.take(first)

    def on_mount(self) -> None:
        """Tell what is wrong with the settings, begin to look."""
        if self._complaint is not None:
            self.notify("\n".join(error_lines(self._complaint)), severity="warning", timeout=15)
        # After the first paint, from which reading a big notebook would take its time.
        self.call_after_refresh(self._watch)

    def _watch(self) -> None:
        self.run_worker(self.monitor.run, thread=True, group="monitor")

    def _settle(self) -> None:
        """After the first paint: have a worker warm, and look at the data."""
        collect_garbage()
        self.monitor.is_attending = True
        self.desk.look_at_data()
        self.tell_missed(self.desk)
        if not self.desk.snapshot.records:
            self.welcome(self.desk)

    def on_snapshot_taken(self, message: SnapshotTaken) -> None:
        """Hold the snapshot, tell of what has ended, draw."""
        if not self.is_running:
            return
        before, snapshot = self.desk.snapshot, message.snapshot
        if snapshot.problem is not None:
            # It may soon be read again: until then what is known, marked and selected stays, and
            # so what ends meanwhile is told then.
            snapshot = replace(before, problem=snapshot.problem)
        elif not self.monitor.is_attending:
            self.call_after_refresh(self._settle)
        self.desk.take(snapshot)
        self.tell_ended(self.desk, before.records)
        self.tell_landed(before.flight, snapshot.flight)
        self._guard()
        self.draw()

    def on_answered(self, message: Answered) -> None:
        """Take an answer of the service."""
        if self.is_running:
            message.take()

    def on_refused(self, message: Refused) -> None:
        """Show a message in its three parts until it is dismissed."""
        if self.is_running:
            text = "\n\n".join(error_lines(in_dialog(message.error)))
            self.push_screen(MessageScreen("That did not work", text))

    def on_unmount(self) -> None:
        """End the look-out, and the helper process, for whose answer a thread may wait."""
        self.monitor.end()
        self.desk.service.close()

    def on_log_grown(self, message: LogGrown) -> None:
        """Pass the log on to the screen that shows it, also where a dialog covers that."""
        if self.is_running:
            for screen in self.screen_stack:
                if isinstance(screen, Station):
                    screen.take_log(message)

    def draw(self) -> None:
        """Draw the main screen that is shown, or that a dialog covers."""
        self.monitor.follow(self.desk.selected if self.current_mode == "live" else None)
        for screen in self.screen_stack:
            if isinstance(screen, Station):
                screen.draw()

    def action_help(self) -> None:
        """Explain the shown screen."""
        if isinstance(self.screen, Station):
            screen = self.screen
            own = frozenset(one.id for one in own_bindings(screen) if one.id is not None)
            self.push_screen(HelpScreen(screen.NAME, screen.PURPOSE, screen.active_bindings, own))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action, findable by name; those of the shown screen first.

        Textual's own are left out: the cockpit has its own for most, esc does not close the list
        of keys, and a pane that is hidden can be maximized.
        """
        yield from screen_commands(self, screen)
        if isinstance(screen, Station):
            yield from stage_commands(screen.begin)
            yield from far_commands(self, screen)

    def _guard(self) -> None:
        problem = self.desk.snapshot.problem
        shown = isinstance(self.screen, ProblemScreen)
        if problem is not None and not shown:
            self.push_screen(ProblemScreen(problem, self.desk))
        elif problem is None and shown:
            self.pop_screen()
