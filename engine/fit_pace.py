"""How much of a fit is done, and how long the rest takes, by what its parts have taken."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.events.types import (
    VALIDATING,
    BatchEnded,
    EpochEnded,
    Event,
    PhaseStarted,
    Preparing,
    TaskStarted,
)
from engine.experiment.record import Status, TaskRecord
from engine.experiment.spec import ExperimentSpec
from engine.progress import epochs_of_phases
from engine.recipe.costs import relative_epoch

# What is predicted behind the last epoch is seen forward only, which takes about a third of what
# training on it does; while nobody knows how many images there are, these are the fold's.
_FORWARD, _IMAGES = 1 / 3, 1.25


class Estimate(NamedTuple):
    """How far a fit has got.

    Args:
        epochs: those that were trained and those to come, in all phases.
        share: how much of the epoch under way is done.
        part: how much of all work is done, from 0 to 1; what is computed once for all folds, and
            starting, are not counted.
        own: seconds until the fit has ended; None while nothing tells.
        each: seconds that a fold to come will take; None while nothing tells.
        is_trained: whether the last epoch is behind it.
    """

    epochs: int
    share: float
    part: float
    own: float | None
    each: float | None
    is_trained: bool


@dataclass
class _Life:
    """What a worker has told since it took the task, by the times at which it did.

    Args:
        born: when it took it.
        phase: what trains.
        training_since: when it began to train.
        first: when the phase had got how far, in epochs, at its first word: the network is
            compiled before that.
        now: the same of its last word.
        said: when it last told how far the epoch has got.
        share: how far that is.
        validating_since: when the epoch under way began to be validated.
        epoch_ended: when the last epoch did.
        predicting: the first and the last word on what is being predicted.
    """

    born: float
    phase: PhaseStarted | None = None
    training_since: float | None = None
    first: tuple[float, float] | None = None
    now: tuple[float, float] | None = None
    said: float | None = None
    share: float = 0.0
    validating_since: float | None = None
    epoch_ended: float | None = None
    predicting: tuple[Preparing, Preparing] | None = None


class FitPace:
    """Listens to a fit's events, and estimates.

    Args:
        spec: what is fitted.
    """

    def __init__(self, spec: ExperimentSpec) -> None:
        self._spec = spec
        self._life = _Life(0.0)
        # How much of an epoch validation takes.
        self._validation = 0.0

    @property
    def phase(self) -> PhaseStarted | None:
        """The phase that trains; None before the first."""
        return self._life.phase

    def take(self, event: Event) -> None:
        """Hear what the fit says.

        Args:
            event: the next one.
        """
        life = self._life
        if isinstance(event, TaskStarted):
            self._life = _Life(event.time)
        elif isinstance(event, PhaseStarted):
            life.phase, life.first, life.now = event, None, None
            life.training_since = life.training_since or event.time
        elif isinstance(event, BatchEnded):
            at = event.epoch + event.batch / event.batches
            life.said, life.now = event.time, (event.time, at)
            life.first = life.first or life.now
            life.share = event.batch / event.batches * (1 - self._validation)
        elif isinstance(event, EpochEnded):
            self._end_epoch(event)
        elif isinstance(event, Preparing) and event.what == VALIDATING:
            life.said, life.validating_since = event.time, life.validating_since or event.time
            done = event.done / event.total if event.total else 0.0
            life.share = 1 - self._validation * (1 - done)
        elif isinstance(event, Preparing) and event.what.startswith("predicting"):
            first, last = life.predicting or (event, event)
            life.predicting = (first if event.what == last.what else event), event

    def _end_epoch(self, event: EpochEnded) -> None:
        life = self._life
        if life.validating_since is not None and event.seconds > 0:
            lasted = event.time - life.validating_since
            self._validation = min(lasted / event.seconds, 1.0)
        life.validating_since, life.share = None, 0.0
        life.said = life.epoch_ended = event.time

    def estimate(
        self, task: TaskRecord, siblings: Sequence[TaskRecord], images: int, now: float
    ) -> Estimate:
        """How far the fit has got.

        Args:
            task: what its events make of it.
            siblings: the experiment's folds, of which those that are done tell.
            images: how many are predicted in the end; 0 when nobody has counted them.
            now: the time.
        """
        done = [one for one in siblings if one.status is Status.DONE]
        known = done[-1] if done else None
        epoch, number = len(task.epoch_seconds), max(len(task.phase_starts) - 1, 0)
        counts = self._counts(task, number)
        epochs = sum(counts)
        is_trained = self._life.predicting is not None or epoch >= epochs
        if self._life.predicting is not None:
            # A phase gives up where it gets no better.
            epochs, counts[number] = epoch, counts[number] - (epochs - epoch)
        means = self._means(task, known)
        spent = task.seconds - task.shared_seconds
        if means is None:
            each = None if known is None else known.seconds - known.shared_seconds
            own = None if each is None else max(each - spent, 0.0)
            return Estimate(epochs, self._life.share, 0.0, own, each, is_trained)
        begun, to_come = self._trained(task, number, counts, means)
        predicted, left = self._predicted(task, known, images, means[-1], now)
        part = (begun + predicted) / max(begun + predicted + to_come + left, 1e-9)
        training = sum(count * mean for count, mean in zip(counts, means, strict=True))
        each = self._start(task) + training + predicted + left
        if known is not None:
            each = known.seconds - known.shared_seconds
        own = to_come + left
        if not is_trained and self._life.said is not None:
            # Of one that hangs nobody knows: at most what is left of the epoch is behind it.
            own -= min(now - self._life.said, (1 - self._life.share) * means[number], own)
        return Estimate(epochs, self._life.share, min(part, 1.0), own, each, is_trained)

    def _counts(self, task: TaskRecord, number: int) -> list[int]:
        """The epochs of each phase."""
        counts = epochs_of_phases(self._spec, task.phase_starts)
        if self.phase is not None:
            # A range test has steps of its own.
            counts[number] = self.phase.epochs
        return counts

    def _means(self, task: TaskRecord, known: TaskRecord | None) -> list[float] | None:
        """Seconds that an epoch of each phase takes; None while no epoch tells."""
        own = task.seconds_by_phase
        others = known.seconds_by_phase if known is not None else []
        found: list[float | None] = []
        for place in range(len(self._spec.phases)):
            mine = own[place] if place < len(own) else ()
            theirs = others[place] if place < len(others) else ()
            # In the first epoch the network is compiled, of which a fold that is done knows.
            told = _mean(mine[1:] or theirs[1:] or theirs or mine)
            found.append(self._batch_pace() if told is None and place == len(own) - 1 else told)
        return self._scaled(found)

    def _scaled(self, means: list[float | None]) -> list[float] | None:
        """Those of phases that nothing tells of, by what trains in them."""
        phases = self._spec.phases
        known = [place for place, mean in enumerate(means) if mean is not None]
        if not known:
            return None
        found = []
        for place, mean in enumerate(means):
            nearest = min(known, key=lambda one: (abs(one - place), one))
            ratio = relative_epoch(self._spec, phases[place]) / relative_epoch(
                self._spec, phases[nearest]
            )
            found.append((means[nearest] or 0.0) * ratio if mean is None else mean)
        return found

    def _batch_pace(self) -> float | None:
        """Seconds of an epoch by the batches of the first one."""
        first, now = self._life.first, self._life.now
        if first is None or now is None or now[1] - first[1] < 1e-6:
            return None
        training = (now[0] - first[0]) / (now[1] - first[1])
        return training / max(1 - self._validation, 0.1)

    def _trained(
        self, task: TaskRecord, number: int, counts: Sequence[int], means: Sequence[float]
    ) -> tuple[float, float]:
        """Seconds of training that are behind the fit, and those to come."""
        epoch = len(task.epoch_seconds)
        begun = sum(task.epoch_seconds) + self._life.share * means[number]
        own = sum(counts[: number + 1]) - epoch - self._life.share
        later = sum(
            count * mean
            for count, mean in zip(counts[number + 1 :], means[number + 1 :], strict=True)
        )
        return begun, max(own, 0.0) * means[number] + later

    def _predicted(
        self, task: TaskRecord, known: TaskRecord | None, images: int, mean: float, now: float
    ) -> tuple[float, float]:
        """Seconds of predicting that are behind the fit, and those to come."""
        if self._spec.kind == "range_test":
            return 0.0, 0.0
        if known is None:
            rows = self.phase.batches * self._spec.batch_size if self.phase is not None else 0
            wanted = mean * _FORWARD * (images / rows if images and rows else _IMAGES)
        else:
            spent = known.seconds - known.shared_seconds - sum(known.epoch_seconds)
            wanted = max(spent - self._start(task), 0.0)
        if self._life.predicting is None:
            return 0.0, wanted
        first, last = self._life.predicting
        elapsed = now - (self._life.epoch_ended or first.time)
        left = max(wanted - elapsed, 0.0)
        if last.done > first.done:
            pace = (last.time - first.time) / (last.done - first.done)
            own = max(pace * (last.total - last.done) - (now - last.time), 0.0)
            # What else is predicted only a fold that is done tells.
            left = own if known is None else max(own, left)
        return elapsed, left

    def _start(self, task: TaskRecord) -> float:
        """What a life takes before it trains, but for what is computed once."""
        life = self._life
        if life.training_since is None:
            return 0.0
        return max(life.training_since - life.born - task.shared_seconds, 0.0)


def _mean(seconds: Sequence[float]) -> float | None:
    return sum(seconds) / len(seconds) if seconds else None
