"""Averages of members: nothing is fitted, so nothing can overfit.

All of them add up member by member, so that no copy of all predictions is made.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from engine.blending.logits import from_logits, logits
from engine.blending.members import ALL, Array, Rows
from engine.competition.findings import TargetKind

Blend = NDArray[np.float64]


def mean(predictions: Array, rows: Rows = ALL) -> Blend:
    """Arithmetic mean.

    Args:
        predictions: probabilities, (M, rows, outputs).
        rows: those wanted.

    Returns:
        Probabilities, (rows wanted, outputs).
    """
    return weighted_mean(predictions, np.full(len(predictions), 1 / len(predictions)), rows)


def weighted_mean(predictions: Array, weights: Array, rows: Rows = ALL) -> Blend:
    """Mean of members that don't count alike.

    Args:
        predictions: probabilities, (M, rows, outputs).
        weights: (M,), none negative, summing to 1.
        rows: those wanted.

    Returns:
        Probabilities, (rows wanted, outputs).
    """
    total = np.zeros(predictions[0][rows].shape)
    for member, weight in zip(predictions, weights, strict=True):
        if weight:
            total += weight * member[rows]
    return total


def geometric(predictions: Array, kind: TargetKind, rows: Rows = ALL) -> Blend:
    """Geometric mean: of probabilities for classes, of odds where an output stands for itself.

    The geometric mean of odds is the mean of logits turned back into a probability; like the
    renormalised mean over classes, it treats an event and its contrary alike.

    Args:
        predictions: probabilities, (M, rows, outputs).
        kind: what a prediction is.
        rows: those wanted.

    Returns:
        Probabilities, (rows wanted, outputs); those of classes sum to 1.
    """
    total = np.zeros(predictions[0][rows].shape)
    for member in predictions:
        total += logits(member[rows], kind)
    return from_logits(total / len(predictions), kind)


def rank(predictions: Array, kind: TargetKind, rows: Rows = ALL) -> Blend:
    """Mean of ranks: each output's rows in the member's order, from 0 to 1, equals sharing a rank.

    It keeps an order and no probability: only AUC may be computed of it. Of classes, each row is
    divided by its sum, since Kaggle takes no other answers.

    Args:
        predictions: probabilities, (M, rows, outputs).
        kind: what a prediction is.
        rows: those wanted; ranks are among these.

    Returns:
        Mean ranks, (rows wanted, outputs); those of classes sum to 1.
    """
    total = np.zeros(predictions[0][rows].shape)
    for member in predictions:
        total += rankdata(member[rows], axis=0) - 1
    if kind is not TargetKind.MULTICLASS:
        return total / (len(predictions) * max(len(total) - 1, 1))
    # A row that is the last of every class says nothing of them.
    total[total.sum(axis=1) == 0] = 1
    return np.asarray(total / total.sum(axis=1, keepdims=True), np.float64)
