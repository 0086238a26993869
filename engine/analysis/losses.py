"""The rows that cost most, and the errors made in full confidence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.analysis.answers import Array, decided, is_right, names_of, sureness
from engine.analysis.reports import RowLoss
from engine.competition.findings import MetricName, TargetKind
from engine.training.scores import row_log_loss


def top_losses(
    ids: Sequence[str],
    targets: Array,
    predictions: Array,
    kind: TargetKind,
    classes: tuple[str, ...],
    count: int,
    metric: MetricName = "log_loss",
) -> tuple[RowLoss, ...]:
    """The rows with the largest log-loss.

    Args:
        ids: of the rows.
        targets: hard labels, (rows, 1), (rows, classes) one-hot, or (rows, labels).
        predictions: probabilities of the same shape.
        kind: what a prediction is.
        classes: names of the classes, both when binary, or of the labels.
        count: how many rows, at most.
        metric: what answers are scored by, which says what is answered.

    Returns:
        The largest loss first.
    """
    losses = row_log_loss(targets, predictions, kind)
    rows = np.argsort(-losses, kind="stable")[:count]
    return _row_losses(rows, losses, ids, targets, predictions, kind, classes, metric)


def confident_errors(
    ids: Sequence[str],
    targets: Array,
    predictions: Array,
    kind: TargetKind,
    classes: tuple[str, ...],
    above: float,
    count: int,
    metric: MetricName = "log_loss",
) -> tuple[RowLoss, ...]:
    """The rows with a wrong answer that was given a high probability.

    Args:
        ids: of the rows.
        targets: hard labels, (rows, 1), (rows, classes) one-hot, or (rows, labels).
        predictions: probabilities of the same shape.
        kind: what a prediction is.
        classes: names of the classes, both when binary, or of the labels.
        above: the least probability of a wrong answer, or of a wrong yes or no to a label.
        count: how many rows, at most; where there are more, the surest errors.
        metric: what answers are scored by, which says what is answered.

    Returns:
        The largest loss first.
    """
    surest = surest_errors(targets, predictions, kind, metric)
    losses = row_log_loss(targets, predictions, kind)
    rows = np.lexsort((-losses, -surest))[: min(count, np.count_nonzero(surest >= above))]
    rows = rows[np.argsort(-losses[rows], kind="stable")]
    return _row_losses(rows, losses, ids, targets, predictions, kind, classes, metric)


def surest_errors(
    targets: Array, predictions: Array, kind: TargetKind, metric: MetricName = "log_loss"
) -> Array:
    """How sure each row's wrong answer was, or the surest of its wrong answers to labels.

    Args:
        targets: hard labels, (rows, outputs).
        predictions: probabilities of the same shape.
        kind: what a prediction is.
        metric: what answers are scored by, which says what is answered.

    Returns:
        Probabilities, (rows,); minus infinity where all is right.
    """
    right = is_right(targets, predictions, kind, metric)
    sure = sureness(predictions, kind, metric)
    return np.asarray(np.where(right, -np.inf, sure).max(axis=1))


def _row_losses(
    rows: NDArray[np.intp],
    losses: Array,
    ids: Sequence[str],
    targets: Array,
    predictions: Array,
    kind: TargetKind,
    classes: tuple[str, ...],
    metric: MetricName,
) -> tuple[RowLoss, ...]:
    targets, predictions = targets[rows], predictions[rows]
    truth, answers = decided(targets, kind), decided(predictions, kind, metric)
    surest_wrong = surest_errors(targets, predictions, kind, metric)
    least_sure = sureness(predictions, kind, metric).min(axis=1)
    confidences = np.where(np.isneginf(surest_wrong), least_sure, surest_wrong)
    return tuple(
        RowLoss(
            id=ids[row],
            loss=float(losses[row]),
            truth=names_of(truth[i], classes),
            answer=names_of(answers[i], classes),
            confidence=float(confidences[i]),
        )
        for i, row in enumerate(rows)
    )
