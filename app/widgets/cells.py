"""What each column of the notebook's table shows of an experiment."""

from collections.abc import Callable

from rich.text import Text

from app.presentation.curves import mean_curve, sparkline
from app.presentation.text import (
    STATUS_MARKS,
    duration,
    figure,
    metric_text,
    moment,
    network_text,
    size_of,
)
from engine.experiment.record import ExperimentRecord, Status

_COLORS = {
    Status.QUEUED: "dim",
    Status.RUNNING: "bold cyan",
    Status.DONE: "green",
    Status.FAILED: "red",
    Status.STOPPED: "yellow",
    Status.INTERRUPTED: "yellow",
}
_SPARK_WIDTH = 10


def cell(name: str, record: ExperimentRecord, is_marked: bool) -> Text:
    """One cell.

    Args:
        name: the column.
        record: the experiment.
        is_marked: whether it is marked for overlaid curves.
    """
    if name == "id":
        mark = ("◆" if is_marked else " ") + ("*" if record.pinned else " ")
        return Text(f"{mark}{record.id:>3}", "bold")
    return _CELLS[name](record)


def _number(text: str) -> Text:
    return Text(text, justify="right")


def _loss(record: ExperimentRecord) -> Text:
    scores = record.scores
    error = scores.val_log_loss_error
    return _number(figure(scores.val_log_loss) + (f" ±{error:.3f}" if error is not None else ""))


_CELLS: dict[str, Callable[[ExperimentRecord], Text]] = {
    "status": lambda record: Text(
        f"{STATUS_MARKS[record.status]} {record.status}", _COLORS[record.status]
    ),
    "mark": lambda record: Text(STATUS_MARKS[record.status], _COLORS[record.status]),
    "stage": lambda record: Text(
        record.stage + (f" x{len(record.tasks)}" if len(record.tasks) > 1 else "")
    ),
    "train": lambda record: _number(figure(record.scores.train_log_loss)),
    "val": _loss,
    "short": lambda record: _number(figure(record.scores.val_log_loss)),
    "accuracy": lambda record: _number(figure(record.scores.val_accuracy, 3)),
    "acc": lambda record: _number(figure(record.scores.val_accuracy, 3)),
    "auc": lambda record: _number(figure(record.scores.val_auc, 3)),
    "metric": lambda record: _number(metric_text(record.scores)),
    "backbone": lambda record: Text(network_text(record)),
    "size": lambda record: _number(str(size_of(record) or "")),
    "curve": lambda record: Text(sparkline(mean_curve(record.tasks, "val_log_loss"), _SPARK_WIDTH)),
    "time": lambda record: _number(duration(record.seconds)),
    "parent": lambda record: Text(record.parent or ""),
    "group": lambda record: Text(record.group or ""),
    "when": lambda record: Text(moment(record.queued)),
}
