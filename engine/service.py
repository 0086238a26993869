"""The facade: all that a cockpit or a command can see and ask. Imports nothing heavy."""

import time
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from engine.competition.findings import CompetitionSummary
from engine.competition.last_look import recall, remember
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import ExperimentSpec, Stage
from engine.gallery import Gallery
from engine.helper.client import Helper, Progress
from engine.jobs.starting import dismiss, ensure_supervisor, note_presence
from engine.jobs.tasks import EVENTS, LOG
from engine.jobs.workspace import Workspace
from engine.pilot.flight import Pilot
from engine.queue import resume, stop, submit, submit_all
from engine.recipe.ablation import ablation_group
from engine.recipe.proposals import Proposal
from engine.recipe.requests import requested
from engine.setup import check_data, check_workspace
from engine.store.notebook import Notebook
from engine.tidying import Tidying
from engine.watching import Snapshot, Watcher

if TYPE_CHECKING:
    from engine.inspection import Inspection
    from engine.submissions import Submissions
    from engine.tuning.searches import Searches
    from engine.workbench import Workbench

_SUPERVISOR_SECONDS = 3.0


class Service:
    """One workspace, as a person sees it.

    Args:
        root: the workspace's folder.
        data: where the competition lies, when it is not the workspace itself: a folder, a zip,
            or `builtin:digits`. Noted in the notebook, so that it need be said only once.

    Raises:
        UserError: the workspace is not a folder, or the data is not there.
    """

    def __init__(self, root: Path, data: str | None = None) -> None:
        check_workspace(root)
        self.workspace = Workspace(root.resolve())
        self._notebook = Notebook(self.workspace)
        self._watcher = Watcher(self.workspace)
        self._notebook.learn_from(self._watcher.notebook)
        self._helper = Helper()
        self.pilot = Pilot(self.workspace)
        self.tidying = Tidying(self.workspace, self._notebook)
        self._tools = (self.workspace, self._notebook, self._helper, lambda: self.data)
        self.gallery = Gallery(*self._tools)
        self._summary: CompetitionSummary | None = None
        self._asked_at = -_SUPERVISOR_SECONDS
        if data is not None:
            check_data(data)
            self._notebook.note_data(self.workspace.portable(data))

    # Who opens the cockpit asks for none of these before the first paint.
    @cached_property
    def workbench(self) -> "Workbench":
        """What is done with finished experiments."""
        from engine.workbench import Workbench

        return Workbench(*self._tools)

    @cached_property
    def submissions(self) -> "Submissions":
        """What is handed in."""
        from engine.submissions import Submissions

        return Submissions(*self._tools)

    @cached_property
    def inspection(self) -> "Inspection":
        """Where experiments err."""
        from engine.inspection import Inspection

        return Inspection(*self._tools)

    @cached_property
    def searches(self) -> "Searches":
        """Searches over hyperparameters, and what their trials become."""
        from engine.tuning.searches import Searches

        return Searches(
            self.record, self.snapshot, self.propose, self.known_summary, self.submit_all
        )

    @property
    def data(self) -> str:
        """Where the competition lies, as the notebook notes it."""
        return self._notebook.data() or "."

    def records(self) -> tuple[ExperimentRecord, ...]:
        """All experiments, oldest first, running ones with their curves so far.

        Raises:
            UserError: the notebook can't be read.
        """
        snapshot = self.snapshot()
        if snapshot.problem is not None:
            raise snapshot.problem
        return snapshot.records

    def record(self, experiment: str) -> ExperimentRecord:
        """One experiment, as in `records`.

        Raises:
            UserError: there is none with that id.
        """
        found = [record for record in self.records() if record.id == experiment]
        return found[0] if found else self._notebook.record(experiment)

    def snapshot(self) -> Snapshot:
        """The workspace now; the same object while nothing has changed."""
        return self._watcher.look(self._summary)

    def glance(self) -> Snapshot:
        """What a first paint needs: of a big notebook only the newest experiments."""
        return self._watcher.glance(self._summary)

    def summary(self, progress: Progress | None = None) -> CompetitionSummary:
        """What was recognised of the competition; slow the first time.

        Args:
            progress: told what is being done, steps done and steps in all.

        Raises:
            UserError: the data can't be used.
        """
        answer = self._helper.ask(
            "summary", progress, workspace=str(self.workspace.root), data=self.data
        )
        self._summary = CompetitionSummary.model_validate(answer)
        remember(self.workspace, self.data, self._summary)
        return self._summary

    def known_summary(self) -> CompetitionSummary | None:
        """What was recognised at the last look, while the folder looks the same from outside.

        Raises:
            UserError: the notebook, which says where the data lies, can't be read.
        """
        if self._summary is None:
            self._summary = recall(self.workspace, self.data)
        return self._summary

    def propose(
        self,
        stage: Stage,
        overrides: Iterable[str] = (),
        folds: int | None = None,
        progress: Progress | None = None,
        is_plain: bool = False,
    ) -> tuple[Proposal, ...]:
        """What a stage runs here: one spec, or several when it widens or fields are swept.

        Args:
            stage: one of `RUNNABLE`.
            overrides: `field=value` changes to it; several values, separated by commas, are swept.
            folds: how many folds to run.
            progress: told of the look at the data.
            is_plain: whether to begin from the fields' defaults, not from what is proposed here.

        Returns:
            Each spec with the experiment it was derived from.

        Raises:
            UserError: a wrong override, data that can't be used, or nothing to begin with.
        """
        summary = self.known_summary() or self.summary(progress)
        left_out = () if is_plain else self._notebook.left_out()
        return requested(stage, overrides, folds, summary, self.records(), left_out, is_plain)

    def submit(
        self, spec: ExperimentSpec | SearchSpec, parent: str | None = None, group: str | None = None
    ) -> ExperimentRecord:
        """Queue an experiment.

        Args:
            spec: what to run.
            parent: the experiment it was made from.
            group: the sweep or ablation it belongs to.

        Raises:
            UserError: the workspace is read-only, its disk full, its notebook damaged.
        """
        return submit(self.workspace, self._notebook, spec, parent, group)

    def submit_all(
        self, proposals: Sequence[Proposal], what: str = "sweep"
    ) -> tuple[ExperimentRecord, ...]:
        """Queue several experiments, as a group when there is more than one.

        Args:
            proposals: specs, each with the experiment it was made from.
            what: names the group, with the id of its first experiment.

        Returns:
            The new records.

        Raises:
            UserError: as `submit`; or a spec leaves out an image that is not there.
        """
        self.inspection.check_left_out(spec for spec, _ in proposals)
        return submit_all(self.workspace, self._notebook, proposals, what)

    def rerun(self, experiment: str) -> ExperimentRecord:
        """Run the same spec again: queue it, or blend the same members.

        Raises:
            UserError: there is no such experiment.
        """
        record = self._notebook.record(experiment)
        if isinstance(record.spec, EnsembleSpec):
            return self.workbench.blend(record.spec)
        return self.submit(record.spec, parent=experiment)

    def ablate(
        self, experiment: str, reference: str | None = None, count: int = 3
    ) -> tuple[ExperimentRecord, ...]:
        """Queue an experiment with one factor at a time taken back, and the baseline's seeds.

        Args:
            experiment: the one whose factors are asked about.
            reference: the baseline; by default the pinned experiment, else its parent.
            count: seeds of the baseline in all.

        Returns:
            The new records, in one group.

        Raises:
            UserError: there is no baseline, or nothing differs from it.
        """
        plan = self.workbench.plan_ablation(experiment, reference, count)
        # By its group even a single run is found again.
        group = ablation_group(experiment, plan.baseline)
        return submit_all(self.workspace, self._notebook, plan.proposals, group, least=1)

    def pass_gate(self, stage: Stage, is_passed: bool = True) -> None:
        """Go on although a stage's gate is shut, or take that back; the notebook remembers it.

        Args:
            stage: whose gate.
            is_passed: whether it is passed.

        Raises:
            UserError: the workspace is read-only, its disk full, its notebook damaged.
        """
        self._notebook.note_passed(stage, is_passed)

    def stop(self, experiment: str, now: bool = False) -> ExperimentRecord:
        """Take what is queued out of the queue; ask what runs to save and end, or end it `now`.

        Raises:
            UserError: there is no such experiment, or it has ended already.
        """
        return stop(self.workspace, self._notebook, experiment, now)

    def resume(self, experiment: str) -> ExperimentRecord:
        """Queue what was stopped, interrupted or failed; it goes on from its checkpoint.

        Raises:
            UserError: there is no such experiment, or nothing of it is left to do.
        """
        return resume(self.workspace, self._notebook, experiment)

    def log_files(self, experiment: str) -> tuple[tuple[str, Path, Path], ...]:
        """Where each task of an experiment speaks: its name, its log, and the file of its events.

        Raises:
            UserError: there is no such experiment.
        """
        record = self._notebook.record(experiment)
        folders = {task.name: self.workspace.task(record.id, task.name) for task in record.tasks}
        return tuple((name, one / LOG, one / EVENTS) for name, one in folders.items())

    def attend(self) -> None:
        """Somebody is at the cockpit: keep a supervisor and its warm worker.

        Raises:
            UserError: the workspace is read-only, or its disk full.
        """
        if time.monotonic() - self._asked_at >= _SUPERVISOR_SECONDS:
            self._asked_at = time.monotonic()
            note_presence(self.workspace)
            ensure_supervisor(self.workspace)

    def restore_last_good(self) -> str:
        """Set a damaged notebook aside, go on from the last good copy; where the damaged one is.

        Raises:
            UserError: there is no good copy, or the workspace is read-only.
        """
        return self._notebook.restore_last_good()

    def close(self) -> None:
        """End the helper processes; jobs go on."""
        self._helper.close()
        self.gallery.close()
        if "inspection" in vars(self):
            self.inspection.close()

    def dismiss(self) -> None:
        """End the supervisor and its warm worker, unless something is queued or runs.

        Raises:
            UserError: the notebook can't be read or locked.
        """
        dismiss(self.workspace, self._notebook)
