"""How far running tasks have got, and how long their experiments will still take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.experiment.record import Status, TaskRecord


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
        remaining: estimated seconds until the last epoch ends; None while nothing tells. Of
            `together`, those of the experiment's last fold.
        notes: what it noted on the way.
        folds: folds of its experiment in all.
        folds_done: those that are done.
        share: how much of the epoch, or the trial, under way is done, from 0 to 1; it never falls
            while that goes on.
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


def together(live: Sequence[LiveTask], tasks: Sequence[TaskRecord]) -> list[LiveTask]:
    """What runs of one experiment, with the folds that are done and the time left for all.

    Args:
        live: its running tasks, each with the time that itself needs.
        tasks: all its tasks as they are now.
    """
    done = [task for task in tasks if task.status is Status.DONE]
    waiting = sum(1 for task in tasks if task.status is Status.QUEUED)
    worked = {task.name: task.seconds for task in tasks}
    found = []
    for one in live:
        own, spent = one.remaining, worked[one.task]
        # Later folds find computed what the first one had to.
        each = done[-1].seconds if done else None if own is None else spent + own
        if own is None and each is not None:
            own = max(0.0, each - spent)
        left = None
        if own is not None and each is not None:
            left = float(round(own + each * waiting / len(live)))
        found.append(replace(one, remaining=left, folds=len(tasks), folds_done=len(done)))
    return found
