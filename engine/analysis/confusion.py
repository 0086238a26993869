"""What is taken for what, and how every class fares."""

import numpy as np
from numpy.typing import NDArray

from engine.analysis.answers import Array, decided
from engine.analysis.reports import ClassFigures, Confusion, Matrix
from engine.competition.findings import MetricName, TargetKind


def confusion(
    targets: Array,
    predictions: Array,
    kind: TargetKind,
    classes: tuple[str, ...],
    metric: MetricName = "log_loss",
) -> Confusion:
    """Count rows by truth and answer.

    Args:
        targets: hard labels, (rows, 1), (rows, classes) one-hot, or (rows, labels).
        predictions: probabilities of the same shape; 0.5 or more says that a label is there.
        kind: what a prediction is.
        classes: names of the classes, both when binary, or of the labels.
        metric: what answers are scored by, which says what is answered.

    Returns:
        One matrix over the classes, or one over no and yes for each label; precision, recall and
        support of each.
    """
    truth, answers = decided(targets, kind), decided(predictions, kind, metric)
    if kind is TargetKind.MULTILABEL:
        matrices = tuple(
            _matrix(_no_and_yes(truth[:, i]), _no_and_yes(answers[:, i]), ("no", "yes"), name)
            for i, name in enumerate(classes)
        )
    else:
        matrices = (_matrix(truth, answers, classes, ""),)
    figures = tuple(_figures(name, truth[:, i], answers[:, i]) for i, name in enumerate(classes))
    return Confusion(rows=len(truth), matrices=matrices, classes=figures)


def _no_and_yes(label: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.stack([~label, label], axis=1)


def _matrix(
    truth: NDArray[np.bool_], answers: NDArray[np.bool_], names: tuple[str, ...], label: str
) -> Matrix:
    # A row has one truth and one answer here; a product over all classes takes half a minute of
    # a thousand.
    size = len(names)
    cells = truth.argmax(axis=1) * size + answers.argmax(axis=1)
    counts = np.bincount(cells, minlength=size * size).reshape(size, size)
    return Matrix(label=label, names=names, counts=tuple(map(tuple, counts.tolist())))


def _figures(name: str, truth: NDArray[np.bool_], answers: NDArray[np.bool_]) -> ClassFigures:
    support, predicted = int(truth.sum()), int(answers.sum())
    right = int((truth & answers).sum())
    return ClassFigures(
        name=name,
        support=support,
        predicted=predicted,
        right=right,
        precision=right / predicted if predicted else None,
        recall=right / support if support else None,
    )
