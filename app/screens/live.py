"""One experiment at work: its curves, its progress, its log."""

from collections.abc import Iterator

from textual.widget import Widget
from textual.widgets import Log, Static

from app.messages import LogGrown
from app.screens.charting import draw_chart
from app.screens.station import Station
from app.widgets.curve_chart import CurveChart
from app.widgets.run_status import RunStatus

_MOST_LINES = 5000
_EMPTY = (
    "No experiments yet, so there is nothing to watch.\n\n"
    "Press [b]1[/b] for the recipe, choose [b]baseline[/b] and press [b]enter[/b]."
)


class LiveScreen(Station):
    """The curves as large as the terminal allows, and what the worker says."""

    NAME = "Live"
    PURPOSE = "Watch the selected experiment: loss, progress, time left, log."
    IDLE = "Nothing runs. Press 1 for the recipe, or R to run the selected experiment again."
    SHOWS_RAIL = False
    WITHOUT = frozenset({"toggle_rail"})
    CSS_PATH = "../styles/live.tcss"

    def compose_main(self) -> Iterator[Widget]:
        yield RunStatus(self.IDLE)
        yield Static(_EMPTY, id="empty")
        yield CurveChart("chart")
        log = Log(id="log", max_lines=_MOST_LINES)
        log.border_title = "Log"
        yield log

    def draw_main(self) -> None:
        self.set_class(self.desk.is_loaded and not self.desk.snapshot.records, "-empty")
        self.query_one(RunStatus).show(self.desk.snapshot.live, self.desk.snapshot.records)
        draw_chart(self.query_one(CurveChart), self.desk)

    def take_log(self, message: LogGrown) -> None:
        """Show what the experiment has said.

        Args:
            message: the new lines.
        """
        log = self.query_one("#log", Log)
        if message.afresh:
            log.clear()
            log.border_title = f"Log of {message.experiment}"
        lines = message.lines
        if message.afresh and not lines:
            lines = ("Nothing yet: its worker has not begun, or its run's folder is gone.",)
        log.write_lines(lines)
