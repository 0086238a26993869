"""Home: the recipe, what runs, and the experiments so far."""

from collections.abc import Iterator

from rich.text import Text
from textual.widget import Widget
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.presentation.column_choice import ColumnChoice
from app.presentation.listing import FEW, FEWER
from app.presentation.text import error_lines
from app.screens.charting import draw_chart
from app.screens.station import Station
from app.widgets.curve_chart import CurveChart
from app.widgets.next_move import NextMove
from app.widgets.results_table import ResultsTable
from app.widgets.run_status import RunStatus
from engine.errors import UserError

_EMPTY = (
    "No experiments yet.\n\n"
    "The recipe on the left is climbed from top to bottom: choose [b]baseline[/b] and press "
    "[b]enter[/b]. A cheap first run tells whether the pictures hold the signal at all.\n\n"
    "[dim]4 shows the data · ? explains this screen · ctrl+p finds every action[/dim]"
)


def _refused(error: UserError) -> Text:
    text = Text("The data can't be used.\n\n").append("\n\n".join(error_lines(error)))
    text.stylize("bold yellow", 0, text.plain.index("\n"))
    return text.append("\n\nThen press 4 to look at the data, and r to read it again.", "dim")


class RecipeScreen(Station):
    """The screen one lives on."""

    NAME = "Recipe"
    PURPOSE = "Climb the recipe: choose a stage, press enter, watch it, compare it."
    CSS_PATH = style("recipe")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._refusal: UserError | None = None

    def compose_main(self) -> Iterator[Widget]:
        yield NextMove()
        yield RunStatus(self.IDLE)
        yield CurveChart("chart")
        yield Static(_EMPTY, id="empty")
        yield ResultsTable("table", ColumnChoice(FEW, FEWER))

    def _explain_emptiness(self) -> None:
        """Say how to begin; where the data can't be used, what has happened and how to go on."""
        refusal = self.desk.refusal
        if refusal is not self._refusal:
            self._refusal = refusal
            text = _EMPTY if refusal is None else _refused(refusal)
            self.query_one("#empty", Static).update(text)

    def draw_main(self) -> None:
        snapshot, desk = self.desk.snapshot, self.desk
        self.show_empty(not snapshot.records)
        self._explain_emptiness()
        # Where there are no experiments, what is wrong is told in full below.
        refusal = desk.refusal if snapshot.records else None
        self.query_one(NextMove).show(snapshot.moves, snapshot.flight, desk.reading, refusal)
        self.query_one(RunStatus).show(snapshot)
        draw_chart(self.query_one(CurveChart), desk)
        table = self.query_one(ResultsTable)
        table.show(desk.listed)
        desk.lines = table.lines
