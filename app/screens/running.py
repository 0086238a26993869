"""What a person has run: a spec again, a copy of it, what the recipe proposes."""

from functools import cache
from typing import ClassVar

from textual.binding import Binding, BindingType

from app.desk import Desk
from app.presentation.asked import Asked, twins_told
from app.presentation.under_way import nothing_runs, running_told
from app.screens.confirm import ConfirmScreen
from app.screens.styled import StyledOnce
from app.turns import OPENING
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.overrides import changed_alike
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec
from engine.recipe.costs import estimate_seconds
from engine.recipe.proposals import Proposal, leaving_out
from engine.recipe.requests import check_possible

# Screens with all experiments, and the one on which what runs is watched.
_LISTS = ("recipe", "results")
_WATCHED = "live"


class Running(StyledOnce[None]):
    """Queues experiments, which are shown as a form before.

    Args:
        desk: the state and the line to the service.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "rerun", "rerun", id="run.again", tooltip="Run the selected spec again"),
        Binding("e", "edit", "edit", id="run.edit", tooltip="Edit a copy of the spec and run it"),
        Binding(
            "full_stop",
            "turn_to_running",
            "what runs",
            id="run.running",
            tooltip="Select what runs, in Live where this screen does not show it; again: the next",
            show=False,
        ),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    @property
    def record(self) -> ExperimentRecord | None:
        """The experiment that keys act on."""
        return self.desk.record

    def draw(self) -> None:
        """Hand every widget what it shows."""
        raise NotImplementedError

    def action_rerun(self) -> None:
        record = self.needed()
        if record is None:
            return
        # A blend is made at once; of a fit the next key may be about what is queued now.
        about = "blend" if isinstance(record.spec, EnsembleSpec) else OPENING

        def again(is_yes: bool | None) -> None:
            if is_yes:
                self.desk.ask(lambda: self.desk.service.rerun(record.id), self.started, about)

        same = self.desk.going_on(record.spec)
        if same is None:
            again(True)
            return
        question = f"Run {record.id} {record.name} again?"
        how = "is queued" if same.status is Status.QUEUED else "runs"
        what = f"{same.id} {how} with the very same spec.\n\ny queues it once more, n does not."
        self.app.push_screen(ConfirmScreen(question, what), again)

    def action_turn_to_running(self) -> None:
        running = [one for one in self.desk.snapshot.records if one.status is Status.RUNNING]
        if not running:
            self.notify(nothing_runs(self.desk.snapshot.queued))
            return
        ids = [one.id for one in running]
        selected = self.desk.selected
        place = ids.index(selected) + 1 if selected in ids else 0
        chosen = running[place % len(running)]
        listed = [one.id for one in self.desk.lines() if isinstance(one, ExperimentRecord)]
        # A list whose filter or folded group hides it would select another one.
        if self.app.current_mode not in _LISTS or chosen.id not in listed:
            self.app.switch_mode(_WATCHED)
        self.desk.turn_to(chosen.id)
        self.notify(running_told(running, chosen))

    def action_edit(self) -> None:
        if record := self.needed():
            self.edit(record)

    def edit(self, record: ExperimentRecord) -> None:
        """Show an experiment's spec as a form, to run a copy."""
        if isinstance(record.spec, ExperimentSpec):
            own = ((record.spec, record.id),)
            self.review(leaving_out(own, self.desk.snapshot.left_out))
        else:
            self.notify(f"{record.id} is a search: T begins another.")

    def needed(self) -> ExperimentRecord | None:
        """The experiment an action is about; says so when there is none."""
        if self.record is None:
            self.notify("No experiment is selected: run a stage first.")
        return self.record

    def review(self, proposals: tuple[Proposal, ...]) -> None:
        """Show a spec as a form before it runs; what is changed in it is changed in all.

        Args:
            proposals: the specs, each with the experiment it was derived from.
        """
        spec, parent = proposals[0]
        origin = self.desk.find(parent)

        def changed(edited: Asked) -> tuple[Proposal, ...]:
            own = [(one, parent) for one in edited]
            others = [
                (changed_alike(one, spec, like), whose)
                for one, whose in proposals[1:]
                for like in edited
            ]
            return (*own, *others)

        def run(edited: Asked | None) -> None:
            if edited is not None:
                submit = self.desk.service.submit_all
                self.desk.ask(lambda: submit(changed(edited)), self.queued)

        known = origin.fit if origin is not None else None
        snapshot = self.desk.snapshot

        @cache
        def cost(one: ExperimentSpec) -> float | None:
            specs = (fit for fit, _ in changed((one,)))
            costs = [estimate_seconds(fit, snapshot.summary, snapshot.records) for fit in specs]
            told = [seconds for seconds in costs if seconds is not None]
            return sum(told) if len(told) == len(costs) else None

        def check(edited: Asked) -> None:
            for one, _ in changed(edited):
                check_possible(one, snapshot.summary, snapshot.records)

        def twins(edited: Asked) -> str:
            same = (self.desk.going_on(one) for one, _ in changed(edited))
            return twins_told([one for one in same if one is not None])

        from app.screens.spec import SpecScreen

        fits = tuple(f"{one.backbone} {one.image_size}px" for one, _ in proposals)
        self.app.push_screen(SpecScreen(spec, parent, known, fits, cost, check, twins), run)

    def resume(self, halted: tuple[str, ...]) -> None:
        """Go on with what was left half done.

        Args:
            halted: ids of experiments.
        """

        def tell(resumed: list[ExperimentRecord]) -> None:
            # The first one is selected in the end.
            for record in reversed(resumed):
                self.started(record)

        def go_on() -> list[ExperimentRecord]:
            resumed: list[ExperimentRecord] = []
            for one in halted:
                try:
                    resumed.append(self.desk.service.resume(one))
                except UserError:
                    # Somebody else may have gone on with it; the others are told of.
                    if one == halted[-1] and not resumed:
                        raise
            return resumed

        self.desk.ask(go_on, tell)

    def started(self, record: ExperimentRecord) -> None:
        """Select what was queued, and say so."""
        self.desk.await_record(record)
        self.notify(f"{record.id} {record.name} is {record.status}.")
        self.draw()

    def queued(self, records: tuple[ExperimentRecord, ...]) -> None:
        """Select the first of what was queued, and say so."""
        if len(records) == 1:
            self.started(records[0])
            return
        self.desk.await_record(records[0])
        self.notify(f"{len(records)} experiments are queued: {records[0].group}.")
        self.draw()
