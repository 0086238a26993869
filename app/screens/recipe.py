"""Home: the recipe, what runs, and the experiments so far."""

from collections.abc import Iterator

from textual.widget import Widget
from textual.widgets import Static

from app.looks import style
from app.presentation.listing import FEW, FEWER
from app.screens.charting import draw_chart
from app.screens.station import Station
from app.widgets.curve_chart import CurveChart
from app.widgets.next_move import NextMove
from app.widgets.results_table import ResultsTable
from app.widgets.run_status import RunStatus

_EMPTY = (
    "No experiments yet.\n\n"
    "The recipe on the left is climbed from top to bottom: choose [b]baseline[/b] and press "
    "[b]enter[/b].\nA cheap first run tells whether the pictures hold the signal at all.\n\n"
    "[dim]4 shows the data · ? explains this screen · ctrl+p finds every action[/dim]"
)


class RecipeScreen(Station):
    """The screen one lives on."""

    NAME = "Recipe"
    PURPOSE = "Climb the recipe: choose a stage, press enter, watch it, compare it."
    CSS_PATH = style("recipe")

    def compose_main(self) -> Iterator[Widget]:
        yield NextMove()
        yield RunStatus(self.IDLE)
        yield CurveChart("chart")
        yield Static(_EMPTY, id="empty")
        yield ResultsTable("table", FEW, FEWER)

    def draw_main(self) -> None:
        snapshot, desk = self.desk.snapshot, self.desk
        self.show_empty(not snapshot.records)
        self.query_one(NextMove).show(snapshot.moves, snapshot.flight, desk.reading)
        self.query_one(RunStatus).show(snapshot)
        draw_chart(self.query_one(CurveChart), desk)
        self.query_one(ResultsTable).show(desk.listed)
