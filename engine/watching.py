"""Looking at running tasks: event files in, frozen snapshots out."""

import time
from dataclasses import dataclass, replace
from functools import cached_property

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.events.reader import EventReader
from engine.events.types import (
    BatchEnded,
    EpochEnded,
    Event,
    Note,
    PhaseStarted,
    Preparing,
    TaskStarted,
    TrialEnded,
    TrialEpoch,
    TrialStarted,
)
from engine.experiment.record import (
    ErrorReport,
    ExperimentRecord,
    Status,
    TaskRecord,
    steps_of,
)
from engine.experiment.search import SearchSpec
from engine.jobs.liveness import is_alive
from engine.jobs.tasks import EVENTS, fold_events, with_tasks
from engine.jobs.workspace import Workspace
from engine.pilot.flight import Flight, flight_of
from engine.recipe.advice import Move, next_moves
from engine.recipe.stages import Rung, climb
from engine.store.notebook import Notebook
from engine.tuning.space import trial_spec


@dataclass(frozen=True)
class LiveTask:
    """How far a running task has got.

    Args:
        experiment: its experiment's id.
        task: its name.
        doing: what it does now, in words.
        done: steps of that done.
        total: steps of that in all.
        epoch: epochs finished; of a search, trials.
        epochs: epochs in all phases; of a search, trials in all.
        unit: what those are: `epoch` or `trial`.
        loss: the running loss of the epoch under way.
        remaining: estimated seconds until the last epoch ends; None while nothing tells.
        notes: what it noted on the way.
    """

    experiment: str
    task: str
    doing: str
    done: int
    total: int
    epoch: int
    epochs: int
    unit: str
    loss: float | None
    remaining: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """All a screen shows, at one moment; equal while nothing has changed.

    Args:
        records: the experiments, oldest first; running ones with their curves so far.
        live: the running tasks.
        ladder: the recipe's stages.
        summary: what was recognised of the data; None while nobody has looked.
        problem: why the notebook can't be read, or its workspace not written.
        passed: the stages whose shut gates a person has passed.
        moves: what to do next, the best first.
        flight: what the autopilot says of itself; None when none has ever run here.
    """

    records: tuple[ExperimentRecord, ...] = ()
    live: tuple[LiveTask, ...] = ()
    ladder: tuple[Rung, ...] = climb(None, ())
    summary: CompetitionSummary | None = None
    problem: UserError | None = None
    passed: frozenset[str] = frozenset()
    moves: tuple[Move, ...] = ()
    flight: Flight | None = None

    @cached_property
    def by_id(self) -> dict[str, ExperimentRecord]:
        """The experiments by their ids."""
        return {record.id: record for record in self.records}


class Watcher:
    """Follows a workspace; reads only what is new.

    Args:
        workspace: which.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.notebook = Notebook(workspace)
        self._tasks: dict[tuple[str, str], _TaskWatch] = {}
        self._snapshot = Snapshot()
        # The notebook's records as they were last seen, and where in them something runs.
        self._stored: tuple[ExperimentRecord, ...] = ()
        self._running: list[int] = []

    def look(self, summary: CompetitionSummary | None) -> Snapshot:
        """The workspace now.

        Args:
            summary: what is known of the data.

        Returns:
            A snapshot; the very same object while nothing has changed.
        """
        try:
            stored, passed = self.notebook.records(), self.notebook.passed()
            problem = None
        except UserError as error:
            same = self._snapshot.problem is not None and str(self._snapshot.problem) == str(error)
            stored, passed = (), frozenset()
            problem = self._snapshot.problem if same else error
        if stored is not self._stored:
            self._stored = stored
            self._running = [
                place for place, one in enumerate(stored) if one.status is Status.RUNNING
            ]
        live: list[LiveTask] = []
        records = stored
        if self._running:
            followed = list(stored)
            for place in self._running:
                followed[place] = self._followed(stored[place], live)
            records = tuple(followed)
        self._forget({(task.experiment, task.task) for task in live})
        seen, flight = self._snapshot, flight_of(self._workspace)
        snapshot = Snapshot(
            records, tuple(live), seen.ladder, summary, problem, passed, seen.moves, flight
        )
        if snapshot != self._snapshot:
            ladder = climb(summary, records, passed)
            moves = next_moves(ladder, summary, records)
            self._snapshot = replace(snapshot, ladder=ladder, moves=moves)
            # Here, in the thread that looks, rather than in the one that draws.
            _ = self._snapshot.by_id
        return self._snapshot

    def follow(self, record: ExperimentRecord) -> ExperimentRecord:
        """A record of the notebook, brought up to what its tasks' files say now.

        Args:
            record: as it is stored. While nobody runs the queue, it may say `running` of a task
                whose worker is long gone.
        """
        return self._followed(record, [])

    def _followed(self, record: ExperimentRecord, live: list[LiveTask]) -> ExperimentRecord:
        if record.status is not Status.RUNNING:
            return record
        tasks = []
        for task in record.tasks:
            if task.status is Status.RUNNING:
                watch = self._tasks.get((record.id, task.name))
                if watch is None:
                    watch = _TaskWatch(self._workspace, record, task)
                    self._tasks[record.id, task.name] = watch
                tasks.append(watch.look())
                if tasks[-1].status is Status.RUNNING:
                    live.append(watch.progress())
            else:
                tasks.append(task)
        return with_tasks(record, tuple(tasks))

    def _forget(self, wanted: set[tuple[str, str]]) -> None:
        for key in set(self._tasks) - wanted:
            del self._tasks[key]


class _TaskWatch:
    """One running task: its events so far, of which single batches are not kept."""

    def __init__(self, workspace: Workspace, record: ExperimentRecord, task: TaskRecord) -> None:
        self._workspace = workspace
        self._folder = workspace.task(record.id, task.name)
        self._reader = EventReader(self._folder / EVENTS)
        self._planned = task
        self._spec = record.spec
        self._epochs = steps_of(record.spec)
        self._experiment = record.id
        self._kept: list[Event] = []
        self._latest: Preparing | BatchEnded | None = None
        self._phase: PhaseStarted | None = None
        self._began: tuple[float, float] | None = None
        self._last_time = 0.0
        self._folded = task

    def look(self) -> TaskRecord:
        """The task by its events; interrupted when its worker is gone without a word."""
        new = self._reader.read()
        for event in new:
            self._take(event)
        kept = [event for event in new if not isinstance(event, BatchEnded | Preparing)]
        if kept:
            # Of a trial only the last epoch says anything, and a search has thousands.
            told = {event.trial.id for event in kept if isinstance(event, TrialEpoch | TrialEnded)}
            self._kept = [
                event
                for event in self._kept
                if not (isinstance(event, TrialEpoch) and event.trial.id in told)
            ]
            self._kept += kept
            self._folded = fold_events(self._planned, self._kept)
        if is_alive(self._folder) or is_alive(self._workspace.supervisor):
            # However it ended, the supervisor is about to say so in the notebook.
            return self._folded.model_copy(update={"status": Status.RUNNING, "error": None})
        if self._folded.status.is_finished:
            return self._folded
        return self._folded.model_copy(
            update={
                "status": Status.INTERRUPTED,
                "error": ErrorReport(happened="Its worker is gone.", fix="resume it."),
            }
        )

    def progress(self) -> LiveTask:
        """How far it has got."""
        if isinstance(self._spec, SearchSpec):
            return self._searched(self._spec)
        epoch = len(next(iter(self._folded.history.values()), ()))
        doing, done, total, loss = "starting", 0, 0, None
        if isinstance(self._latest, Preparing):
            doing, done, total = self._latest.what, self._latest.done, self._latest.total
        elif isinstance(self._latest, BatchEnded) and self._phase is not None:
            doing = f"training {self._phase.train}"
            done, total, loss = self._latest.batch, self._latest.batches, self._latest.loss
            if self._latest.epoch < epoch:
                doing, done = "validating", total
        return LiveTask(
            experiment=self._experiment,
            task=self._planned.name,
            doing=doing,
            done=done,
            total=total,
            epoch=epoch,
            epochs=self._epochs,
            unit="epoch",
            loss=loss,
            remaining=self._remaining(epoch, done / total if total else 0.0),
            notes=tuple(event.text for event in self._kept if isinstance(event, Note)),
        )

    def _searched(self, search: SearchSpec) -> LiveTask:
        """How far a search has got: its trials, and the epochs of the one under way."""
        ended = [trial for trial in self._folded.trials if trial.is_finished]
        running = [trial for trial in self._folded.trials if trial.status == "running"]
        doing, done, total, loss = "starting", 0, 0, None
        if isinstance(self._latest, Preparing):
            doing, done, total = self._latest.what, self._latest.done, self._latest.total
        elif isinstance(self._latest, BatchEnded) and running:
            epochs = trial_spec(search, running[0].values).epochs
            doing = f"training, epoch {self._latest.epoch + 1}/{epochs}"
            done, total, loss = self._latest.batch, self._latest.batches, self._latest.loss
        elif running:
            doing = f"trying {', '.join(map(str, running[0].values.values()))}"
        pace = sum(trial.seconds for trial in ended) / len(ended) if ended else None
        return LiveTask(
            experiment=self._experiment,
            task=self._planned.name,
            doing=doing,
            done=done,
            total=total,
            epoch=len(ended),
            epochs=self._epochs,
            unit="trial",
            loss=loss,
            remaining=None if pace is None else round(pace * (self._epochs - len(ended))),
            notes=tuple(event.text for event in self._kept if isinstance(event, Note)),
        )

    def _take(self, event: Event) -> None:
        if isinstance(event, Preparing | BatchEnded):
            self._latest = event
        elif isinstance(event, PhaseStarted):
            self._phase = event
        elif isinstance(event, TaskStarted):
            self._began = None
        elif isinstance(event, TrialStarted):
            self._latest = None
        if isinstance(event, BatchEnded) and self._began is None:
            self._began = (event.time, event.epoch + event.batch / event.batches)
        if isinstance(event, EpochEnded | BatchEnded):
            self._last_time = event.time

    def _remaining(self, epoch: int, share: float) -> float | None:
        """What is left at the pace so far, counted in epochs."""
        if self._began is None or not isinstance(self._latest, BatchEnded):
            return None
        since, at = self._began
        now = max(epoch, self._latest.epoch + self._latest.batch / self._latest.batches)
        if now - at < 1e-6:
            return None
        pace = (self._last_time - since) / (now - at)
        left = pace * (self._epochs - now) - (time.time() - self._last_time)
        return float(max(0, round(left)))
