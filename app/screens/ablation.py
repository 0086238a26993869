"""What each factor of an experiment is worth: planned, queued, and shown as it comes in."""

from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from app.desk import Desk
from app.looks import style
from app.presentation.ablation import ablation_chart, chart_key, plan_lines
from app.presentation.text import error_lines
from app.widgets.keys import Keys
from engine.errors import UserError
from engine.experiment.compare import Contribution, SeedNoise
from engine.experiment.record import ExperimentRecord
from engine.recipe.ablation import AblationPlan, AllRunError, ablation_runs, another_seed
from engine.recipe.costs import estimate_seconds
from engine.recipe.proposals import Proposal

_SEEDS, _MOST_SEEDS = 3, 9
_LOOK_SECONDS = 1.0
# What the dialog takes of the screen's width for itself.
_FRAME = 8
_PLAN = "\nEnter queues them all; each factor gets a bar here as soon as its run ends."
_Found = tuple[tuple[Contribution, ...], SeedNoise | None]


class _Plan(NamedTuple):
    """What would run, and the seconds of each; None where nobody knows."""

    plan: AblationPlan
    costs: Sequence[float | None]


class AblationScreen(ModalScreen[None]):
    """Shows first what an ablation would run; then a bar for each factor.

    Args:
        desk: the line to the service.
        record: the experiment whose factors are asked about.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [style("dialog"), style("ablation")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "queue", "queue these", id="ablation.queue", tooltip="Run the ablation"),
        Binding(
            "plus,equals_sign", "seeds(1)", "more seeds", id="ablation.more",
            tooltip="One more seed of the baseline", key_display="+",
        ),
        Binding(
            "minus", "seeds(-1)", "fewer", id="ablation.fewer",
            tooltip="One seed of the baseline less", key_display="-",
        ),
        Binding(
            "escape,q", "close", "close", id="ablation.close",
            tooltip="Back; what is queued goes on", key_display="esc",
        ),
    ]  # fmt: skip

    def __init__(self, desk: Desk, record: ExperimentRecord) -> None:
        super().__init__(classes="-wide")
        self._desk = desk
        self._record = record
        self._seeds = _SEEDS
        self._plan: Sequence[Proposal] = ()
        self._is_planned = False
        self._found: _Found | None = None
        self._runs: Sequence[ExperimentRecord] = ()
        # The highest seed that was asked for here: records tell of it a moment later.
        self._last_seed = -1

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = f"Ablation of {self._record.id} {self._record.name}"
            yield Static("Looking ..", id="ablation", markup=False)
            yield Static(id="key", markup=False)
        yield Keys(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what has run, or what would; look again while runs end."""
        self._look()
        self.set_interval(_LOOK_SECONDS, self._look)

    def on_resize(self) -> None:
        """Bars are as long as there is room."""
        if self._found is not None:
            self._draw(self._found)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Queueing is offered while nothing is queued; another seed, when something is."""
        if action == "seeds" and parameters == (1,) and (self._runs or self._found):
            return True
        return bool(self._plan) or action not in ("queue", "seeds")

    def _look(self) -> None:
        """Ask anew when a run of the ablation has changed."""
        runs = ablation_runs(self._desk.snapshot.records, self._record.id)
        if runs and runs != self._runs:
            self._runs, self._plan = runs, ()
            self.refresh_bindings()
            self._ask_found()
        elif not runs and not self._is_planned:
            self._is_planned = True
            self._ask_plan()

    def _ask_found(self) -> None:
        def show(found: _Found) -> None:
            if self.is_attached:
                self._found = found
                self._draw(found)

        experiment, workbench = self._record.id, self._desk.service.workbench
        self._desk.ask(lambda: workbench.contributions(experiment), show, "ablation", self._refuse)

    def _draw(self, found: _Found) -> None:
        self._say(ablation_chart(*found, self.size.width * 24 // 25 - _FRAME), chart_key(*found))

    def _ask_plan(self) -> None:
        records, summary = self._desk.snapshot.records, self._desk.snapshot.summary
        seeds, workbench = self._seeds, self._desk.service.workbench

        def look() -> _Plan | _Found:
            try:
                plan = workbench.plan_ablation(self._record.id, None, seeds)
            except AllRunError:
                return workbench.contributions(self._record.id)
            specs = [spec for spec, _ in plan.proposals]
            return _Plan(plan, [estimate_seconds(spec, summary, records) for spec in specs])

        def show(answer: _Plan | _Found) -> None:
            if not self.is_attached or seeds != self._seeds:
                return
            if isinstance(answer, _Plan):
                self._plan, self._found = answer.plan.proposals, None
                lines = plan_lines(self._record, answer.plan, answer.costs)
                self._say("\n".join(lines), _PLAN)
            else:
                self._plan, self._found = (), answer
                self._draw(answer)
            self.refresh_bindings()

        self._desk.ask(look, show, "ablation", self._refuse)

    def _refuse(self, error: UserError) -> None:
        """Tell in the bars' place why there are none."""
        if self.is_attached:
            self._say("\n\n".join(error_lines(error)))

    def _say(self, text: str | Text, key: str = "") -> None:
        told = self.query_one("#ablation", Static)
        told.set_class(isinstance(text, Text), "-bars")
        told.update(text)
        self.query_one("#key", Static).update(key)

    def action_seeds(self, by: int) -> None:
        if self._runs:
            self._add_seed()
            return
        self._seeds = min(max(self._seeds + by, 1), _MOST_SEEDS)
        self._ask_plan()

    def _add_seed(self) -> None:
        more = another_seed(self._desk.snapshot.records, self._record.id)
        if more is None:
            self.notify("The baseline of this ablation is gone.", severity="warning")
            return
        spec, *of = more
        spec = spec.model_copy(update={"seed": max(spec.seed, self._last_seed + 1)})
        self._last_seed = spec.seed

        def queued(record: ExperimentRecord) -> None:
            seed = record.fit.seed if record.fit else 0
            self.notify(f"{record.id} is queued: the baseline with seed {seed}.")

        submit = self._desk.service.submit
        self._desk.ask(lambda: submit(spec, *of), queued, "ablation", self._refuse)

    def action_queue(self) -> None:
        experiment, seeds = self._record.id, self._seeds

        def queued(records: tuple[ExperimentRecord, ...]) -> None:
            runs = "The run is" if len(records) == 1 else f"{len(records)} runs are"
            self.notify(f"{runs} queued; a bar for each factor comes in as its run ends.")

        def refused(error: UserError) -> None:
            self.notify("\n".join(error_lines(error)), severity="error", timeout=15)
            if self.is_attached:
                self._ask_plan()

        self._plan = ()
        self._say("Queueing ..")
        self.refresh_bindings()
        ablate = self._desk.service.ablate
        self._desk.ask(lambda: ablate(experiment, None, seeds), queued, "ablation", refused)

    def action_close(self) -> None:
        self.dismiss(None)
