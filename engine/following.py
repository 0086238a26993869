"""Following one running task: its events in, how far it has got out."""

import time

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
from engine.experiment.search import SearchSpec, TrialState
from engine.jobs.folding import fold_events
from engine.jobs.liveness import is_alive
from engine.jobs.tasks import EVENTS
from engine.jobs.workspace import Workspace
from engine.progress import LiveTask
from engine.tuning.space import trial_spec


class TaskWatch:
    """One running task: its events so far, of which single batches are not kept.

    Args:
        workspace: where it runs.
        record: its experiment.
        task: the task as it was planned.
    """

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
        # When the trial under way was begun, how long it had worked in earlier lives, and how much
        # of it is done.
        self._tried_since, self._tried_before, self._tried_share = 0.0, 0.0, 0.0

    def look(self) -> TaskRecord:
        """The task by its events; interrupted when its worker is gone without a word."""
        kept: list[Event] = []
        # One read gives only so much of a long fit, and a command looks but once.
        while block := self._reader.read():
            for event in block:
                if isinstance(event, TaskStarted) and self._latest is not None:
                    # Until then a life worked that ended without a word.
                    kept.append(self._latest)
                self._take(event)
                if not isinstance(event, BatchEnded | Preparing):
                    kept.append(event)
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
            changes = {
                "status": Status.RUNNING,
                "error": None,
                "trials": self._trials_by_now(),
                "seconds": self._folded.seconds + self._since_kept(),
            }
            return self._folded.model_copy(update=changes)
        if self._folded.status.is_finished:
            return self._folded
        return self._folded.model_copy(
            update={
                "status": Status.INTERRUPTED,
                "error": ErrorReport(happened="Its worker is gone.", fix="resume it."),
            }
        )

    def _since_kept(self) -> int:
        """Whole seconds of work since the last event that is kept: every part would be drawn."""
        if self._latest is None or not self._kept or self._folded.status.is_finished:
            return 0
        return max(int(self._latest.time - self._kept[-1].time), 0)

    def progress(self) -> LiveTask:
        """How far it has got."""
        if isinstance(self._spec, SearchSpec):
            return self._searched(self._spec)
        epoch = len(next(iter(self._folded.history.values()), ()))
        doing, done, total, loss, share = "starting", 0, 0, None, 0.0
        if isinstance(self._latest, Preparing):
            doing, done, total = self._latest.what, self._latest.done, self._latest.total
        elif isinstance(self._latest, BatchEnded) and self._phase is not None:
            doing = f"training {self._phase.train}"
            done, total, loss = self._latest.batch, self._latest.batches, self._latest.loss
            share = done / total
            if self._latest.epoch < epoch:
                doing, done, share = "validating", total, 0.0
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
            share=share,
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
            at = self._latest.epoch + self._latest.batch / self._latest.batches
            self._tried_share = max(self._tried_share, min(at / epochs, 1.0))
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
            share=self._tried_share if running else 0.0,
        )

    def _trials_by_now(self) -> tuple[TrialState, ...]:
        """The trials; the one under way with the seconds that it has worked, whole ones."""
        worked = float(int(self._tried_before + time.time() - self._tried_since))
        return tuple(
            one.model_copy(update={"seconds": max(one.seconds, worked)})
            if one.status == "running"
            else one
            for one in self._folded.trials
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
            self._tried_since, self._tried_before = event.time, event.trial.seconds
            self._tried_share = 0.0
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
