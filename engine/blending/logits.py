"""Probabilities as real numbers, in which shifting and scaling keep them probabilities."""

import numpy as np
from numpy.typing import NDArray

from engine.blending.members import Array
from engine.competition.findings import TargetKind
from engine.training.scores import EPSILON

Logits = NDArray[np.float64]


def logits(predictions: Array, kind: TargetKind) -> Logits:
    """Log of probabilities for classes, logits where an output stands for itself.

    Args:
        predictions: probabilities, (rows, outputs).
        kind: what a prediction is.

    Returns:
        Real numbers of the same shape; finite, as probabilities are kept 1e-7 from 0 and 1.
    """
    p = np.clip(predictions.astype(np.float64), EPSILON, 1 - EPSILON)
    return np.log(p) if kind is TargetKind.MULTICLASS else np.log(p / (1 - p))


def from_logits(values: Array, kind: TargetKind) -> Logits:
    """The probabilities behind logits: the softmax over classes, or the sigmoid of each output.

    Args:
        values: (rows, outputs), any real numbers.
        kind: what a prediction is.
    """
    if kind is not TargetKind.MULTICLASS:
        return np.asarray(1 / (1 + np.exp(-values)), np.float64)
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float64)
