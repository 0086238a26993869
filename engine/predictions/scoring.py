"""All scores of one fit, or of a blend's fold."""

import numpy as np
from numpy.typing import NDArray

from engine.blending.metrics import measure
from engine.competition.findings import METRICS, MetricName, TargetKind
from engine.experiment.record import Scores
from engine.predictions.deciding import as_submitted
from engine.predictions.pairing import standard_error
from engine.predictions.parts import Kinship
from engine.training.scores import accuracy, row_log_loss

Array = NDArray[np.floating]


def score(
    train: tuple[Array, Array],
    validation: tuple[Array, Array],
    kind: TargetKind,
    metric: MetricName,
    kin: Kinship | None = None,
    needs_one: bool = False,
) -> Scores:
    """All scores of one fit.

    Args:
        train: targets and predictions of the rows trained on, each (rows, outputs).
        validation: the same of the fold's held-out rows.
        kind: what a prediction is.
        metric: the competition's metric.
        kin: as `score_held_out` takes it.
        needs_one: likewise.

    Returns:
        The scores, with those of the class shares to beat.
    """
    scores = score_held_out(validation, train[0].mean(axis=0), kind, metric, kin, needs_one)
    trained = {
        "train_log_loss": float(row_log_loss(*train, kind).mean()),
        "train_rows": len(train[0]),
    }
    return scores.model_copy(update=trained)


def score_held_out(
    validation: tuple[Array, Array],
    shares: Array,
    kind: TargetKind,
    metric: MetricName,
    kin: Kinship | None = None,
    needs_one: bool = False,
) -> Scores:
    """All scores that need no training rows.

    Args:
        validation: targets and predictions of held-out rows, each (rows, outputs).
        shares: how common each output is among the other rows, (outputs,).
        kind: what a prediction is.
        metric: the competition's metric; where it is one of answers, that of those which would be
            submitted.
        kin: the held-out rows'; by default none belong together, and plain answers are scored.
        needs_one: whether a row must have a label.

    Returns:
        The scores, with those of the class shares to beat.
    """
    targets, predictions = validation
    losses = row_log_loss(targets, predictions, kind)
    prior = np.broadcast_to(shares, targets.shape)
    answers = predictions
    if kin is not None:
        answers = as_submitted(targets, predictions, kin, kind, metric, needs_one)
    figures = {
        name: measure(name, targets, answers if name == metric else predictions, kind)
        for name in METRICS
    }
    return Scores(
        **{f"val_{name}": figure for name, figure in figures.items()},
        val_log_loss_error=standard_error(losses, None if kin is None else kin.groups),
        metric=metric,
        val_metric=figures[metric],
        prior_log_loss=float(row_log_loss(targets, prior, kind).mean()),
        majority_accuracy=accuracy(targets, prior, kind),
        val_rows=len(targets),
    )
