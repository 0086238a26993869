"""Scores and curves over several folds."""

import math
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from engine.experiment.metrics import by_metric
from engine.experiment.record import Scores, Status, TaskRecord

_JUDGED, _RATE = "val_log_loss", "learning_rate"


def mean_scores(tasks: Iterable[TaskRecord]) -> Scores:
    """Scores of an experiment: means over its finished folds, weighted by validation rows.

    Log-loss and accuracy over all rows are exactly these means; AUC, F1 and kappa are the means
    of the folds' own. The metric is that of the last fold.

    Args:
        tasks: the experiment's tasks, finished or not.

    Returns:
        The mean of every score that all finished folds have; empty when none has finished.
    """
    done = [task.scores for task in tasks if task.status is Status.DONE]
    if not done:
        return Scores()
    # Between two folds the competition's metric may have been corrected.
    metric = done[-1].metric
    done = [
        one
        if metric is None or one.metric == metric
        else one.model_copy(update={"val_metric": by_metric(one, metric)})
        for one in done
    ]
    # A range test validates nothing.
    known = [scores.val_rows for scores in done if scores.val_rows]
    weights = [scores.val_rows or 1 for scores in done]
    total = sum(weights)

    def mean(name: str) -> float | None:
        values = [getattr(scores, name) for scores in done]
        if any(value is None for value in values):
            return None
        return float(sum(w * v for w, v in zip(weights, values, strict=True)) / total)

    def error(name: str) -> float | None:
        values = [getattr(scores, f"{name}_error") for scores in done]
        if all(value is not None for value in values):
            squares = sum((w / total * v) ** 2 for w, v in zip(weights, values, strict=True))
            return float(squares**0.5)
        # Of a single row, or of what belongs together, no fold tells any: the folds do, together.
        middle, folds = mean(name), len(done)
        if middle is None or folds < 2:
            return None
        apart = [w * (getattr(one, name) - middle) for w, one in zip(weights, done, strict=True)]
        return float((sum(each**2 for each in apart) * folds / (folds - 1)) ** 0.5 / total)

    means = (
        "train_log_loss",
        "val_log_loss",
        "val_accuracy",
        "val_balanced_accuracy",
        "val_auc",
        "val_macro_f1",
        "val_mean_f1",
        "val_mean_f2",
        "val_quadratic_kappa",
        "val_map_at_3",
        "val_map_at_5",
        "val_metric",
        "suggested_rate",
    )
    judged = ("val_log_loss", "parent_gain", "overfit_gain")
    opponents = {one.overfit for one in done}
    return Scores(
        **{name: mean(name) for name in (*means, "prior_log_loss", "majority_accuracy")},
        **{f"{name}_error": error(name) for name in judged},
        parent_gain=mean("parent_gain"),
        overfit=opponents.pop() if len(opponents) == 1 else None,
        overfit_gain=mean("overfit_gain"),
        metric=metric,
        train_rows=done[0].train_rows,
        val_rows=sum(known) or None,
    )


def mean_curve(tasks: Sequence[TaskRecord], name: str) -> tuple[float, ...]:
    """One figure over the epochs, the mean over the folds.

    A fold that is done counts in later epochs with what it has kept, its best epoch: else the mean
    would fall as soon as a hard fold has ended, or end with the first of them. What it did behind
    that epoch was thrown away, and is seen of the longest folds alone. Folds that still run are
    averaged over the epochs that all have reached, and left out once others have ended. Folds weigh
    as in `mean_scores`, so that the best epoch of a curve is the score.

    Args:
        tasks: the folds.
        name: the figure, as `val_log_loss`.

    Returns:
        One value an epoch, up to the first that no fold has a number of.
    """
    found = [task for task in tasks if task.history.get(name)]
    counted = [task for task in found if task.status.is_finished] or found
    lengths = [len(task.history[name]) for task in counted]
    best = [best_epoch(task) if task.status is Status.DONE else None for task in counted]
    bounds = [length for length, epoch in zip(lengths, best, strict=True) if epoch is None]
    length = min(bounds or [max(lengths, default=0)])
    rows = [task.scores.val_rows for task in counted]
    # As long as one runs, nobody knows how many rows it validates.
    weights = [one or 1 for one in rows] if all(rows) and len(set(rows)) > 1 else [1] * len(rows)
    curves: list[Sequence[float | None]] = []
    for task, own, epoch in zip(counted, lengths, best, strict=True):
        curve = task.history[name]
        if epoch is not None and own < length and name != _RATE:
            kept = curve[: epoch + 1]
            curve = kept + kept[-1:] * (length - len(kept))
        curves.append(curve[:length])
    means = []
    for point in zip_longest(*curves):
        values = [
            (value, weight)
            for value, weight in zip(point, weights, strict=True)
            if value is not None and math.isfinite(value)
        ]
        if not values:
            break
        total = sum(weight for _, weight in values)
        means.append(sum(value * weight for value, weight in values) / total)
    return tuple(means)


def best_epoch(task: TaskRecord) -> int | None:
    """The epoch, from 0, whose weights patience keeps: the best of the last phase.

    Args:
        task: a fold.

    Returns:
        The epoch; None where no validation was logged.
    """
    values = task.history.get(_JUDGED, ())
    begin = task.phase_starts[-1] if task.phase_starts else 0
    known = [epoch for epoch in range(begin, len(values)) if values[epoch] is not None]
    return min(known, key=lambda epoch: values[epoch] or 0.0, default=None)
