"""A fit in this process, and all that it says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.events.types import EpochEnded, Event
from engine.experiment.record import Scores
from engine.experiment.spec import ExperimentSpec
from engine.jobs.tasks import PREDICTIONS, TaskOrder
from engine.jobs.workspace import Workspace
from engine.training.fit import fit_fold
from engine.training.stopping import StopSignal


@dataclass
class Told:
    """All that a fit says; asks it to stop when `until` says so."""

    stop: StopSignal = field(default_factory=StopSignal)
    until: Callable[[Event], bool] = lambda _event: False
    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if self.until(event):
            self.stop.set()

    def losses(self, name: str = "val_log_loss") -> dict[int, float]:
        return {
            e.epoch: value
            for e in self.events
            if isinstance(e, EpochEnded) and (value := e.figures[name]) is not None
        }


def order(place: Workspace, spec: ExperimentSpec, parent: str | None = None) -> TaskOrder:
    return TaskOrder(
        experiment="1", task="fold0", fold=0, spec=spec, parent=parent,
        workspace=str(place.root), data="../data",
    )  # fmt: skip


def fit(place: Workspace, spec: ExperimentSpec, folder: Path, told: Told | None = None) -> Scores:
    told = told or Told()
    folder.mkdir(exist_ok=True)
    return fit_fold(order(place, spec), folder, told, told.stop)


def stored(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / PREDICTIONS) as arrays:
        return dict(arrays)


def stop_at(kind: type[Event], epoch: int, batch: int = 0) -> Told:
    def until(event: Event) -> bool:
        return (
            isinstance(event, kind)
            and getattr(event, "epoch", 0) == epoch
            and getattr(event, "batch", batch) == batch
        )

    return Told(until=until)
