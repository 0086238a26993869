"""Following one running task: its events in, how far it has got out."""

import time
from collections.abc import Sequence
from dataclasses import replace

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
from engine.experiment.spec import ExperimentSpec
from engine.fit_pace import FitPace
from engine.jobs.folding import SharedTime, fold_events
from engine.jobs.liveness import is_alive, is_stop_requested
from engine.jobs.tasks import EVENTS
from engine.jobs.workspace import Workspace
from engine.progress import ENDING, LiveTask
from engine.search_pace import estimate_search, planned_epochs
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
        self.planned = task
        self._spec = record.spec
        self._epochs = steps_of(record.spec)
        spec = record.spec
        self._pace = FitPace(spec) if isinstance(spec, ExperimentSpec) else None
        self._planned_epochs = planned_epochs(spec) if isinstance(spec, SearchSpec) else []
        self._experiment = record.id
        self._kept: list[Event] = []
        self._latest: Preparing | BatchEnded | None = None
        self._batch: BatchEnded | None = None
        # The first and the last word on the pass over images that is under way.
        self._pass: tuple[Preparing, Preparing] | None = None
        self._shared = SharedTime()
        self._folded = self._seen = task
        # When the trial under way was begun, how long it had worked in earlier lives, and how much
        # of it is done.
        self._tried_since, self._tried_before, self._tried_share = 0.0, 0.0, 0.0

    def look(self, is_glance: bool = False) -> TaskRecord:
        """The task by its events; interrupted when its worker is gone without a word.

        Args:
            is_glance: whether to leave what a long fit has said later for the next look.
        """
        self._seen = self._looked(is_glance)
        return self._seen

    def _looked(self, is_glance: bool) -> TaskRecord:
        alive = is_alive(self._folder) or is_alive(self._workspace.supervisor)
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
            if is_glance and alive:
                break
        if kept:
            # Of a trial only the last epoch says anything, and a search has thousands.
            told = {event.trial.id for event in kept if isinstance(event, TrialEpoch | TrialEnded)}
            self._kept = [
                event
                for event in self._kept
                if not (isinstance(event, TrialEpoch) and event.trial.id in told)
            ]
            self._kept += kept
            self._folded = fold_events(self.planned, self._kept)
        if alive:
            # However it ended, the supervisor is about to say so in the notebook.
            changes = {
                "status": Status.RUNNING,
                "error": None,
                "trials": self._trials_by_now(),
                "seconds": self._folded.seconds + self._since_kept(),
                # Whole ones, too.
                "shared_seconds": float(int(self._shared.seconds)),
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

    def progress(self, siblings: Sequence[TaskRecord] = (), images: int = 0) -> LiveTask:
        """How far it has got.

        Args:
            siblings: all tasks of its experiment, of which those that are done tell the pace.
            images: how many a fit predicts in the end; 0 when nobody has counted them.
        """
        live = (
            self._searched(self._spec)
            if isinstance(self._spec, SearchSpec)
            else (self._fitted(siblings, images))
        )
        if not is_stop_requested(self._folder):
            return live
        return replace(live, doing=ENDING, done=0, total=0, remaining=None, own=None)

    def _fitted(self, siblings: Sequence[TaskRecord], images: int) -> LiveTask:
        """How far a fit has got: its epochs, and what it does behind and before them."""
        assert self._pace is not None, "only fits and searches have tasks that run"
        told = self._pace.estimate(self._seen, siblings, images, time.time())
        epoch = len(self._seen.epoch_seconds)
        phase, latest = self._pace.phase, self._latest
        doing, done, total, loss = "starting", 0, 0, None
        if phase is not None:
            doing = f"training {phase.train}"
        if isinstance(latest, Preparing):
            doing, done, total = latest.what, latest.done, latest.total
        elif isinstance(latest, BatchEnded) and phase is not None:
            done, total, loss = latest.batch, latest.batches, latest.loss
        if told.is_trained:
            doing = f"trained · {doing}" if isinstance(latest, Preparing) else "trained"
        return LiveTask(
            experiment=self._experiment,
            task=self.planned.name,
            doing=doing,
            done=done,
            total=total,
            epoch=epoch,
            epochs=told.epochs,
            unit="batch" if self._spec.kind == "range_test" else "epoch",
            loss=loss,
            remaining=None if told.own is None else float(round(told.own)),
            notes=tuple(event.text for event in self._kept if isinstance(event, Note)),
            share=told.share,
            part=told.part,
            own=told.own,
            each=told.each,
            step_left=self._step_left(),
        )

    def _step_left(self) -> float | None:
        """Whole seconds until the pass under way is over, by its pace so far."""
        if self._pass is None or self._latest is not self._pass[1]:
            return None
        first, last = self._pass
        took, done = last.time - first.time, last.done - first.done
        return float(round((last.total - last.done) * took / done)) if done > 0 else None

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
        share = self._tried_share if running else 0.0
        told = estimate_search(self._planned_epochs, self._folded.trials, share)
        left = None if told.left is None else float(round(told.left))
        return LiveTask(
            experiment=self._experiment,
            task=self.planned.name,
            doing=doing,
            done=done,
            total=total,
            epoch=len(ended),
            epochs=self._epochs,
            unit="trial",
            loss=loss,
            remaining=left,
            notes=tuple(event.text for event in self._kept if isinstance(event, Note)),
            share=share,
            part=told.part,
            own=left,
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
        if self._pace is not None:
            self._pace.take(event)
        self._shared.take(event)
        if isinstance(event, TaskStarted):
            # What an earlier life was at says nothing of this one.
            self._latest, self._batch, self._tried_share = None, None, 0.0
            self._pass = None
        elif isinstance(event, Preparing | BatchEnded):
            self._latest = event
            if isinstance(event, Preparing):
                first, last = self._pass or (event, event)
                # What is begun anew tells its own time.
                is_next = last.what == event.what and last.done <= event.done
                self._pass = (first if is_next else event), event
            self._batch = event if isinstance(event, BatchEnded) else self._batch
        elif isinstance(event, TrialEpoch):
            # It is validated; its next epoch says more soon.
            self._latest = self._batch
        elif isinstance(event, PhaseStarted | EpochEnded):
            # Nothing new is known of the next epoch before its first batches.
            self._latest = None
        elif isinstance(event, TrialStarted):
            self._latest = self._batch = None
            self._tried_since, self._tried_before = event.time, event.trial.seconds
            self._tried_share = 0.0
