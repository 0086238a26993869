"""Predictions as answers: which class or labels they name, and how surely."""

import numpy as np
from numpy.typing import NDArray

from engine.competition.findings import MetricName, TargetKind
from engine.training.scores import nearest_classes

Array = NDArray[np.floating]


def both_sides(values: Array, kind: TargetKind) -> Array:
    """A column for every class: binary predictions, or targets, get the other class's too.

    Args:
        values: (rows, outputs).
        kind: what a prediction is.

    Returns:
        (rows, classes), or (rows, labels) when multilabel.
    """
    return np.concatenate([1 - values, values], axis=1) if kind is TargetKind.BINARY else values


def decided(values: Array, kind: TargetKind, metric: MetricName = "log_loss") -> NDArray[np.bool_]:
    """Which classes, or labels, predictions or targets name.

    Args:
        values: (rows, outputs).
        kind: what a prediction is.
        metric: what answers are scored by: of grades by `quadratic_kappa`, the class nearest to
            the expected one is submitted; else the likeliest.

    Returns:
        (rows, classes) with one True a row, or (rows, labels) when multilabel.
    """
    if kind is TargetKind.MULTICLASS:
        is_graded = metric == "quadratic_kappa"
        classes = nearest_classes(values) if is_graded else values.argmax(axis=1)
        return np.asarray(np.eye(values.shape[1], dtype=bool)[classes])
    return both_sides((values >= 0.5).astype(float), kind) > 0.5


def sureness(predictions: Array, kind: TargetKind, metric: MetricName = "log_loss") -> Array:
    """Probability of each answer: (rows, 1), or (rows, labels) when multilabel.

    Args:
        predictions: probabilities, (rows, outputs).
        kind: what a prediction is.
        metric: as `decided` takes it.
    """
    if kind is TargetKind.MULTICLASS:
        return np.asarray(predictions[decided(predictions, kind, metric)][:, np.newaxis])
    return np.maximum(predictions, 1 - predictions)


def is_right(
    targets: Array, predictions: Array, kind: TargetKind, metric: MetricName = "log_loss"
) -> NDArray[np.bool_]:
    """Whether each answer is right: (rows, 1), or (rows, labels) when multilabel.

    Args:
        targets: hard labels, (rows, outputs).
        predictions: probabilities of the same shape.
        kind: what a prediction is.
        metric: as `decided` takes it.
    """
    same = decided(targets, kind) == decided(predictions, kind, metric)
    return np.asarray(
        same if kind is TargetKind.MULTILABEL else same.all(axis=1, keepdims=True), bool
    )


def names_of(named: NDArray[np.bool_], classes: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the classes, or labels, that one row has.

    Args:
        named: (classes,).
        classes: all names.
    """
    return tuple(name for name, has in zip(classes, named, strict=True) if has)
