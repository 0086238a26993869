"""What runs now: progress, time left, and how many wait."""

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import Static

from app.presentation.text import duration
from engine.experiment.record import ExperimentRecord, Status
from engine.progress import LiveTask

_BAR = 24


class RunStatus(Static):
    """One line a running task.

    Args:
        idle: what to say while nothing runs.
    """

    def __init__(self, idle: str) -> None:
        super().__init__(id="run-status")
        self._idle = idle
        self._given: tuple[object, object] = (None, None)
        self._shown: object = None

    def show(self, live: Sequence[LiveTask], records: Sequence[ExperimentRecord]) -> None:
        """Show the running tasks.

        Args:
            live: those that run.
            records: all experiments, of which the queued ones are counted.
        """
        before, self._given = self._given, (live, records)
        if live is before[0] and records is before[1]:
            return
        queued = [record.id for record in records if record.status is Status.QUEUED]
        names = {record.id: record.name for record in records}
        wanted = (tuple(live), tuple(queued))
        if wanted == self._shown:
            return
        self._shown = wanted
        lines = [task_line(task, names.get(task.experiment, "")) for task in live]
        if not lines:
            text = "starting a worker" if queued else self._idle
            lines = [Text(text, "dim", no_wrap=True, overflow="ellipsis")]
        if queued:
            lines[-1] = lines[-1] + Text(f"   queued: {', '.join(queued)}", "dim")
        self.update(Text("\n").join(lines))


def task_line(task: LiveTask, name: str) -> Text:
    """How far a task's experiment has got, with a bar over all its folds.

    Args:
        task: what runs.
        name: its experiment's name.
    """
    share = task.done / task.total if task.total else 0.0
    whole = (task.epoch + (share if task.loss is not None else 0.0)) / max(task.epochs, 1)
    # The last epoch is done, and its last batch still stands there.
    whole = (task.folds_done + min(whole, 1.0)) / task.folds
    filled = round(_BAR * whole)
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"▶ {task.experiment} ", "bold cyan")
    text.append("━" * filled, "cyan")
    text.append("─" * (_BAR - filled), "dim")
    text.append(f" {whole:4.0%} ")
    if task.remaining is not None:
        text.append(f"{duration(task.remaining)} left ", "bold")
    if task.folds > 1:
        text.append(f"{task.folds_done}/{task.folds} folds · ")
    text.append(f"{task.unit} {min(task.epoch + 1, task.epochs)}/{task.epochs} · {task.doing}")
    if task.total:
        text.append(f" {task.done}/{task.total}")
    # A search is one task, and called so already.
    text.append(f" · {name}" if task.unit == "trial" else f" · {task.task} of {name}", "dim")
    return text
