"""Two experiments on the same rows: the difference of their scores, and its noise."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit
from threadpoolctl import threadpool_limits

from engine.blending.metrics import measure
from engine.competition.findings import MetricName, TargetKind
from engine.experiment.compare import TWO_SIDED_95, Difference, judged
from engine.predictions.resampling import Scorer, scorer
from engine.training.scores import row_log_loss

Array = NDArray[np.floating]
Integers = NDArray[np.integer]

_RESAMPLES = 200
# Rows of all draws that are scored at once: they stay in the processor's cache.
_CELLS = 2**18


def standard_error(values: Array, groups: Integers | None = None) -> float | None:
    """The standard error of a mean of rows that need not be independent.

    Rows of one patient, or copies of a picture, err alike. What deviates within a group is summed
    up before it is squared (Liang & Zeger 1986); of rows that are all alone this is the usual
    error.

    Args:
        values: one a row, (rows,).
        groups: integers, (rows,), equal for rows that belong together; by default none do.

    Returns:
        The error; None of a single row or group.
    """
    deviations = values - values.mean()
    if groups is not None:
        deviations = np.bincount(np.unique(groups, return_inverse=True)[1], deviations)
    count = len(deviations)
    if count < 2:
        return None
    return float(np.sqrt(np.square(deviations).sum() * count / (count - 1)) / len(values))


def log_loss_gain(
    targets: Array, theirs: Array, mine: Array, kind: TargetKind, groups: Integers | None = None
) -> tuple[float, float | None]:
    """How much lower the log-losses of some rows are, which others are averaged with.

    Args:
        targets: hard labels, (rows, outputs).
        theirs: the predictions compared with, (rows, outputs).
        mine: the predictions judged, (rows, outputs).
        kind: what a prediction is.
        groups: as `standard_error` takes them.

    Returns:
        The gain and its plain standard error: what few groups leave unknown is for the mean.
    """
    gains = row_log_loss(targets, theirs, kind) - row_log_loss(targets, mine, kind)
    return float(gains.mean()), standard_error(gains, groups)


def paired_log_loss(
    targets: Array, theirs: Array, mine: Array, kind: TargetKind, groups: Integers | None = None
) -> Difference:
    """How much lower one log-loss is than the other, paired row by row.

    Args:
        targets: hard labels, (rows, outputs).
        theirs: the predictions compared with, (rows, outputs).
        mine: the predictions judged, (rows, outputs).
        kind: what a prediction is.
        groups: as `standard_error` takes them.

    Returns:
        The gain (positive is better), its error, 1.96 of which hold 95 %, and the verdict.
    """
    gain, error = log_loss_gain(targets, theirs, mine, kind, groups)
    count = len(targets) if groups is None else len(np.unique(groups))
    return judged(gain, None if error is None else _widened(error, count - 1))


def mean_metric(
    targets: Array, predictions: Array, kind: TargetKind, metric: MetricName, folds: Integers
) -> float | None:
    """A score as an experiment has it: each fold's own, averaged by rows.

    Args:
        targets: hard labels, (rows, outputs).
        predictions: of the same shape.
        kind: what a prediction is.
        metric: the competition's metric.
        folds: which fold each row is of, (rows,).

    Returns:
        The mean; None where the metric is not defined on one of the folds.
    """
    total = 0.0
    for rows in _rows_by_fold(folds):
        score = measure(metric, targets[rows], predictions[rows], kind)
        if score is None:
            return None
        total += score * len(rows) / len(targets)
    return total


def paired_metric(
    targets: Array,
    theirs: Array,
    mine: Array,
    kind: TargetKind,
    metric: MetricName,
    folds: Integers | None = None,
    groups: Integers | None = None,
    seed: int = 0,
) -> Difference | None:
    """How much better the competition's metric is, by a paired bootstrap.

    The bootstrap (Efron & Tibshirani 1993) draws the same rows for both, so that what is hard
    for both falls out of the difference, and whole groups of them, for what belongs together errs
    alike. It draws within folds, since a score is the mean of the
    folds' own: networks of two folds may be unlike in how sure they are, and AUC over the rows of
    both would tell of that.

    Args:
        targets: hard labels, (rows, outputs).
        theirs: the predictions compared with, (rows, outputs).
        mine: the predictions judged, (rows, outputs).
        kind: what a prediction is.
        metric: the competition's metric.
        folds: which fold each row is of, (rows,); by default all are of one.
        groups: integers, (rows,), equal for rows that belong together; by default none do.
        seed: of the draws.

    Returns:
        The gain (positive is better), its error over the draws, 1.96 of which hold 95 %, and the
        verdict; None where the metric is not defined on one of the folds.
    """
    if metric == "log_loss":
        return paired_log_loss(targets, theirs, mine, kind, groups)
    groups = np.arange(len(targets)) if groups is None else groups
    if folds is None:
        folds = np.zeros(len(targets), np.intp)
    before, after = (mean_metric(targets, one, kind, metric, folds) for one in (theirs, mine))
    if before is None or after is None:
        return None
    random, variance, freedom = np.random.default_rng(seed), 0.0, 0
    # Many small products: on a busy machine two threads wait for each other most of the time.
    with threadpool_limits(1, user_api="blas"):
        for rows in _rows_by_fold(folds):
            scorers = [scorer(metric, targets[rows], one[rows], kind) for one in (theirs, mine)]
            error = _drawn_error(scorers, groups[rows], random)
            if error is None:
                return judged(after - before, None)
            variance += (error * len(rows) / len(targets)) ** 2
            freedom += len(np.unique(groups[rows])) - 1
    return judged(after - before, _widened(variance**0.5, freedom))


def _widened(error: float, freedom: int) -> float:
    """A standard error, 1.96 of which hold 95 % also where few groups tell of it.

    Two or three often lie close together by chance: Student's t (1908).
    """
    return error * float(stdtrit(freedom, 0.975)) / TWO_SIDED_95


def _rows_by_fold(folds: Integers) -> list[Integers]:
    return [np.flatnonzero(folds == fold) for fold in np.unique(folds)]


def _drawn_error(
    scorers: Sequence[Scorer], groups: Integers, random: np.random.Generator
) -> float | None:
    """By how much what the second scores above the first varies over draws of groups.

    None where that tells nothing: of a single group, every draw is the same.
    """
    names, member_of = np.unique(groups, return_inverse=True)
    count = len(names)
    if count < 2:
        return None
    drawn: list[Array] = []
    for start in range(0, _RESAMPLES, size := max(_CELLS // len(groups), 1)):
        draws = random.integers(count, size=(min(size, _RESAMPLES - start), count))
        counts = np.stack([np.bincount(one, minlength=count)[member_of] for one in draws])
        before, after = (score(counts.astype(np.int32)) for score in scorers)
        drawn.append(after - before)
    gains = np.concatenate(drawn)
    known = gains[~np.isnan(gains)]
    # Draws of few vary less than other ones would.
    few = count / (count - 1)
    return float(np.sqrt(known.var(ddof=1) * few)) if len(known) > 1 else None
