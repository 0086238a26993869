"""A blend's score by the competition's metric, and the same as something to make small."""

import numpy as np
from numpy.typing import NDArray

from engine.competition.findings import BETAS, NAMED, MetricName, TargetKind
from engine.errors import UserError
from engine.training.scores import (
    accuracy,
    auc,
    balanced_accuracy,
    macro_f1,
    mean_average_precision,
    mean_f,
    quadratic_kappa,
    row_log_loss,
)

Array = NDArray[np.floating]

# Rows at a time: the log-loss makes several float64 copies of what it is given.
_ROWS = 16_384


def measure(
    metric: MetricName, targets: Array, predictions: Array, kind: TargetKind
) -> float | None:
    """Score of predictions, as every fit is scored.

    Args:
        metric: by what.
        targets: hard labels, (rows, outputs).
        predictions: probabilities of the same shape.
        kind: what a prediction is.

    Returns:
        The score; None where it isn't defined, such as AUC where a class is absent.
    """
    if metric == "log_loss":
        return _log_loss(targets, predictions, kind)
    if metric == "accuracy":
        return accuracy(targets, predictions, kind)
    if metric == "balanced_accuracy":
        return balanced_accuracy(targets, predictions, kind)
    if metric == "auc":
        return auc(targets, predictions)
    if metric == "macro_f1":
        return macro_f1(targets, predictions, kind)
    if metric == "quadratic_kappa":
        return quadratic_kappa(targets, predictions, kind)
    if metric in BETAS:
        return mean_f(targets, predictions, kind, BETAS[metric])
    return mean_average_precision(targets, predictions, kind, NAMED[metric])


def loss(metric: MetricName, targets: Array, predictions: Array, kind: TargetKind) -> float:
    """What to make small: the log-loss itself, or what another metric lacks of 1.

    Args:
        metric: by what.
        targets: hard labels, (rows, outputs).
        predictions: probabilities of the same shape.
        kind: what a prediction is.

    Raises:
        UserError: the metric isn't defined on these rows.
    """
    score = measure(metric, targets, predictions, kind)
    if score is None:
        raise UserError(
            f"The score {metric} isn't defined on the {len(targets)} rows to blend by.",
            "rows that show every class.",
            "blend by log_loss, or over more rows.",
        )
    return score if metric == "log_loss" else 1 - score


def _log_loss(targets: Array, predictions: Array, kind: TargetKind) -> float:
    total = 0.0
    for start in range(0, len(targets), _ROWS):
        rows = slice(start, start + _ROWS)
        total += float(row_log_loss(targets[rows], predictions[rows], kind).sum())
    return total / len(targets)
