"""From probabilities to answers, by thresholds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.competition.findings import MetricName, TargetKind

Floats = NDArray[np.floating]

_LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Decision:
    """How probabilities become answers.

    Args:
        kind: what a prediction is.
        metric: what the answers are scored by.
        values: of labels, or of the positive class, the least probability, (outputs,). Of classes
            what their probabilities are multiplied with before the largest is taken, (classes,);
            for a quadratic kappa between which expected classes each gives way to the next,
            (classes - 1,).
        needs_one: whether a row without any label is answered by its likeliest: where tags stand
            in one cell, none would be one that nobody has labelled.
    """

    kind: TargetKind
    metric: MetricName
    values: Floats
    needs_one: bool = False

    def answers(self, probabilities: Floats) -> NDArray[np.intp]:
        """Which outputs are answered with yes.

        Args:
            probabilities: (rows, outputs).

        Returns:
            0 or 1, (rows, outputs); of several classes one a row.
        """
        if self.kind is not TargetKind.MULTICLASS:
            given = probabilities >= self.values
            if self.needs_one and self.kind is TargetKind.MULTILABEL:
                none = np.flatnonzero(~given.any(axis=1))
                likely = probabilities[none] / np.maximum(self.values, _LEAST)
                given[none, likely.argmax(axis=1)] = True
            return np.asarray(given, np.intp)
        if self.metric == "quadratic_kappa":
            classes = np.searchsorted(self.values, expected_classes(probabilities))
        else:
            classes = (probabilities * self.values).argmax(axis=1)
        return np.asarray(classes[:, None] == np.arange(probabilities.shape[1]), np.intp)

    def ranked(self, probabilities: Floats, count: int) -> NDArray[np.intp]:
        """The likeliest classes of each row.

        Args:
            probabilities: (rows, classes).
            count: how many.

        Returns:
            Their positions, the likeliest first, (rows, count).
        """
        weights = 1.0 if self.metric == "quadratic_kappa" else self.values
        order = np.argsort(-probabilities * weights, axis=1, kind="stable")
        return np.asarray(order[:, :count], np.intp)


def plain_decision(
    kind: TargetKind, metric: MetricName, outputs: int, needs_one: bool = False
) -> Decision:
    """The likeliest class, the one nearest to what is expected, or labels from 0.5 on.

    Args:
        kind: what a prediction is.
        metric: what the answers are scored by.
        outputs: how many probabilities a row has.
        needs_one: whether a row must have a label.
    """
    if kind is not TargetKind.MULTICLASS:
        return Decision(kind, metric, np.full(outputs, 0.5), needs_one)
    if metric == "quadratic_kappa":
        cuts = np.arange(outputs - 1) + 0.5
        # What lies halfway is the even class's, as in `nearest_classes`.
        cuts[1::2] = np.nextafter(cuts[1::2], 0)
        return Decision(kind, metric, cuts)
    return Decision(kind, metric, np.ones(outputs))


def expected_classes(probabilities: Floats) -> Floats:
    """The mean of the classes' positions, by their probabilities.

    Args:
        probabilities: (rows, classes).

    Returns:
        (rows,).
    """
    places = np.arange(probabilities.shape[1])
    return np.asarray(probabilities @ places / probabilities.sum(axis=1))
