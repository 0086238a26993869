"""What runs now: progress, time left, and how many wait."""

from rich.text import Text
from textual.widgets import Static

from app.presentation.text import duration
from engine.progress import LiveTask
from engine.watching import Snapshot

# The bar's cells; where there is less room, time left and folds must not be cut off for it.
_BAR, _SHORT_BAR = 24, 10
_ROOMY = 100
# Blends are made without a worker.
_FLYING = "No fit runs: the autopilot is at work."


class RunStatus(Static):
    """One line a running task.

    Args:
        idle: what to say while nothing runs.
    """

    def __init__(self, idle: str) -> None:
        super().__init__(id="run-status")
        self._idle = idle
        self._shown: object = None

    def show(self, snapshot: Snapshot) -> None:
        """Show what runs, and what waits.

        Args:
            snapshot: the workspace as it is now.
        """
        live, queued, flight = snapshot.live, snapshot.queued, snapshot.flight
        bar = _BAR if self.app.size.width >= _ROOMY else _SHORT_BAR
        idle = _FLYING if flight is not None and flight.status == "running" else self._idle
        if (live, queued, bar, idle) == self._shown:
            return
        self._shown = (live, queued, bar, idle)
        lines = [task_line(task, snapshot.by_id[task.experiment].name, bar) for task in live]
        if not lines:
            text = "starting a worker" if queued else idle
            lines = [Text(text, "dim")]
        if queued:
            lines[-1] = lines[-1] + Text(f"   queued: {', '.join(queued)}", "dim")
        self.update(Text("\n").join(lines))


def task_line(task: LiveTask, name: str, bar: int = _BAR) -> Text:
    """How far a task's experiment has got, with a bar over all its folds.

    Args:
        task: what runs.
        name: its experiment's name.
        bar: the bar's cells.
    """
    filled = round(bar * task.whole)
    text = Text()
    text.append(f"▶ {task.experiment} ", "bold cyan")
    text.append("━" * filled, "cyan")
    text.append("─" * (bar - filled), "dim")
    text.append(f" {task.whole:4.0%} ")
    if task.remaining is not None:
        text.append(f"{duration(task.remaining)} left ", "bold")
    if task.folds > 1:
        text.append(f"{task.folds_done}/{task.folds} folds · ")
    text.append(f"{task.unit} {min(task.epoch + 1, task.epochs)}/{task.epochs} · {task.doing}")
    if task.total:
        text.append(f" {task.done:,}/{task.total:,}")
    if task.remaining is None and task.step_left:
        # Before the first epoch nobody knows how long it will all take.
        text.append(f", {duration(task.step_left)} of this left")
    # A search is one task, and called so already.
    text.append(f" · {name}" if task.unit == "trial" else f" · {task.task} of {name}", "dim")
    return text
