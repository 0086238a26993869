"""Which rows the table of experiments has, in which order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.presentation.text import network_text, size_of
from engine.experiment.metrics import NAMES, by_metric, current_metric, shortfall
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.search import SearchSpec, TrialState

NO_GROUP = "no group"
# What an experiment is sorted by: what holds in either direction, then what is turned round.
Key = Callable[[ExperimentRecord], tuple[Any, Any]]


class Given(NamedTuple):
    """What a table shows, and how it is marked.

    Args:
        records: all experiments.
        marked: the ids of those marked for overlaid curves.
        selected: the id of the selected one.
        fresh: the ids of those that have ended and were not looked at yet.
        unread: how many older experiments are still to be read.
        deleted: experiments that were deleted, from which others may have been derived.
    """

    records: Sequence[ExperimentRecord] = ()
    marked: frozenset[str] = frozenset()
    selected: str | None = None
    fresh: frozenset[str] = frozenset()
    unread: int = 0
    deleted: Sequence[ExperimentRecord] = ()


@dataclass(frozen=True)
class Heading:
    """The row above the members of a group.

    Args:
        group: its name.
        members: its experiments, in the table's order.
        is_folded: whether they are hidden.
    """

    group: str
    members: tuple[ExperimentRecord, ...]
    is_folded: bool


@dataclass(frozen=True)
class Trial:
    """One trial of a search, below the search.

    Args:
        search: the experiment it belongs to.
        state: how it went.
    """

    search: ExperimentRecord
    state: TrialState


Line = ExperimentRecord | Heading | Trial


def experiment_of(line: Line) -> str | None:
    """The experiment that keys act on when the cursor is on a row; None on a heading."""
    if isinstance(line, Heading):
        return None
    return line.search.id if isinstance(line, Trial) else line.id


def name_of(line: Line) -> tuple[str, ...]:
    """What a row is of, by which it is found again when it has changed."""
    if isinstance(line, Heading):
        return ("group", line.group)
    return (line.search.id, line.state.id) if isinstance(line, Trial) else (line.id,)


def fold_of(line: Line, is_grouped: bool) -> str | None:
    """What folding a row folds or unfolds; None where there is nothing below it.

    Args:
        line: the row.
        is_grouped: whether groups have headings.
    """
    if isinstance(line, Heading):
        return f"group {line.group}"
    record = line.search if isinstance(line, Trial) else line
    if isinstance(record.spec, SearchSpec):
        return f"search {record.id}"
    return f"group {record.group or NO_GROUP}" if is_grouped else None


def arranged(
    records: Sequence[ExperimentRecord], is_grouped: bool, folded: frozenset[str]
) -> list[Line]:
    """The rows.

    Args:
        records: the experiments to show, sorted.
        is_grouped: whether the members of a group stand together below a heading.
        folded: groups whose members are hidden, and searches whose trials are shown; as
            `fold_of` names them.

    Returns:
        Experiments, headings and trials; a group stands where the first of its members would.
    """
    if not is_grouped and not folded:
        return list(records)
    groups: dict[str, list[ExperimentRecord]] = {}
    if is_grouped:
        for record in records:
            # Below a heading of their own: else they would seem to belong to the group above.
            groups.setdefault(record.group or NO_GROUP, []).append(record)
    lines: list[Line] = []
    for record in records:
        name = record.group or NO_GROUP
        members = groups.get(name)
        if members is None:
            lines += _with_trials(record, folded)
        elif members[0] is record:
            is_folded = f"group {name}" in folded
            lines.append(Heading(name, tuple(members), is_folded))
            if not is_folded:
                lines += [line for one in members for line in _with_trials(one, folded)]
    return lines


def _with_trials(record: ExperimentRecord, folded: frozenset[str]) -> list[Line]:
    if not isinstance(record.spec, SearchSpec) or f"search {record.id}" not in folded:
        return [record]
    return [record, *(Trial(record, one) for task in record.tasks for one in task.trials)]


def title_of(name: str, metric: str) -> str:
    """What stands above a column.

    Args:
        name: the column.
        metric: what the competition scores by.
    """
    return METRICS.get(metric, metric) if name == "metric" else COLUMNS[name]


def told_below(
    shown: int, count: int, order: str, is_falling: bool, query: str, unread: int
) -> str:
    """What stands below the table: how many rows of how many, in which order.

    Args:
        shown: how many experiments pass the filter.
        count: how many there are.
        order: the title of the column that they are sorted by.
        is_falling: whether the values fall from row to row.
        query: the filter, as it was typed.
        unread: how many older experiments are still to be read.
    """
    arrow = "↓" if is_falling else "↑"
    if unread:
        return f"{count} of {count + unread} · reading the older ones"
    if query:
        return f"{shown} of {count} · sorted by {order} {arrow} · filter: {query}"
    return f"{count} · sorted by {order} {arrow} · x5: mean over 5 folds"


def _plain(value: Callable[[ExperimentRecord], Any]) -> Key:
    """Sort by what every experiment has."""
    return lambda record: (False, value(record))


def _given(value: Callable[[ExperimentRecord], Any]) -> Key:
    """Sort by what not every experiment has: those without come last, also the other way round."""

    def key(record: ExperimentRecord) -> tuple[Any, Any]:
        found = value(record)
        return (found is None or found in ("", ()), found or 0.0)

    return key


def _score(name: str) -> Key:
    return _given(lambda record: getattr(record.scores, name))


def folds_scored(record: ExperimentRecord) -> int:
    """Over how many folds an experiment's scores are means; 0 of a search, whose are its trials'.

    Args:
        record: the experiment.
    """
    if isinstance(record.spec, SearchSpec):
        return 0
    return sum(task.status is Status.DONE for task in record.tasks)


def key_of(name: str, records: Sequence[ExperimentRecord]) -> Key:
    """What a column is sorted by.

    Args:
        name: the column.
        records: all experiments: which metric counts is said by the newest score.
    """
    if name != "metric":
        return _KEYS[name]
    metric = current_metric(records)
    return lambda record: _by_metric(record, metric)


def _by_metric(record: ExperimentRecord, metric: str) -> tuple[Any, Any]:
    short = shortfall(record.scores, metric)
    # What still runs is on top, whatever its folds say so far; what has no score comes last.
    # Between, the most folds first: folds differ more than experiments do, so that a lucky single
    # fold would stand above everything that was cross-validated, and be submitted for it.
    has_none = by_metric(record.scores, metric) is None
    # What has failed comes after all that ended well, however many of its folds were done.
    has_failed = record.status is Status.FAILED
    place = (record.status.is_finished, has_none, has_failed)
    return (place, (-folds_scored(record), short))


COLUMNS = {
    "id": "ID",
    "status": "Status",
    # The status as one character, the loss without its error: for narrow terminals.
    "mark": "",
    "stage": "Stage",
    "train": "Train",
    "val": "Val",
    "short": "Val",
    # By what the competition scores: the title is its name.
    "metric": "Metric",
    "accuracy": "Accuracy",
    "acc": "Acc",
    "auc": "AUC",
    "backbone": "Backbone",
    "size": "Px",
    # Against the experiment it was derived from.
    "changes": "Changes",
    "curve": "Val curve",
    "time": "Time",
    "tags": "Tags",
    "note": "Note",
    "parent": "From",
    "group": "Group",
    "when": "Queued",
}
METRICS = {metric: f"{name[0].upper()}{name[1:]}" for metric, name in NAMES.items()}
METRICS["quadratic_kappa"] = "Kappa"
_KEYS: dict[str, Key] = {
    "id": _plain(lambda record: int(record.id)),
    "status": _plain(lambda record: record.status),
    "mark": _plain(lambda record: record.status),
    "stage": _plain(lambda record: (record.stage, int(record.id))),
    "train": _score("train_log_loss"),
    "val": _score("val_log_loss"),
    "short": _score("val_log_loss"),
    "accuracy": _score("val_accuracy"),
    "acc": _score("val_accuracy"),
    "auc": _score("val_auc"),
    "backbone": _plain(network_text),
    "size": _plain(size_of),
    # Those of one origin beside each other.
    "changes": _given(lambda record: record.parent and (int(record.parent), int(record.id))),
    "curve": _plain(lambda record: int(record.id)),
    "time": _plain(lambda record: record.seconds),
    "tags": _given(lambda record: record.tags),
    "note": _given(lambda record: record.note),
    "parent": _given(lambda record: record.parent and int(record.parent)),
    "group": _given(lambda record: record.group and (record.group, int(record.id))),
    # Its place in the queue is another moment where it was moved there, or resumed.
    "when": _plain(lambda record: record.created),
}
ALL = tuple(name for name in COLUMNS if name not in ("mark", "short", "acc"))
# What the home screen has room for, in wide and in narrow terminals.
FEW = (
    "id", "status", "stage", "backbone", "size", "train", "val", "accuracy", "curve", "time",
    "changes",
)  # fmt: skip
FEWER = ("id", "mark", "stage", "train", "short", "acc")
