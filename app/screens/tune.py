"""A search is begun: around what, over what, how, and how many trials."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from app.desk import Desk
from app.looks import style
from app.presentation.text import error_lines
from app.presentation.trials import plan_lines
from app.widgets.keys import Keys
from app.widgets.spec_field import SpecField
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.tuning.costs import search_seconds
from engine.tuning.planning import MOST_TRIALS, STRATEGIES
from engine.tuning.searches import Planned

_EXPERIMENT = "experiment "
_STAGES = (Stage.REGULARIZE, Stage.OVERFIT, Stage.BASELINE)
_HELP = {
    "around": "Whose spec is varied; it is the first trial: an experiment by its number, or the "
    "best of a stage; while there is none, or with `set`, what the stage would run. Space: next "
    "choice.",
    "strategy": "bayesian: a Gaussian process' guess; random; hyperband: many short trials, the "
    "best go on; grid: every combination; head_grid: linear heads on frozen features. "
    "Space: next choice.",
    "trials": "How many at most; empty: 20, or the whole of a grid.",
    "over": "field=value,value or field=low..high, separated by spaces; empty: what matters most. "
    "phases.1.learning_rate=1e-5..1e-3 head.dropout=0..0.6",
    "set": "Changes to the spec that is varied, as `--set` takes them: backbone=wide_cnn rows=0.5",
}

_PLACEHOLDERS = {
    "trials": "20, or the whole of a grid",
    "over": "what matters most",
    "set": "nothing",
}


class Asked(NamedTuple):
    """What stands in the fields."""

    around: str
    strategy: str
    trials: str
    over: str
    set: str


class TuneScreen(ModalScreen[ExperimentRecord | None]):
    """Plans a search as it is typed; answers with the one that was queued.

    Args:
        desk: the line to the service.
        record: the selected experiment, around which may be searched.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [style("dialog"), style("tune")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "begin", "begin", id="tune.begin", tooltip="Queue the search", priority=True
        ),
        Binding(
            "down", "app.focus_next", "next", id="tune.next", tooltip="Next field", priority=True
        ),
        Binding(
            "up",
            "app.focus_previous",
            "previous",
            id="tune.previous",
            tooltip="Previous field",
            priority=True,
        ),
        Binding("escape", "leave", "leave", id="tune.leave", tooltip="Search nothing"),
    ]

    def __init__(self, desk: Desk, record: ExperimentRecord | None) -> None:
        super().__init__()
        self._desk = desk
        fit = record is not None and record.fit is not None
        source = (f"{_EXPERIMENT}{record.id}",) if record is not None and fit else ()
        self._around: Sequence[str] = (*source, *map(str, _STAGES))
        self._asked: Asked | None = None
        self._is_begun = False

    def compose(self) -> ComposeResult:
        fields = (
            SpecField("around", self._around[0], tuple(self._around), is_open=True),
            SpecField("strategy", STRATEGIES[0], STRATEGIES),
            SpecField("trials", "", ()),
            SpecField("over", "", ()),
            SpecField("set", "", ()),
        )
        for field in fields:
            field.placeholder = _PLACEHOLDERS.get(str(field.name), "")
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Search hyperparameters"
            for field in fields:
                with Horizontal(classes="field"):
                    yield Label(str(field.name), classes="path")
                    yield field
            yield Static(id="help", markup=False)
            yield Static("Planning ..", id="plan")
        yield Keys(show_command_palette=False)

    def on_mount(self) -> None:
        """Show the plan as it is proposed."""
        self._plan()

    def on_descendant_focus(self) -> None:
        """Explain the field the cursor stands in."""
        if self.focused is not None:
            self.query_one("#help", Static).update(_HELP[str(self.focused.name)])

    def on_input_changed(self) -> None:
        """Plan at every key."""
        if self._asked is None:
            self._plan()

    @property
    def _typed(self) -> Asked:
        values = {str(field.name): field.value.strip() for field in self.query(SpecField)}
        return Asked(**values)

    def _planned(self, asked: Asked) -> Planned:
        """Asked in a thread: it may have to look at the data first."""
        source = self._source(asked.around)
        return self._desk.service.searches.plan(
            Stage.REGULARIZE if source is not None else _stage(asked.around),
            asked.set.split(),
            asked.over.split(),
            next((one for one in STRATEGIES if one == asked.strategy), STRATEGIES[0]),
            _number(asked.trials),
            source,
        )

    def _source(self, around: str) -> str | None:
        """The experiment that is named, with the word before it or without."""
        named = around.removeprefix(_EXPERIMENT).strip()
        return named if named != around or self._desk.find(named) is not None else None

    def _plan(self) -> None:
        asked = self._asked = self._typed

        def look() -> list[str]:
            plan, snapshot = self._planned(asked), self._desk.snapshot
            seconds = search_seconds(plan.search, snapshot.summary, snapshot.records)
            return plan_lines(plan.search, seconds, plan.around)

        def show(answer: list[str] | UserError) -> None:
            self._asked = None
            if not self.is_attached:
                return
            self._tell(answer)
            if asked != self._typed:
                self._plan()

        self._desk.ask(look, show, "plan", show)

    def _tell(self, answer: list[str] | UserError) -> None:
        plan = self.query_one("#plan", Static)
        if isinstance(answer, UserError):
            plan.update(Text("\n".join(error_lines(answer)), "bold red"))
        else:
            text = Text(f"✓ enter queues {answer[0]}\n", "green")
            plan.update(text.append("\n".join(answer[1:]), "not bold default"))

    def action_begin(self) -> None:
        if self._is_begun:
            return
        self._is_begun = True
        asked, service = self._typed, self._desk.service

        def queued(record: ExperimentRecord) -> None:
            if self.is_attached:
                self.dismiss(record)

        def refuse(error: UserError) -> None:
            self._is_begun = False
            if self.is_attached:
                self.app.bell()
                self._tell(error)

        def submit() -> ExperimentRecord:
            plan = self._planned(asked)
            return service.submit(plan.search, plan.parent)

        self._desk.ask(submit, queued, "begin", refuse)

    def action_leave(self) -> None:
        self.dismiss(None)


def _stage(text: str) -> Stage:
    if text not in _STAGES:
        raise UserError(
            f"`{text}` is nothing to search around.",
            f"the number of an experiment, or one of: {', '.join(_STAGES)}.",
            "press space for the next choice.",
        )
    return Stage(text)


def _number(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= MOST_TRIALS:
        raise UserError(
            f"`{text}` is no number of trials.",
            f"a number from 1 to {MOST_TRIALS}, or nothing.",
            "write 20.",
        )
    return int(text)
