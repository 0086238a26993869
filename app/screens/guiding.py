"""What a person does with the recipe: its next move, its gates, its autopilot, its blends."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from app.presentation.text import seconds_of
from app.screens.acting import Acting
from app.screens.confirm import ConfirmScreen
from app.turns import OPENING
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import PseudoSpec, Stage
from engine.recipe.advice import MOST_MEMBERS
from engine.recipe.choosing import members_of
from engine.recipe.labelling import labellers
from engine.recipe.moves import Move
from engine.recipe.proposals import Proposal
from engine.recipe.stages import GateState, Rung
from engine.recipe.twins import unlike

_USUAL_BUDGET = "20m"


class Guiding(Acting):
    """Follows the recipe. Its dialogs, too, are imported when they are first shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "n", "next_move", "next", id="recipe.next", tooltip="The next best move, and others"
        ),
        Binding(
            "A",
            "autopilot",
            "auto",
            id="recipe.autopilot",
            tooltip="Have the whole recipe walked within a budget; stop it when it is under way",
        ),
        Binding(
            "P",
            "pass_gate",
            "pass gate",
            id="recipe.pass",
            tooltip="Go on although the highlighted stage's gate is shut, or take that back",
            show=False,
        ),
        Binding(
            "c",
            "compare",
            "compare",
            id="run.compare",
            tooltip="Hold the marked experiments against the pinned one, or the first, with noise",
        ),
        Binding(
            "b",
            "blend",
            "blend",
            id="run.blend",
            tooltip="Blend the marked experiments, or all regularized ones",
        ),
        Binding(
            "a",
            "ablate",
            "ablate",
            id="run.ablate",
            tooltip="What each factor of the selected experiment is worth: run that, or see it",
            show=False,
        ),
        Binding(
            "T",
            "tune",
            "tune",
            id="run.tune",
            tooltip="Search hyperparameters around the selected experiment, or around a stage",
            show=False,
        ),
    ]

    @on(ResultsTable.Opened)
    def _open_search(self, message: ResultsTable.Opened) -> None:
        """A search has a screen of its own."""
        record = self.desk.record
        if record is not None and isinstance(record.spec, SearchSpec):
            message.prevent_default()
            self.app.switch_mode("search")

    def on_rail_chosen(self, message: Rail.Chosen) -> None:
        """Begin the stage that was chosen on the left."""
        self.begin(message.stage)

    def begin(self, stage: Stage) -> None:
        """Go to the data, export the best, or propose the stage's spec.

        Args:
            stage: which.
        """
        if stage is Stage.DATA:
            self.app.switch_mode("data")
        elif stage is Stage.SUBMIT:
            self._export_best()
        elif stage is Stage.ENSEMBLE:
            self.action_blend()
        elif not (self.desk.is_asking("look") or self.desk.is_asking(OPENING)):
            then = self._choose_labels if stage is Stage.PSEUDO_LABEL else self.review
            # A first look at the data may take minutes, in which there is other work to do.
            is_known = self.desk.snapshot.summary is not None
            if not is_known:
                self.notify(f"Looking at the data before {stage} can be proposed", timeout=2)
            about = OPENING if is_known else "look"
            self.desk.ask(lambda: self.desk.service.propose(stage), then, about)

    def _export_best(self) -> None:
        if not self._has_read_all():
            return
        summary = self.desk.snapshot.summary
        metric = None if summary is None else summary.metric
        records, submissions = self.desk.snapshot.records, self.desk.service.submissions

        def export(best: ExperimentRecord | None) -> None:
            if (found := best or self.desk.record) is None:
                self.notify("Run the stages first: baseline, overfit, regularize.")
            else:
                self.export(found)

        # It is looked for on disk, which may be far away.
        self.desk.ask(lambda: submissions.best(records, metric), export, "best")

    def action_next_move(self) -> None:
        moves = self.desk.snapshot.moves
        reading, refusal = self.desk.reading, self.desk.refusal
        if refusal is not None:
            self.notify(f"The data can't be used: {refusal.happened} 4 tells what to do.")
            return
        if not moves or reading:
            what = reading or "something runs"
            self.notify(f"{what.capitalize()}: what comes next depends on it.")
            return
        from app.screens.moves import MovesScreen

        self.app.push_screen(MovesScreen(moves), self._take)

    def action_autopilot(self) -> None:
        flight, service = self.desk.snapshot.flight, self.desk.service
        if flight is not None and flight.status == "running":

            def decide(is_yes: bool | None) -> None:
                if is_yes:
                    self.desk.ask(service.pilot.stop, self._landing)

            what = "What runs is saved and can be resumed.\n\ny stops it, n lets it go on."
            self.app.push_screen(ConfirmScreen("Stop the autopilot?", what), decide)
            return

        def fly(seconds: float | None) -> None:
            if seconds is not None:
                self.desk.ask(lambda: service.pilot.start(seconds), self._flying)

        from app.screens.line import LineScreen

        text = (
            "It walks the recipe from where it stands: every step is an ordinary experiment, with "
            "its reason.\nIt may take (30s, 20m, 2h ..):"
        )
        self.app.push_screen(LineScreen("Autopilot", text, _USUAL_BUDGET, seconds_of), fly)

    def rung_at_hand(self) -> Rung | None:
        """The stage whose gate is passed from here: the highlighted one."""
        return self.query(Rail).first().highlighted_rung if self.query(Rail) else None

    def action_pass_gate(self) -> None:
        rung = self.rung_at_hand()
        if rung is None or rung.stage is Stage.SUBMIT:
            self.notify("Choose a stage in the recipe first; the last one can't be passed.")
            return
        stage, passed = rung.stage, rung.stage not in self.desk.snapshot.passed
        if passed and rung.state is GateState.OPEN:
            self.notify(f"The gate of {stage} is open: there is nothing to pass.")
            return
        self.desk.ask(lambda: self.desk.service.pass_gate(stage, passed))
        how = "passed" if passed else "judged by its gate again"
        self.notify(f"{stage} is {how}; the notebook remembers it.")

    def action_compare(self) -> None:
        if not self._has_read_all():
            return
        chosen = self._marked_or([])
        record = self.desk.record
        # What is marked is meant, wherever the cursor stands; a single one is held against it.
        if record is not None and len(chosen) < 2 and record.id not in chosen:
            chosen.append(record.id)
        known = self.desk.snapshot.by_id
        idle = [one for one in chosen if known[one].spec.kind in ("search", "range_test")]
        if idle:
            self.notify(f"Left out: {', '.join(idle)}: searches and range tests predict nothing.")
            chosen = [one for one in chosen if one not in idle]
        if len(chosen) < 2:
            self.notify("Mark experiments with space first: two or more are compared.")
            return
        pinned = next((one.id for one in self.desk.snapshot.records if one.pinned), None)
        if pinned is not None and pinned not in chosen:
            chosen.insert(0, pinned)
        self.desk.compared, self.desk.reference = tuple(chosen), pinned
        self.app.switch_mode("compare")

    def action_edit(self) -> None:
        record = self.needed()
        if record is not None and isinstance(record.spec, EnsembleSpec):
            self._blend(record.spec.members)
        elif record is not None:
            self.edit(record)

    def action_blend(self) -> None:
        if not self._has_read_all():
            return
        members = unlike(members_of(self.desk.snapshot.records), MOST_MEMBERS)
        chosen = self._marked_or([record.id for record in members])
        idle = [one for one in chosen if not self.desk.snapshot.by_id[one].predicts]
        if idle:
            self.notify(f"Left out: {', '.join(idle)}, which predicted nothing (yet).")
            chosen = [one for one in chosen if one not in idle]
        if len(chosen) < 2:
            self.notify(
                "Mark a second experiment; without marks all regularized ones are blended."
                if self.desk.marked
                else "Two finished members that differ are needed: run regularize, then widen."
            )
            return
        self._blend(tuple(chosen))

    def _blend(self, taken: tuple[str, ...]) -> None:
        """Try blends of some members; what else can be blended is offered."""

        def keep(spec: EnsembleSpec | None) -> None:
            if spec is not None:
                self.desk.ask(lambda: self.desk.service.workbench.blend(spec), self._blended)

        from app.screens.blend import BlendScreen

        others = [one.id for one in members_of(self.desk.snapshot.records)]
        offered = tuple(one for one in others if one not in taken)[:MOST_MEMBERS]
        self.app.push_screen(BlendScreen(self.desk, taken, offered), keep)

    def _has_read_all(self) -> bool:
        """Whether all experiments are known; says so where they are not."""
        if self.desk.snapshot.unread:
            self.notify("The older experiments are being read: press it again in a moment.")
        return not self.desk.snapshot.unread

    def _marked_or(self, others: list[str]) -> list[str]:
        return [one.id for one in self.marked] or others

    def _take(self, move: Move | None) -> None:
        """Do what was chosen; a fit's spec is shown first."""
        if move is None:
            return
        if move.kind == "look":
            self.app.switch_mode("data")
        elif move.kind == "run" and move.stage is Stage.PSEUDO_LABEL:
            self._choose_labels(move.specs)
        elif move.kind == "run":
            self.review(move.specs)
        elif move.kind == "resume":
            self.resume(move.members)
        elif move.kind == "blend":
            self._blend(move.members)
        elif move.kind == "pass":
            self.desk.ask(lambda: self.desk.service.pass_gate(move.stage))
        elif move.kind == "export" and (record := self.desk.find(move.members[0])) is not None:
            self.export(record)
        else:
            self.notify("Upload the CSV to Kaggle, or widen: choose it in the recipe.")

    def _choose_labels(self, proposals: tuple[Proposal, ...]) -> None:
        """Choose who labels the test images, and which, before the spec is shown."""
        spec, parent = proposals[0]
        sources = [one.id for one in labellers(self.desk.snapshot.records, spec.folds)]

        def go_on(chosen: PseudoSpec | None) -> None:
            if chosen is not None:
                self.review(((spec.model_copy(update={"pseudo": chosen}), parent),))

        from app.screens.pseudo import PseudoScreen

        self.app.push_screen(PseudoScreen(self.desk, spec.pseudo, sources), go_on)

    def _blended(self, record: ExperimentRecord) -> None:
        self.started(record)

    def _flying(self, _: None) -> None:
        self.notify("The autopilot walks the recipe; it goes on without you. A stops it.")

    def _landing(self, _: None) -> None:
        self.notify("The autopilot saves what runs, and ends.")

    def action_ablate(self) -> None:
        record = self.needed()
        if record is None:
            return
        if record.fit is None:
            self.notify(f"{record.id} is no fit: it has no factors to take back.")
            return
        from app.screens.ablation import AblationScreen

        self.app.push_screen(AblationScreen(self.desk, record))

    def action_tune(self) -> None:
        def begun(record: ExperimentRecord | None) -> None:
            if record is not None:
                self.started(record)
                self.app.switch_mode("search")

        from app.screens.tune import TuneScreen

        self.app.push_screen(TuneScreen(self.desk, self.desk.record), begun)
