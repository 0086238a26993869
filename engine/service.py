"""The facade: all that a cockpit or a command can see and ask. Imports nothing heavy."""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from engine.competition.findings import CompetitionSummary
from engine.competition.last_look import recall, remember
from engine.errors import UserError
from engine.events.reader import EventReader
from engine.experiment.frozen import Frozen
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.files import explained
from engine.helper.client import Helper, Progress
from engine.jobs.liveness import end_worker, release_claim
from engine.jobs.starting import ensure_supervisor
from engine.jobs.tasks import EVENTS, LOG
from engine.jobs.workspace import BUILT_IN, Workspace
from engine.queue import resume, stop, submit
from engine.recipe.stages import propose_spec
from engine.setup import check_data, check_workspace
from engine.store.notebook import Notebook
from engine.watching import Snapshot, Watcher

_SUPERVISOR_SECONDS = 3.0


class Exported(Frozen):
    """A submission as it was written.

    Args:
        path: the CSV.
        rows: its rows, without the header.
        columns: its columns.
        digest: its SHA-256.
    """

    path: str
    rows: int
    columns: tuple[str, ...]
    digest: str


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
        self._helper = Helper()
        self._summary: CompetitionSummary | None = None
        self._asked_at = -_SUPERVISOR_SECONDS
        if data is not None:
            check_data(data)
            self._notebook.note_data(self._portable(data))

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
    ) -> tuple[ExperimentSpec, str | None]:
        """The spec that a stage begins with here.

        Args:
            stage: baseline, overfit or regularize.
            overrides: `field=value` changes to it.
            folds: how many folds to run.
            progress: told of the look at the data.

        Returns:
            The spec and the experiment it was derived from.

        Raises:
            UserError: a wrong override, or data that can't be used.
        """
        summary = self.known_summary() or self.summary(progress)
        spec, parent = propose_spec(stage, summary, self.records())
        changes = [*overrides, *([f"folds={folds}"] if folds is not None else [])]
        spec = apply_overrides(spec, changes)
        if spec.folds > summary.folds:
            raise UserError(
                f"folds={spec.folds} is not possible: this competition has {summary.folds}.",
                f"at most {summary.folds}.",
                f"set folds={summary.folds}.",
            )
        return spec, parent

    def submit(self, spec: ExperimentSpec, parent: str | None = None) -> ExperimentRecord:
        """Queue an experiment.

        Args:
            spec: what to run.
            parent: the experiment it was made from.

        Returns:
            The new record.

        Raises:
            UserError: the workspace is read-only, its disk full, its notebook damaged.
        """
        return submit(self.workspace, self._notebook, spec, parent)

    def rerun(self, experiment: str) -> ExperimentRecord:
        """Queue the same spec again.

        Raises:
            UserError: there is no such experiment.
        """
        return self.submit(self._notebook.record(experiment).spec, parent=experiment)

    def stop(self, experiment: str) -> ExperimentRecord:
        """Take what is queued out of the queue; ask what runs to save and end.

        Raises:
            UserError: there is no such experiment, or it has ended already.
        """
        return stop(self.workspace, self._notebook, experiment)

    def resume(self, experiment: str) -> ExperimentRecord:
        """Queue what was stopped, interrupted or failed; it goes on from its checkpoint.

        Raises:
            UserError: there is no such experiment, or nothing of it is left to do.
        """
        return resume(self.workspace, self._notebook, experiment)

    def pin(self, experiment: str) -> ExperimentRecord:
        """Make an experiment the baseline others are compared with, or unpin it.

        Raises:
            UserError: there is no such experiment.
        """
        pinned = not self._notebook.record(experiment).pinned

        def edit(record: ExperimentRecord) -> ExperimentRecord:
            return record.model_copy(update={"pinned": pinned and record.id == experiment})

        self._notebook.change_all(edit)
        return self._notebook.record(experiment)

    def export(self, experiment: str, path: Path | None = None) -> Exported:
        """Write an experiment's submission, checked against the sample.

        Args:
            experiment: its id.
            path: the CSV; by default in `submissions/`, named after the experiment.

        Returns:
            What was written.

        Raises:
            UserError: it is not done, its predictions are missing, or the CSV is not valid.
        """
        record = self.record(experiment)
        tasks = [task.name for task in record.tasks if task.status is Status.DONE]
        if record.status is not Status.DONE:
            raise UserError(
                f"Experiment {experiment} is {record.status}.",
                "one that is done.",
                f"resume or rerun it: `hydra-tui rerun {experiment}`."
                if record.status.is_finished
                else f"wait for its end: `hydra-tui log {experiment} -f`.",
            )
        if record.spec.kind != "fit":
            raise UserError(
                f"Experiment {experiment} is a range test, which predicts nothing.",
                "a fit.",
                f"run its spec as one: `hydra-tui run {record.stage} --set kind=fit`.",
            )
        name = f"{record.id}-{record.name}.csv".replace(" ", "-")
        target = (path or self.workspace.submissions / name).absolute()
        answer = self._helper.ask(
            "export",
            workspace=str(self.workspace.root),
            data=self.data,
            experiment=record.id,
            tasks=tasks,
            size=record.spec.image_size,
            path=str(target),
        )
        place = self._portable(str(target))
        # The CSV is written; a notebook that can't be is no reason to call that a failure.
        with suppress(UserError):
            self._notebook.change(
                experiment, lambda known: known.model_copy(update={"submission": place})
            )
        return Exported.model_validate(answer)

    def log_files(self, experiment: str) -> tuple[tuple[str, Path, EventReader], ...]:
        """Where each task of an experiment speaks: its name, its log, and a reader of its events.

        Raises:
            UserError: there is no such experiment.
        """
        record = self._notebook.record(experiment)
        folders = {task.name: self.workspace.task(record.id, task.name) for task in record.tasks}
        return tuple(
            (name, folder / LOG, EventReader(folder / EVENTS)) for name, folder in folders.items()
        )

    def attend(self) -> None:
        """Somebody is at the cockpit: keep a supervisor and its warm worker.

        Cheap enough to be called every few seconds.

        Raises:
            UserError: the workspace is read-only, or its disk full.
        """
        if time.monotonic() - self._asked_at < _SUPERVISOR_SECONDS:
            return
        self._asked_at = time.monotonic()
        with explained(self.workspace.presence):
            self.workspace.presence.parent.mkdir(parents=True, exist_ok=True)
            self.workspace.presence.touch()
        ensure_supervisor(self.workspace)

    def restore_last_good(self) -> str:
        """Set a damaged notebook aside, go on from the last good copy; where the damaged one is.

        Raises:
            UserError: there is no good copy, or the workspace is read-only.
        """
        return self._notebook.restore_last_good()

    def close(self) -> None:
        """End the helper process; jobs go on."""
        self._helper.close()

    def dismiss(self) -> None:
        """End the supervisor and its warm worker, unless something is queued or runs.

        Raises:
            UserError: the notebook can't be read or locked.
        """
        # Whoever submits meanwhile waits for this lock, and finds that there is no supervisor.
        with self._notebook.exclusive():
            if all(record.status.is_finished for record in self._notebook.records()):
                end_worker(self.workspace.supervisor)
                release_claim(self.workspace.supervisor)

    def _portable(self, place: str) -> str:
        """A path as the notebook notes it: relative where it lies inside the workspace."""
        if place == BUILT_IN:
            return place
        path = Path(place).resolve()
        inside = path.is_relative_to(self.workspace.root)
        return str(path.relative_to(self.workspace.root)) if inside else str(path)
