"""Scores of predictions, in inference mode, on hard labels."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import cohen_kappa_score, f1_score, recall_score

from engine.competition.findings import TargetKind

Array = NDArray[np.floating]
Counts = NDArray[np.integer]

# Probabilities nearer to 0 or 1 are judged, and submitted, as this.
EPSILON = 1e-7


def row_log_loss(targets: Array, probabilities: Array, kind: TargetKind) -> Array:
    """Log-loss of each row.

    Args:
        targets: hard labels, shape (rows, 1), (rows, classes) one-hot, or (rows, labels).
        probabilities: predictions of the same shape.
        kind: what a prediction is.

    Returns:
        Nats, shape (rows,); the mean over labels when the target is multilabel.
    """
    p = np.clip(probabilities.astype(np.float64), EPSILON, 1 - EPSILON)
    if kind is TargetKind.MULTICLASS:
        p /= p.sum(axis=1, keepdims=True)
        losses = -(targets * np.log(p)).sum(axis=1)
    else:
        losses = -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean(axis=1)
    return np.asarray(losses, dtype=np.float64)


def accuracy(targets: Array, probabilities: Array, kind: TargetKind) -> float:
    """Share of right answers; of right labels when the target is multilabel."""
    if kind is TargetKind.MULTICLASS:
        return float((targets.argmax(axis=1) == probabilities.argmax(axis=1)).mean())
    return float(((probabilities >= 0.5) == (targets >= 0.5)).mean())


def balanced_accuracy(targets: Array, probabilities: Array, kind: TargetKind) -> float | None:
    """Recall of every class that some row has, and then their mean; None for multilabel targets."""
    if kind is TargetKind.MULTILABEL:
        return None
    truth, answers = _decided(targets, kind), _decided(probabilities, kind)
    return float(recall_score(truth, answers, labels=np.unique(truth), average="macro"))


def auc(targets: Array, probabilities: Array) -> float | None:
    """Area under the ROC curve, the mean over the classes that some rows have and some have not.

    None where there is no such class. A rare one is absent from some folds, which all experiments
    share.

    Computed from ranks (Hanley and McNeil, 1982), which gives what the curve gives several times
    sooner: choosing members by AUC asks for it tens of thousands of times.
    """
    present = targets.sum(axis=0, dtype=np.float64)
    absent = len(targets) - present
    both = (present > 0) & (absent > 0)
    if not both.any():
        return None
    ranks = (rankdata(probabilities, axis=0) * targets).sum(axis=0)
    areas = (ranks - present * (present + 1) / 2)[both] / (present * absent)[both]
    return float(areas.mean())


def macro_f1(targets: Array, probabilities: Array, kind: TargetKind) -> float | None:
    """F1 of every class, or label, that occurs in the truth or in the answers, and then their mean.

    None where no label does. A rare one is absent from some folds; answered with no there, it is
    neither right nor wrong.
    """
    truth, answers = _decided(targets, kind), _decided(probabilities, kind)
    if kind is not TargetKind.MULTILABEL:
        return float(f1_score(truth, answers, average="macro", zero_division=0))
    named = truth.sum(axis=0) + answers.sum(axis=0)
    hits = (truth & answers).sum(axis=0)[named > 0]
    return float((2 * hits / named[named > 0]).mean()) if named.any() else None


def f_scores(targets: Array, probabilities: Array, beta: float) -> Array:
    """F of each row's tags, as a competition's mean F1 or F2 averages them.

    A row that has no tag, and is given none, is answered rightly.

    Args:
        targets: 0 or 1, (rows, labels).
        probabilities: of the same shape; a tag is given from 0.5 on.
        beta: how many times as much recall counts as precision (van Rijsbergen, 1979).

    Returns:
        From 0 to 1, (rows,).
    """
    truth, answers = targets >= 0.5, probabilities >= 0.5
    hits = (truth & answers).sum(axis=1)
    return f_of_counts(hits, answers.sum(axis=1), truth.sum(axis=1), beta)


def f_of_counts(
    hits: Array | Counts, given: Array | Counts, true: Array | Counts, beta: float
) -> Array:
    """F of rows by how many tags they have; 1 where there is none and none is given.

    Args:
        hits: how many were rightly given, (rows,).
        given: how many were given, (rows,).
        true: how many there are, (rows,).
        beta: as `f_scores` takes it.

    Returns:
        From 0 to 1, (rows,).
    """
    weights = beta**2 * true + given
    found = np.ones(len(weights))
    np.divide((1 + beta**2) * hits, weights, out=found, where=weights > 0)
    return found


def mean_f(targets: Array, probabilities: Array, kind: TargetKind, beta: float) -> float | None:
    """Mean of `f_scores`; None of targets that are not tags."""
    if kind is not TargetKind.MULTILABEL:
        return None
    return float(f_scores(targets, probabilities, beta).mean())


def quadratic_kappa(targets: Array, probabilities: Array, kind: TargetKind) -> float | None:
    """Cohen's kappa with quadratic weights, of classes in their order.

    Answers are the classes nearest to what the probabilities expect, as they are submitted.
    None for multilabel targets, which have no order, and where all rows agree by chance alone.
    """
    if kind is TargetKind.MULTILABEL:
        return None
    truth, answers = (
        nearest_classes(values) if kind is TargetKind.MULTICLASS else _decided(values, kind)
        for values in (targets, probabilities)
    )
    if len(np.union1d(truth, answers)) < 2:
        return None
    # Grades that none of these rows has lie between the others all the same.
    grades = np.arange(max(targets.shape[1], 2))
    return float(cohen_kappa_score(truth, answers, labels=grades, weights="quadratic"))


def precisions(targets: Array, probabilities: Array, most: int) -> Array:
    """How well each row's true class ranks among the likeliest: 1, 1/2, 1/3 .. and then 0.

    Their mean is the mean average precision at `most`, of images that have one class each.

    Args:
        targets: one-hot, (rows, classes).
        probabilities: of the same shape.
        most: how many classes an answer names.

    Returns:
        Shares, (rows,).
    """
    true = targets.argmax(axis=1)[:, None]
    own = np.take_along_axis(probabilities, true, axis=1)
    # Of classes that are equally likely, an answer names the first one first.
    is_earlier = np.arange(targets.shape[1]) < true
    place = ((probabilities > own) | (probabilities == own) & is_earlier).sum(axis=1) + 1
    # What is no number is above nothing, and no answer.
    return np.where((place <= most) & ~np.isnan(own[:, 0]), 1 / place, 0.0)


def mean_average_precision(
    targets: Array, probabilities: Array, kind: TargetKind, most: int
) -> float | None:
    """Of answers that name the likeliest classes in their order, as MAP@5 scores them.

    None of targets that are not one of several classes.
    """
    if kind is not TargetKind.MULTICLASS:
        return None
    return float(precisions(targets, probabilities, most).mean())


def nearest_classes(probabilities: Array) -> NDArray[np.integer]:
    """The class nearest to the expected one, of classes in their order.

    A far miss costs a quadratic metric more than a near one: between the likeliest class and a
    safer one in the middle, the mean of the squared distance decides.

    Args:
        probabilities: (rows, classes).

    Returns:
        Positions of classes, (rows,).
    """
    expected = probabilities @ np.arange(probabilities.shape[1]) / probabilities.sum(axis=1)
    return np.asarray(np.rint(expected), dtype=np.int64)


def _decided(values: Array, kind: TargetKind) -> NDArray[np.integer]:
    """The class of each row, (rows,); which labels it has, (rows, labels), when multilabel."""
    if kind is TargetKind.MULTICLASS:
        return np.asarray(values.argmax(axis=1))
    decided = (values >= 0.5).astype(int)
    return decided[:, 0] if kind is TargetKind.BINARY else decided
