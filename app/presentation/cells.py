"""Experiments as the cells of a table."""

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
    """One figure of one experiment.

    Args:
        name: of the column.
        record: the experiment.
        is_marked: whether its curves are to be laid over others'.
    """
    scores, folds = record.scores, len(record.tasks)
    if name == "id":
        mark = ("◆" if is_marked else " ") + ("*" if record.pinned else " ")
        return Text(f"{mark}{record.id:>3}", "bold")
    if name == "status":
        return Text(f"{STATUS_MARKS[record.status]} {record.status}", _COLORS[record.status])
    if name == "mark":
        return Text(STATUS_MARKS[record.status], _COLORS[record.status])
    if name == "curve":
        curve = mean_curve(record.tasks, "val_log_loss")
        return Text(sparkline(curve, _SPARK_WIDTH))
    if name == "val":
        error = scores.val_log_loss_error
        return _number(
            figure(scores.val_log_loss) + (f" ±{error:.3f}" if error is not None else "")
        )
    texts = {
        "stage": record.stage + (f" x{folds}" if folds > 1 else ""),
        "backbone": network_text(record),
        "parent": record.parent or "",
        "when": moment(record.queued),
    }
    numbers = {
        "size": str(size_of(record) or ""),
        "train": figure(scores.train_log_loss),
        "short": figure(scores.val_log_loss),
        "accuracy": figure(scores.val_accuracy, 3),
        "acc": figure(scores.val_accuracy, 3),
        "auc": figure(scores.val_auc, 3),
        "metric": metric_text(scores),
        "time": duration(record.seconds),
    }
    return Text(texts[name]) if name in texts else _number(numbers[name])


def _number(text: str) -> Text:
    return Text(text, justify="right")
