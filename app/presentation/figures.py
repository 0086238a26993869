"""What an experiment's histories hold, and the curves of each figure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.presentation.curves import Series, smoothed
from app.presentation.picture import Best, Border
from engine.experiment.means import mean_curve
from engine.experiment.metrics import NAMES
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.spec import LossSpec

LOSS = "log_loss"
_RATE, _OBJECTIVE = "learning_rate", "loss"
# What training minimises tells little beside the log-loss; the rate is known beforehand.
_FIRST, _LAST = (LOSS, "accuracy", "auc"), (_RATE, _OBJECTIVE)
_TITLES = {
    LOSS: "log-loss",
    "auc": "AUC",
    _RATE: "learning rate",
    _OBJECTIVE: "what training minimises",
}
GLYPHS = ("●", "◆", "▲", "■", "○", "◇", "△")
SMOOTHING = (0.0, 0.6, 0.9)

_State = tuple[tuple[Mapping[str, object], Status], ...]


def title_of(figure: str) -> str:
    """A figure's name as people read it."""
    return _TITLES.get(figure) or NAMES.get(figure) or figure.replace("_", " ")


def falls_over_decades(figure: str) -> bool:
    """Whether a figure may be shown on a logarithmic axis: a loss, or a rate."""
    return figure.endswith("loss") or figure == _RATE


def is_measured(figure: str) -> bool:
    """Whether a figure came out of training, rather than went into it."""
    return figure != _RATE


def figures_of(records: Sequence[ExperimentRecord]) -> tuple[str, ...]:
    """The figures that were logged each epoch, the most telling first.

    Args:
        records: the experiments whose curves are shown.

    Returns:
        Names without `val_`; at least the log-loss, for there is nothing to show before it. What
        training minimises is left out where it is just that.
    """
    found = {
        name.removeprefix("val_")
        for record in records
        for task in record.tasks
        for name in task.history
    } or {LOSS}
    if LOSS in found and all(one.fit is None or one.fit.loss == LossSpec() for one in records):
        found.discard(_OBJECTIVE)
    rest = sorted(found - {*_FIRST, *_LAST})
    return tuple(name for name in (*_FIRST, *rest, *_LAST) if name in found)


def slots(known: Mapping[str, int], shown: Sequence[str]) -> dict[str, int]:
    """Which place in the palette each shown experiment has; it keeps it while it is shown.

    Args:
        known: the places so far.
        shown: the ids of those shown now.

    Returns:
        The places; a new one takes the lowest that is free.
    """
    kept = {name: known[name] for name in shown if name in known}
    for name in shown:
        if name not in kept:
            kept[name] = min(set(range(len(kept) + 1)) - set(kept.values()))
    return kept


class Means:
    """Means over folds, computed once for each state of an experiment's histories."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[_State, tuple[float, ...]]] = {}

    def of(self, record: ExperimentRecord, name: str) -> tuple[float, ...]:
        """One figure over the epochs.

        Args:
            record: the experiment.
            name: as it was logged.
        """
        state = tuple((task.history, task.status) for task in record.tasks)
        kept = self._kept.get((record.id, name))
        if kept is None or not _are_same(kept[0], state):
            kept = self._kept[record.id, name] = state, mean_curve(record.tasks, name)
        return kept[1]


def _are_same(before: _State, now: _State) -> bool:
    return len(before) == len(now) and all(
        a is b and was is status for (a, was), (b, status) in zip(before, now, strict=True)
    )


def figure_series(
    figure: str,
    record: ExperimentRecord | None,
    others: Sequence[ExperimentRecord],
    places: Mapping[str, int],
    means: Means,
) -> tuple[Series, ...]:
    """The curves of one figure: of one experiment, and of those it is held beside.

    Args:
        figure: as `figures_of` names it.
        record: the selected experiment: its training dashed, its validation whole.
        others: of whom only the validation is shown, if the figure has one.
        places: each experiment's place in the palette.
        means: computes their values.

    Returns:
        The curves that have a point; means over folds.
    """
    found = []
    is_rate = figure == _RATE
    train = "rate" if is_rate else "train"
    if record is not None:
        has_both = bool(means.of(record, f"val_{figure}"))
        values = means.of(record, figure)
        found.append(_curve(train, values, places[record.id], dashed=has_both))
        found.append(_curve("val", means.of(record, f"val_{figure}"), places[record.id]))
    for other in others:
        values, what = means.of(other, f"val_{figure}"), "val"
        if not values:
            values, what = means.of(other, figure), train
        found.append(_curve(f"{what} of {other.id}", values, places[other.id]))
    return tuple(replace(series, is_rate=is_rate) for series in found if series.values)


def _curve(label: str, values: tuple[float, ...], place: int, dashed: bool = False) -> Series:
    glyph = "" if dashed else GLYPHS[place % len(GLYPHS)]
    return Series(label, tuple(range(1, len(values) + 1)), values, place, glyph, dashed)


def smooth(series: Sequence[Series], weight: float) -> tuple[Series, ...]:
    """Curves as moving averages, what was measured faint behind them.

    Args:
        series: the curves.
        weight: of what came before.
    """
    if not weight:
        return tuple(series)
    found = (replace(one, values=smoothed(one.values, weight), raw=one.values) for one in series)
    behind = (replace(one, glyph="", dashed=False, faint=True, loose=True) for one in series)
    return (*found, *behind)


def fold_series(figure: str, tasks: Sequence[TaskRecord], place: int) -> tuple[Series, ...]:
    """The curve of each of some folds, faint: of the validation, if the figure has one.

    Args:
        figure: as `figures_of` names it.
        tasks: the folds.
        place: the experiment's place in the palette.
    """
    found = []
    for task in tasks:
        values = task.history.get(f"val_{figure}") or task.history.get(figure, ())
        points = [
            (epoch, value)
            for epoch, value in enumerate(values, start=1)
            if value is not None and math.isfinite(value)
        ]
        if points:
            epochs, finite = zip(*points, strict=True)
            found.append(Series(task.name, epochs, finite, place, faint=True))
    return tuple(found)


def phases_of(record: ExperimentRecord | None) -> tuple[Border, ...]:
    """Where the phases begin, and what trains in them; empty when there is only one.

    Args:
        record: the experiment.
    """
    fit = record.fit if record is not None else None
    if record is None or fit is None or not record.tasks:
        return ()
    starts = record.tasks[0].phase_starts
    return tuple(
        Border(start + 1, (f"phase {number}: {phase.train}", f"phase {number}", f"p{number}"))
        for number, (start, phase) in enumerate(zip(starts, fit.phases, strict=False), start=1)
        if len(starts) > 1
    )


def best_epoch(record: ExperimentRecord | None, means: Means) -> int | None:
    """The epoch, from 1, with the lowest validation log-loss."""
    values = means.of(record, f"val_{LOSS}") if record is not None else ()
    return 1 + min(range(len(values)), key=values.__getitem__) if values else None


def is_kept(record: ExperimentRecord, epoch: int) -> bool:
    """Whether the weights that an experiment was scored with are those of an epoch.

    Without patience, and before the last phase, they are those of the last.

    Args:
        record: the experiment.
        epoch: from 1.
    """
    fit = record.fit
    if fit is None or record.status is not Status.DONE or not record.tasks:
        return True
    starts = record.tasks[0].phase_starts or (0,)
    is_last = all(epoch >= len(task.epoch_seconds) for task in record.tasks)
    return is_last or (fit.phases[-1].patience > 0 and epoch > starts[-1])


def best_of(
    figure: str, series: Sequence[Series], epoch: int | None, kept: bool = True
) -> Best | None:
    """Where a figure's validation curve stood in the epoch of the best validation log-loss.

    Args:
        figure: which.
        series: its curves, before smoothing.
        epoch: the best.
        kept: whether its weights were kept.
    """
    found = next((one for one in series if one.label == "val"), None)
    value = found.at(epoch) if found is not None and epoch is not None else None
    if epoch is None or value is None:
        return None
    if figure != LOSS:
        return Best(epoch, value, "epoch")
    return Best(epoch, value, "best epoch", "" if kept else ", the last is kept")


def left_out_of_means(record: ExperimentRecord) -> tuple[TaskRecord, ...]:
    """The folds that run while others have ended: the means are of those alone.

    Args:
        record: the experiment.
    """
    with_curves = [task for task in record.tasks if task.history]
    running = tuple(task for task in with_curves if not task.status.is_finished)
    return running if len(running) < len(with_curves) else ()
