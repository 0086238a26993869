"""A fit that says what a worker would, with a clock that passes only while it works."""

from pathlib import Path

import pytest

from engine.events.types import (
    BatchEnded,
    EpochEnded,
    Event,
    PhaseStarted,
    Preparing,
    TaskFinished,
    TaskStarted,
)
from engine.experiment.phase import PhaseSpec
from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec
from engine.following import TaskWatch
from engine.jobs.folding import fold_events
from engine.jobs.liveness import claim
from engine.jobs.tasks import EVENTS
from engine.jobs.workspace import Workspace
from engine.progress import LiveTask, together
from tests.functional.staging import record

BATCHES = 10


class Told:
    """An experiment whose folds run one after another.

    Args:
        root: the workspace.
        monkeypatch: sets the clock.
        phases: of each fold.
        folds: how many.
    """

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, *phases: PhaseSpec, folds: int = 1
    ) -> None:
        import os

        self._workspace, self.now = Workspace(root), 1e9
        self._pid = os.getpid()
        spec = ExperimentSpec(stage=record(1).stage, phases=phases, folds=folds)
        tasks = tuple(TaskRecord(name=f"fold{fold}", fold=fold) for fold in range(folds))
        self._record: ExperimentRecord = record(1, status=Status.RUNNING, spec=spec, tasks=tasks)
        self.tasks = list(tasks)
        self._said: list[Event] = []
        self.fold, self.epoch = -1, 0
        monkeypatch.setattr("engine.following.time.time", lambda: self.now)

    def begin(self, resumed: int = 0) -> None:
        """The next fold begins; or the one that runs is begun again."""
        if not resumed:
            self.fold += 1
            self.epoch, self._said = 0, []
            folder = self._workspace.task("1", f"fold{self.fold}")
            folder.mkdir(parents=True, exist_ok=True)
            claim(folder, self._pid)
            self._file = folder / EVENTS
            running = self.tasks[self.fold].model_copy(update={"status": Status.RUNNING})
            self.tasks[self.fold] = running
            self._watch = TaskWatch(self._workspace, self._record, running)
        self.epoch = resumed
        self.say(TaskStarted(resumed_epoch=resumed))

    def say(self, *events: Event) -> None:
        """Have the fold say something now."""
        for event in events:
            at = {"seq": len(self._said), "time": self.now}
            self._said.append(event.model_copy(update=at))
        with self._file.open("a") as stream:
            for event in self._said[-len(events) :]:
                stream.write(event.model_dump_json() + "\n")

    def work(self, what: str, seconds: float, total: int = 100, until: float = 1.0) -> None:
        """Prepare something, up to a share of it."""
        for step in range(11):
            done = round(total * until * step / 10)
            self.say(Preparing(what=what, done=done, total=total))
            if step < 10:
                self.now += seconds * until / 10

    def phase(self, number: int) -> None:
        """A phase begins."""
        spec = self._record.spec
        assert isinstance(spec, ExperimentSpec)
        one = spec.phases[number]
        self.say(
            PhaseStarted(
                phase=number,
                train=one.train,
                epochs=one.epochs,
                batches=BATCHES,
                trainable=1,
                total=1,
            )
        )

    def batches(self, seconds: float, until: int = BATCHES) -> None:
        """Train some batches of an epoch that would take so long."""
        for batch in range(until):
            self.now += seconds / BATCHES
            self.say(BatchEnded(epoch=self.epoch, batch=batch + 1, batches=BATCHES, loss=0.5))

    def epochs(self, count: int, seconds: float) -> None:
        """Train some epochs."""
        for _ in range(count):
            self.batches(seconds)
            self.end_epoch(seconds)

    def end_epoch(self, seconds: float) -> None:
        """The epoch has ended, after so many seconds."""
        self.say(EpochEnded(epoch=self.epoch, figures={"val_log_loss": 1.0}, seconds=seconds))
        self.epoch += 1

    def finish(self, seconds: float) -> None:
        """The fold is done, after so many seconds in all."""
        self.say(TaskFinished(scores=Scores(), seconds=seconds))
        self.tasks[self.fold] = fold_events(self.tasks[self.fold], self._said)

    def live(self, images: int = 0) -> LiveTask:
        """What is told of the fold now."""
        self.tasks[self.fold] = self._watch.look()
        alone = self._watch.progress(self.tasks, images)
        return together([alone], self.tasks)[0]
