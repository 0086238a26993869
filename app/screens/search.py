"""One search over hyperparameters: its trials, how far it has got, and what matters."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.presentation.slices import slices_of
from app.presentation.trials import (
    importance_text,
    progress_picture,
    search_told,
    trial_table,
)
from app.screens.station import Station
from app.turns import OPENING
from app.widgets.curve_chart import CurveChart
from app.widgets.run_status import RunStatus
from app.widgets.slice_chart import SliceGrid
from app.widgets.trials_table import TrialsTable
from engine.errors import UserError
from engine.experiment.importance import Importance
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.tuning.promotion import promoted, promoted_top
from engine.tuning.ranking import best_trials, trials_of

_EMPTY = (
    "No search yet.\n\n"
    "Press [b]T[/b] to search hyperparameters: around the selected experiment, or around what a "
    "stage runs. Each trial trains one fold; the best ones can then be run as experiments."
)
_NONE_YET = "No search yet: T begins one."
# How many of the best are run at once: as many as a form can sensibly change together.
_BEST = 3


class SearchScreen(Station):
    """The trials, the best so far, slices through the space, and the importance of its axes."""

    NAME = "Search"
    PURPOSE = "Which hyperparameters matter. enter runs the trial, T begins another."
    IDLE = "Nothing runs."
    SHOWS_RAIL = False
    AUTO_FOCUS = "#trials"
    # A search predicts nothing, and there is no form for it.
    WITHOUT = frozenset(
        {
            *("toggle_rail", "toggle_details", "log_scale", "pass_gate"),
            *("mark", "compare", "blend", "export", "edit", "pin", "ablate"),
        }
    )
    IDLE_WHEN_EMPTY = frozenset({"select_cursor", "promote_best", "sort", "other", "rerun", "stop"})
    CSS_PATH = style("search")
    BINDINGS: ClassVar[list[BindingType]] = [
        # As everywhere, but named in the footer: it is what this screen is for.
        Binding(
            "T",
            "tune",
            "tune",
            id="run.tune",
            tooltip="Search hyperparameters around the selected experiment, or around a stage",
        ),
        Binding(
            "B",
            "promote_best",
            "run best 3",
            id="search.best",
            tooltip="Run the three best trials as experiments: the very best is partly luck",
        ),
        Binding(
            "s",
            "sort",
            "sort",
            id="search.sort",
            tooltip="The best trials first, or in the order they were begun",
        ),
        Binding(
            "v",
            "other",
            "curve/slices",
            id="search.view",
            tooltip="Slices through the space, or the best so far and what mattered",
        ),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        # The search that was shown last: a trial of it that is run takes the selection away.
        self._shown: str | None = None
        self._is_best_first = False
        self._chosen: str | None = None
        self._importance: tuple[Importance, ...] = ()
        # Which search's that is; which was asked for last, and by how many finished trials.
        self._importance_of: str | None = None
        self._weighed: tuple[str, int] | None = None
        self._is_weighing = False
        # What the trials' list and the space's slices were last drawn of.
        self._listed: object = None
        self._drawn: object = None

    def compose_main(self) -> Iterator[Widget]:
        yield Static(_EMPTY, id="empty")
        yield RunStatus(self.IDLE)
        yield Static(id="told")
        with Container(id="upper"):
            trials = TrialsTable()
            trials.border_title = "Trials"
            yield trials
            yield CurveChart("chart")
        with Container(id="lower"):
            slices = SliceGrid()
            slices.border_title = "Score over each axis, low is good"
            yield slices
            with VerticalScroll(id="importance") as importance:
                importance.border_title = "What mattered"
                yield Static(id="importance-text")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the other half where one hides it, and to go on with what was cut short."""
        if action == "other":
            return self.has_class("-narrow")
        if action == "resume":
            return self.record is not None and self.record.status.is_resumable
        return super().check_action(action, parameters)

    def on_resize(self) -> None:
        """Bars are as long as there is room, once that is laid out."""
        super().on_resize()
        self.call_after_refresh(self.draw)

    @property
    def record(self) -> ExperimentRecord | None:
        """The selected search, else the one that was shown last, else the newest.

        It is what keys act on here, and stays unselected: other screens go on with what they show.
        """
        searches = [one for one in self.desk.snapshot.records if isinstance(one.spec, SearchSpec)]
        chosen = [one for one in searches if one.id == self.desk.selected]
        last = [one for one in searches if one.id == self._shown]
        return next(iter(chosen or last or searches[-1:]), None)

    def needed(self) -> ExperimentRecord | None:
        """The search that is shown; says so when there is none."""
        if self.record is None:
            self.notify(_NONE_YET)
        return self.record

    def draw_main(self) -> None:
        record = self.record
        self.show_empty(record is None)
        self.query_one(RunStatus).show(self.desk.snapshot)
        if record is None:
            return
        self._shown = record.id
        if self.is_current:
            self.desk.mark_unseen(self.desk.fresh - {record.id})
        self._draw_trials(record)
        self._weigh(record)
        self._draw_space(record)

    def _draw_trials(self, record: ExperimentRecord) -> None:
        wanted = record, self._is_best_first
        if wanted != self._listed:
            self._listed = wanted
            self.query_one("#told", Static).update(search_told(record))
            self.query_one(TrialsTable).show(*trial_table(record, self._is_best_first))
            self.query_one(CurveChart).show(progress_picture(record))

    def _draw_space(self, record: ExperimentRecord) -> None:
        width = self.query_one("#importance-text").size.width or 34
        wanted = record, self._chosen, self._importance, self._is_weighing, width
        if wanted == self._drawn:
            return
        self._drawn = wanted
        chosen = [one for one in trials_of(record) if one.id == self._chosen]
        error = f"trial {self._chosen}: {chosen[0].error}" if chosen and chosen[0].error else ""
        self.query_one(TrialsTable).border_subtitle = Text(error)
        finished = sum(one.status == "done" for one in trials_of(record))
        order = [one.path for one in self._importance]
        slices = sorted(
            slices_of(record, self._chosen),
            key=lambda one: order.index(one.path) if one.path in order else len(order),
        )
        self.query_one(SliceGrid).show(slices)
        text = importance_text(self._importance, finished, width, self._is_weighing)
        self.query_one("#importance-text", Static).update(text)

    def _weigh(self, record: ExperimentRecord) -> None:
        """Have what mattered worked out anew when a trial has ended."""
        done = sum(one.status == "done" for one in trials_of(record))
        if self._importance_of != record.id:
            self._importance, self._importance_of = (), record.id
        if self._weighed == (record.id, done) or self._is_weighing:
            return
        self._weighed, self._is_weighing = (record.id, done), True

        def show(found: tuple[Importance, ...]) -> None:
            self._is_weighing = False
            if self.is_attached:
                if self._importance_of == record.id:
                    self._importance = found
                # Which also asks again, where more is known by now, or another is shown.
                self.draw()

        def refused(error: UserError) -> None:
            self._is_weighing = False
            self.notify(str(error), severity="warning")

        importance = self.desk.service.workbench.importance
        self.desk.ask(lambda: importance(record), show, "importance", refused)

    def on_trials_table_chosen(self, message: TrialsTable.Chosen) -> None:
        """Point the trial out in all slices."""
        self._chosen = message.trial
        self.draw()

    def on_trials_table_promoted(self, message: TrialsTable.Promoted) -> None:
        """Show the spec that the trial becomes."""
        record = self.record
        if record is not None:
            trial = message.trial
            self.desk.ask(lambda: (promoted(record, trial),), self.review, OPENING)

    def action_promote_best(self) -> None:
        record = self.needed()
        if record is not None and best_trials(record):
            self.desk.ask(lambda: promoted_top(record, _BEST), self.review, OPENING)
        elif record is not None:
            self.notify(f"No trial of search {record.id} is done: there is none to run.")

    def action_sort(self) -> None:
        self._is_best_first = not self._is_best_first
        self.draw()

    def action_other(self) -> None:
        self.toggle_class("-other")
        self.call_after_refresh(self.draw)
