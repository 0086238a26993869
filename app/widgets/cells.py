"""What each column of the notebook's table shows of an experiment."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from app.palette import QUIET
from app.presentation.changes import changes_text
from app.presentation.curves import sparkline
from app.presentation.listing import Heading, Line, Trial, folds_scored, title_of
from app.presentation.text import (
    STATUS_MARKS,
    duration,
    figure,
    moment,
    network_text,
    size_of,
)
from engine.experiment.means import mean_curve
from engine.experiment.metrics import LOG_LOSS, by_metric
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.search import SearchSpec

_COLORS = {
    Status.QUEUED: QUIET,
    Status.RUNNING: "bold cyan",
    Status.DONE: "green",
    Status.FAILED: "red",
    Status.STOPPED: "yellow",
    Status.INTERRUPTED: "yellow",
}
_SPARK_WIDTH = 10
# As wide as ` x5`, so that scores stand below each other.
_NO_FOLDS = "   "
_STATUS_WIDTH = len(Status.RUNNING)
MOST_CHANGES = 26
# What a person writes has no bounds, and a column does.
_MOST_WIDTH = {"tags": 24, "note": 40, "group": 30, "changes": MOST_CHANGES}
# What goes first where there is no room for all: another screen shows it, or shows it larger.
_SPARE = ("changes", "backbone", "size", "curve", "accuracy", "acc")
# Both borders, and the scroll bar that is there at times.
_AROUND = 3


class Cell(NamedTuple):
    """One cell.

    Args:
        text: what it says.
        style: a Rich style.
        right: whether it is aligned to the right.
    """

    text: str
    style: str = ""
    right: bool = False


def cell(
    name: str,
    line: Line,
    is_marked: bool = False,
    is_open: bool = False,
    is_fresh: bool = False,
    metric: str = LOG_LOSS,
    origin: ExperimentRecord | None = None,
) -> Cell:
    """One cell of a row.

    Args:
        name: the column.
        line: the experiment, or a trial of a search.
        is_marked: whether it is marked for overlaid curves.
        is_open: whether the trials of a search are shown below it.
        is_fresh: whether it has ended and was not looked at yet.
        metric: what the competition scores by.
        origin: the experiment that it is told from, as far as it is known.
    """
    if isinstance(line, Heading):
        raise TypeError("a heading has no cells")
    if isinstance(line, Trial):
        return _trial_cell(name, line)
    if name == "id":
        mark = ("◆" if is_marked else "•" if is_fresh else " ") + ("*" if line.pinned else " ")
        fold = ("▾" if is_open else "▸") if isinstance(line.spec, SearchSpec) else ""
        return Cell(f"{mark}{line.id:>3}{fold}", "bold")
    if name == "changes":
        return Cell(changes_text(line, origin))
    if name == "metric":
        return _number(figure(by_metric(line.scores, metric)))
    return _CELLS[name](line)


def heading_text(heading: Heading) -> str:
    """A group in one line: its name, how many belong to it, and the best of them."""
    count = len(heading.members)
    # As in the table's own order: a mean over more folds is worth more than a lucky fold.
    scored = [one for one in heading.members if one.scores.val_log_loss is not None]
    best = min(scored, key=lambda one: (-folds_scored(one), one.scores.val_log_loss), default=None)
    told = f" · best val {_short_loss(best).text.rstrip()}" if best is not None else ""
    running = sum(not one.status.is_finished for one in heading.members)
    under_way = f" · {running} not finished" if running else ""
    fold = "▸" if heading.is_folded else "▾"
    experiments = "experiment" if count == 1 else "experiments"
    return f" {fold} {heading.group} · {count} {experiments}{told}{under_way}"


def _trial_cell(name: str, trial: Trial) -> Cell:
    state = trial.state
    if name == "id":
        return Cell("    └", "dim")
    if name in ("status", "mark"):
        status = Status(state.status)
        return Cell(STATUS_MARKS[status] + (f" {status}" if name == "status" else ""), "dim")
    if name == "stage":
        return Cell(f"trial {state.id}", "dim")
    if name in ("val", "short"):
        return Cell(figure(state.score) + _NO_FOLDS, "", right=True)
    if name == "time":
        return Cell(duration(state.seconds), "dim", right=True)
    # In a narrow column the last part of a field's path says most.
    tried = (f"{path.rpartition('.')[2]}={value}" for path, value in state.values.items())
    return Cell(", ".join(tried) if name == "backbone" else "", "dim")


def _status(record: ExperimentRecord) -> str:
    """How it stands; a search says what it is: its stage and score are those of its trials."""
    # Its mark tells how it stands, and another word would push columns off the screen.
    word = "search" if isinstance(record.spec, SearchSpec) else record.status
    return f"{STATUS_MARKS[record.status]} {word}"


def _number(text: str) -> Cell:
    return Cell(text, right=True)


def _loss(record: ExperimentRecord) -> Cell:
    if record.scores.val_log_loss is None:
        return _loss_so_far(record)
    error = record.scores.val_log_loss_error
    return _number(
        figure(record.scores.val_log_loss)
        + (f" ±{error:.3f}" if error is not None else "")
        + _folds(record)
    )


def _loss_so_far(record: ExperimentRecord) -> Cell:
    """What has no score yet, or was stopped before, shows where its curve has got."""
    curve = mean_curve(record.tasks, "val_log_loss")
    return Cell((f"~{curve[-1]:.4f}" if curve else "-") + _NO_FOLDS, "dim", right=True)


def _short_loss(record: ExperimentRecord) -> Cell:
    if record.scores.val_log_loss is None:
        return _loss_so_far(record)
    return _number(figure(record.scores.val_log_loss) + _folds(record))


def _folds(record: ExperimentRecord) -> str:
    """How many folds a score is the mean over: over different ones they can't be compared."""
    # Beside the score, not in a column of its own, which may be out of sight.
    folds = folds_scored(record)
    return f" x{folds}" if folds else _NO_FOLDS


_CELLS: dict[str, Callable[[ExperimentRecord], Cell]] = {
    "status": lambda record: Cell(_status(record), _COLORS[record.status]),
    "mark": lambda record: Cell(STATUS_MARKS[record.status], _COLORS[record.status]),
    "stage": lambda record: Cell(record.stage),
    "train": lambda record: _number(figure(record.scores.train_log_loss)),
    "val": _loss,
    "short": lambda record: _short_loss(record),
    "accuracy": lambda record: _number(figure(record.scores.val_accuracy, 3)),
    "acc": lambda record: _number(figure(record.scores.val_accuracy, 3)),
    "auc": lambda record: _number(figure(record.scores.val_auc, 3)),
    "backbone": lambda record: Cell(network_text(record)),
    "size": lambda record: _number(str(size_of(record) or "")),
    "curve": lambda record: Cell(sparkline(mean_curve(record.tasks, "val_log_loss"), _SPARK_WIDTH)),
    "time": lambda record: _number(
        "-" if record.status is Status.QUEUED else duration(record.seconds)
    ),
    "tags": lambda record: Cell(" ".join(record.tags), "italic"),
    "note": lambda record: Cell(record.note),
    "parent": lambda record: Cell(record.parent or ""),
    "group": lambda record: Cell(record.group or ""),
    "when": lambda record: Cell(moment(record.created)),
}


def _loss_width(loss: float | None) -> int:
    return 1 if loss is None else 6 if loss < 10 else len(figure(loss))


def _val_width(record: ExperimentRecord) -> int:
    loss = record.scores.val_log_loss
    if loss is None:
        return len(_loss_so_far(record).text)
    return _loss_width(loss) + len(_folds(record))


def _trial_width(record: ExperimentRecord, width: int) -> int:
    return width if isinstance(record.spec, SearchSpec) else 0


# How wide the cells are, told without making them: there may be thousands. Those of columns that
# are not named are no wider than their titles.
WIDTHS: dict[str, Callable[[ExperimentRecord], int]] = {
    "id": lambda record: max(len(record.id), 3) + (3 if isinstance(record.spec, SearchSpec) else 2),
    "status": lambda record: max(len(_status(record)), _trial_width(record, 2 + _STATUS_WIDTH)),
    "mark": lambda record: 1,
    "stage": lambda record: len(record.stage),
    "train": lambda record: _loss_width(record.scores.train_log_loss),
    "val": lambda record: (
        _val_width(record) + (7 if record.scores.val_log_loss_error is not None else 0)
    ),
    "short": _val_width,
    "accuracy": lambda record: 5,
    "acc": lambda record: 5,
    "auc": lambda record: 5,
    "metric": lambda record: 6,
    # What a trial tries is cut: the search's own screen has it whole.
    "backbone": lambda record: len(network_text(record)),
    "size": lambda record: 4,
    "curve": lambda record: _SPARK_WIDTH,
    "time": lambda record: 6 if record.seconds < 3600 else 8,
    "tags": lambda record: cell_len(" ".join(record.tags)),
    "note": lambda record: cell_len(record.note),
    "parent": lambda record: len(record.parent or ""),
    "group": lambda record: len(record.group or ""),
    "when": lambda record: 16,
}


def laid_out(
    names: Sequence[str], widths: Mapping[str, int], room: int | None, metric: str
) -> dict[str, tuple[str, int]]:
    """The titles and widths of a table's columns, by their names.

    Args:
        names: which are wanted.
        widths: how wide their cells are, as far as that was measured.
        room: how wide the table is, with its borders; None where all are to stay.
        metric: what the competition scores by.
    """
    columns = {}
    for name in names:
        title = title_of(name, metric)
        wide = min(max(len(title), widths.get(name, 0)), _MOST_WIDTH.get(name, 99))
        columns[name] = (title, wide)
    for spare in _SPARE:
        # A figure that is cut off is another figure.
        if room is None or sum(wide + 2 for _, wide in columns.values()) - 1 + _AROUND <= room:
            break
        columns.pop(spare, None)
    return columns
