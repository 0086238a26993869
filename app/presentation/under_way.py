"""How far what runs has got, in few words: for the headline, and for the command line."""

from collections.abc import Sequence
from typing import Any

from app.presentation.text import duration, progress_text
from engine.experiment.record import ExperimentRecord
from engine.progress import LiveTask

# More experiments at a time than this are counted, not named.
_MOST_NAMED = 2


def by_experiment(live: Sequence[LiveTask]) -> dict[str, LiveTask]:
    """One running task of each experiment; what is told of all folds is the same for each.

    Args:
        live: the running tasks.
    """
    return {task.experiment: task for task in reversed(live)}


def percentage(task: LiveTask) -> str:
    """How much of all folds is done."""
    return f"{task.whole:.0%}"


def under_way_text(live: Sequence[LiveTask], queued: int) -> str:
    """What runs, how far it has got, and how many experiments wait.

    Args:
        live: the running tasks, at least one.
        queued: how many experiments wait.
    """
    running = list(reversed(by_experiment(live).values()))
    told = [
        f"{task.experiment}: {percentage(task)}"
        + (f" · {duration(task.remaining)} left" if task.remaining is not None else "")
        for task in running
    ]
    if len(told) > _MOST_NAMED:
        told = [f"{len(told)} running"]
    return ", ".join([*told, *([f"{queued} queued"] if queued else [])])


def running_told(running: Sequence[ExperimentRecord], chosen: ExperimentRecord) -> str:
    """Which running experiment was turned to, and of how many.

    Args:
        running: all that run.
        chosen: that one.
    """
    told = f"{chosen.id} {chosen.name} runs"
    if len(running) == 1:
        return f"{told}."
    return f"{told}, {running.index(chosen) + 1} of {len(running)}: again for the next one."


def nothing_runs(queued: Sequence[str]) -> str:
    """That nothing runs, and what waits.

    Args:
        queued: ids of what waits.
    """
    waiting = f", and {', '.join(queued[:_MOST_NAMED])} {'waits' if len(queued) == 1 else 'wait'}"
    if len(queued) > _MOST_NAMED:
        waiting = f", and {len(queued)} experiments wait"
    return f"Nothing runs{waiting if queued else ''}."


def progress_line(task: LiveTask) -> str:
    """How far an experiment has got, its percentage first."""
    return f"{percentage(task)} · {progress_text(task)}"


def progress_fields(task: LiveTask | None) -> dict[str, Any] | None:
    """How far an experiment has got, for scripts; None of one that does not run.

    Args:
        task: one of its running tasks.
    """
    if task is None:
        return None
    return {
        "share": round(task.whole, 4),
        "seconds_left": task.remaining,
        "doing": task.doing,
        task.unit: min(task.epoch + 1, task.epochs),
        "batches" if task.unit == "batch" else f"{task.unit}s": task.epochs,
        "folds": task.folds,
        "folds_done": task.folds_done,
    }
