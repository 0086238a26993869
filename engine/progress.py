"""How far running tasks have got, and how long their experiments will still take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from engine.experiment.record import Status, TaskRecord
from engine.experiment.spec import ExperimentSpec

_NEARLY = 0.99
# What a task does that was asked to stop.
ENDING = "saving and ending"


@dataclass(frozen=True)
class LiveTask:
    """How far a running task has got.

    Args:
        experiment: its experiment's id.
        task: its name.
        doing: what it does now, in words.
        done: steps of that done.
        total: steps of that in all.
        epoch: epochs finished; of a search, trials; of a range test, batches.
        epochs: epochs in all phases, without those that a phase which gave up has left out; of a
            search, trials in all.
        unit: what those are: `epoch`, `trial` or `batch`.
        loss: the running loss of the epoch under way.
        remaining: estimated seconds until its experiment's last fold has predicted; None while
            nothing tells.
        notes: what it noted on the way.
        folds: folds of its experiment in all.
        folds_done: those that are done.
        share: how much of the epoch, or the trial, under way is done, from 0 to 1; it never falls
            while that goes on.
        part: how much of the task's work is done, from 0 to 1.
        own: estimated seconds until the task itself has ended; None while nothing tells.
        each: estimated seconds that a fold to come takes; None while nothing tells.
        whole: how much of all folds is done; below 1 while anything is left to do.
        step_left: estimated seconds that what it does now still takes, where that is a pass over
            images; None while nothing tells.
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
    folds: int = 1
    folds_done: int = 0
    share: float = 0.0
    part: float = 0.0
    own: float | None = None
    each: float | None = None
    whole: float = 0.0
    step_left: float | None = None


def epochs_of_phases(spec: ExperimentSpec, starts: Sequence[int]) -> list[int]:
    """The epochs of each phase: those that were trained, or those to come.

    Args:
        spec: what is fitted.
        starts: the epoch that each phase began with which was begun; one that gave up left out
            the rest of its own.
    """
    trained = [after - start for start, after in pairwise(starts)]
    return trained + [phase.epochs for phase in spec.phases[len(trained) :]]


def together(live: Sequence[LiveTask], tasks: Sequence[TaskRecord]) -> list[LiveTask]:
    """What runs of one experiment, with how far all its folds have got, and the time left for all.

    Args:
        live: its running tasks, each with what it tells of itself.
        tasks: all its tasks as they are now.
    """
    done = sum(1 for task in tasks if task.status is Status.DONE)
    waiting = sum(1 for task in tasks if task.status is Status.QUEUED)
    # Nothing is over before it has said so.
    whole = min((done + sum(one.part for one in live)) / max(len(tasks), 1), _NEARLY)
    found = []
    for one in live:
        left = one.own
        if waiting:
            is_known = one.own is not None and one.each is not None
            left = (one.own or 0.0) + (one.each or 0.0) * waiting / len(live) if is_known else None
        # What takes longer than anything told has no time left to tell.
        left = float(round(left or 0.0)) or None
        found.append(replace(one, remaining=left, folds=len(tasks), folds_done=done, whole=whole))
    return found
