"""Scores of many resamples at once, by how often each row was drawn into them.

To score every resample by itself sorts and compares all its rows again; weights only add up.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.analysis.answers import decided
from engine.competition.findings import BETAS, NAMED, MetricName, TargetKind
from engine.training.scores import f_scores, precisions

Array = NDArray[np.floating]
Counts = NDArray[np.int32]
# How often each row was drawn, (draws, rows), to a score each, (draws,); NaN where undefined.
Scorer = Callable[[Counts], Array]

_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


def scorer(metric: MetricName, targets: Array, predictions: Array, kind: TargetKind) -> Scorer:
    """What scores resamples of some rows, as `measure` scores the rows themselves.

    Args:
        metric: any but the log-loss.
        targets: hard labels, (rows, outputs).
        predictions: probabilities of the same shape.
        kind: what a prediction is.

    Returns:
        A function of how often each row was drawn, (draws, rows), that returns the scores of the
        draws, (draws,); NaN where the metric is not defined.
    """
    if metric == "auc":
        return _auc(targets, predictions)
    if metric in NAMED:
        if kind is not TargetKind.MULTICLASS:
            return _undefined
        return _mean_of(precisions(targets, predictions, NAMED[metric]))
    if metric in BETAS:
        if kind is not TargetKind.MULTILABEL:
            return _undefined
        return _mean_of(f_scores(targets, predictions, BETAS[metric]))
    truth, answers = decided(targets, kind), decided(predictions, kind, metric)
    if metric == "accuracy":
        same = truth == answers
        right = same.mean(axis=1) if kind is TargetKind.MULTILABEL else same.all(axis=1)
        return _mean_of(right)
    if kind is TargetKind.MULTILABEL:
        return _f1_of_labels(truth, answers) if metric == "macro_f1" else _undefined
    if metric == "balanced_accuracy":
        return _recall(truth, answers)
    classes = truth.argmax(axis=1), answers.argmax(axis=1)
    return _kappa(*classes) if metric == "quadratic_kappa" else _f1(*classes, truth.shape[1])


def _mean_of(worth: Array) -> Scorer:
    """What each row is worth adds up."""
    return lambda counts: counts.astype(float) @ worth / counts.sum(axis=1)


def _undefined(counts: Counts) -> Array:
    return np.full(len(counts), np.nan)


def _auc(targets: Array, predictions: Array) -> Scorer:
    """Each output is sorted once: where its positives stand among the drawn rows is a sum away."""
    outputs = []
    for truth, values in zip(targets.T, predictions.T, strict=True):
        order = np.argsort(values)
        positives = np.flatnonzero(truth)
        # Equal predictions share their rank: they stand between the first and behind the last.
        ends = [np.searchsorted(values[order], values[positives], end) for end in _SIDES]
        outputs.append((order, positives, *ends))

    def score(counts: Counts) -> Array:
        areas = np.full((len(counts), len(outputs)), np.nan)
        below = np.zeros((len(counts), len(targets) + 1), np.int32)
        for number, (order, positives, first, behind) in enumerate(outputs):
            np.cumsum(np.take(counts, order, axis=1), axis=1, dtype=np.int32, out=below[:, 1:])
            drawn = np.take(counts, positives, axis=1).astype(float)
            # Twice the rows below each, half of its equals among them.
            ranks = np.take(below, first, axis=1) + np.take(below, behind, axis=1)
            present = drawn.sum(axis=1)
            pairs = present * (below[:, -1] - present)
            wins = ((drawn * ranks).sum(axis=1) - present**2) / 2
            np.divide(wins, pairs, out=areas[:, number], where=pairs > 0)
        defined = ~np.isnan(areas)
        sums = np.where(defined, areas, 0).sum(axis=1)
        return _divided(sums, defined.sum(axis=1), np.nan)

    return score


def _recall(truth: NDArray[np.bool_], answers: NDArray[np.bool_]) -> Scorer:
    true, hits = truth.astype(float), (truth & answers).astype(float)

    def score(counts: Counts) -> Array:
        drawn = counts.astype(float)
        weights = drawn @ true
        # A class that no drawn row has, has no recall.
        recalls = _divided(drawn @ hits, weights, 0.0)
        return np.asarray(recalls.sum(axis=1) / (weights > 0).sum(axis=1))

    return score


def _f1(truth: NDArray[np.intp], answers: NDArray[np.intp], classes: int) -> Scorer:
    right = truth == answers

    def one(weights: Counts) -> float:
        hits = np.bincount(truth[right], weights[right], classes)
        named = np.bincount(truth, weights, classes) + np.bincount(answers, weights, classes)
        # A class that no drawn row has, nor is taken for, has no score.
        return float((2 * hits[named > 0] / named[named > 0]).mean())

    return lambda counts: np.array([one(weights) for weights in counts])


def _f1_of_labels(truth: NDArray[np.bool_], answers: NDArray[np.bool_]) -> Scorer:
    both, named = (truth & answers).astype(float), truth.astype(float) + answers

    def score(counts: Counts) -> Array:
        drawn = counts.astype(float)
        weights = drawn @ named
        # A label that no drawn row has, nor is given, has no score.
        sums = _divided(2 * drawn @ both, weights, 0.0).sum(axis=1)
        return _divided(sums, (weights > 0).sum(axis=1), np.nan)

    return score


def _kappa(truth: NDArray[np.intp], answers: NDArray[np.intp]) -> Scorer:
    """Squared distances, and those expected of independent answers, need only five sums."""
    t, a = truth.astype(float), answers.astype(float)
    terms = np.stack([(t - a) ** 2, t**2 + a**2, t, a], axis=1)

    def score(counts: Counts) -> Array:
        distances, squares, truths, given = (counts.astype(float) @ terms).T
        expected = squares - 2 * truths * given / counts.sum(axis=1)
        return 1 - _divided(distances, expected, np.nan)

    return score


def _divided(sums: Array, by: Array, otherwise: float) -> Array:
    found = np.full(np.shape(sums), otherwise)
    return np.asarray(np.divide(sums, by, out=found, where=np.asarray(by) > 0))
