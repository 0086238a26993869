"""Thresholds fitted to the metric, where it is one of answers.

The likeliest class, or a label at 0.5, is the best answer for accuracy alone. F1 and balanced
accuracy want rare classes answered sooner (Lipton et al., 2014, https://arxiv.org/abs/1402.1892),
F2 more labels than are likely, and of classes in their order a quadratic kappa has the best cuts
elsewhere than halfway between.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from engine.competition.findings import BETAS, MetricName, TargetKind
from engine.predictions.decision import Decision, expected_classes
from engine.training.scores import f_of_counts

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]

_LEAST = 1e-12
_ROUNDS = 3
# Rows times classes that one number is fitted on: more would keep a person waiting.
_MOST_CELLS = 500_000
# The time that cuts take grows with the square of their number.
_MOST_GRADES = 40


def _between(values: Floats, count: int) -> float:
    """A threshold that the first `count` of some falling values reach."""
    if count == 0:
        return float(values[0]) + 1.0
    if count == len(values):
        return float(values[-1])
    return float(values[count - 1] + values[count]) / 2


def _tried(probabilities: Floats) -> Floats:
    """Thresholds between which a common one is sought, rising.

    Of a thousand labels hardly any is true of a row: the highest of all values are told apart, too.
    """
    shares = np.concatenate([np.linspace(0, 1, 101), 1 - np.geomspace(1e-5, 1e-2, 50)])
    return np.unique(np.quantile(probabilities, shares))


def _counts(values: Floats) -> Integers:
    """How many of some falling values a threshold can leave above it."""
    return np.flatnonzero(np.append(values[1:] < values[:-1], True)) + 1


def _f1(hits: Floats | Integers, answered: Floats | Integers, true: Floats | Integers) -> Floats:
    return np.asarray(2 * hits / np.maximum(answered + true, 1))


def _mean_f1(hits: Floats | Integers, answered: Integers, true: Floats) -> float:
    """As the score has it: of what occurs in the truth or in the answers."""
    return float(_f1(hits, answered, true)[answered + true > 0].mean())


def _mean_recall(hits: Floats | Integers, _answered: Integers, true: Floats) -> float:
    """As balanced accuracy has it: of the classes that occur in the truth."""
    return float((hits[true > 0] / true[true > 0]).mean())


def _own_thresholds(targets: Floats, probabilities: Floats, _plain: Decision) -> Floats:
    """For each label the threshold with the best F1; 0.5 for one that no row has."""
    found = np.full(targets.shape[1], 0.5)
    for label in np.flatnonzero(targets.any(axis=0)):
        order = np.argsort(-probabilities[:, label], kind="stable")
        values, truth = probabilities[order, label], targets[order, label]
        counts = _counts(values)
        score = _f1(np.cumsum(truth)[counts - 1], counts, truth.sum())
        found[label] = _between(values, int(counts[score.argmax()]))
    return found


def _one_threshold(targets: Floats, probabilities: Floats, plain: Decision) -> Floats:
    """The same threshold for all labels, with the best mean of their F1: less can be overfitted."""
    step = max(targets.size // _MOST_CELLS, 1)
    truth, probabilities = targets[::step], probabilities[::step]
    tried = _tried(probabilities)
    rows, labels = truth.shape
    # How many of the thresholds each value reaches: it is answered with yes at these.
    reached = np.searchsorted(tried, probabilities, side="right")

    def counted(reaching: Integers, label: Integers, weights: Floats | None) -> Floats:
        """Values by how many thresholds they reach, and of which label they are."""
        size = (len(tried) + 1) * labels
        cells = (reaching * labels + label).ravel()
        return np.bincount(cells, weights, size).astype(np.float64).reshape(-1, labels)

    def answered(weights: Floats | None) -> Floats:
        return counted(reached, np.arange(labels), weights)[:0:-1].cumsum(axis=0)[::-1]

    given, hits = answered(None), answered(truth.ravel())
    if plain.needs_one:
        # A row that reaches none is answered by its likeliest.
        likely = probabilities.argmax(axis=1)
        most, is_true = (table[np.arange(rows), likely] for table in (reached, truth))
        given = given + counted(most, likely, None)[:-1].cumsum(axis=0)
        hits = hits + counted(most, likely, is_true)[:-1].cumsum(axis=0)
    true = truth.sum(axis=0)
    named = np.maximum((given + true > 0).sum(axis=1), 1)
    scores = _f1(hits, given, true).sum(axis=1) / named
    return np.full(labels, tried[int(np.argmax(scores))])


def _one_for_images(targets: Floats, probabilities: Floats, plain: Decision) -> Floats:
    """The same threshold for all labels, with the best mean of the images' F1, or F2."""
    step = max(targets.size // _MOST_CELLS, 1)
    truth, probabilities = targets[::step], probabilities[::step]
    order = np.argsort(-probabilities, axis=1, kind="stable")
    hits = np.cumsum(np.take_along_axis(truth, order, axis=1), axis=1)
    # How many of a row's likeliest labels are right, by how many are given.
    hits, rows = np.pad(hits, ((0, 0), (1, 0))), np.arange(len(truth))
    tried = _tried(probabilities)

    def score(threshold: float) -> float:
        given = np.maximum((probabilities >= threshold).sum(axis=1), int(plain.needs_one))
        beta = BETAS[plain.metric]
        return float(f_of_counts(hits[rows, given], given, truth.sum(axis=1), beta).mean())

    return np.full(targets.shape[1], max(tried, key=score))


def _both_classes(targets: Floats, probabilities: Floats, plain: Decision) -> Floats:
    """The threshold with the best mean of both classes' F1, or recall."""
    order = np.argsort(-probabilities[:, 0], kind="stable")
    values, truth = probabilities[order, 0], targets[order, 0]
    counts = _counts(values)
    hits, true, rows = np.cumsum(truth)[counts - 1], truth.sum(), len(truth)
    left = (rows - counts) - (true - hits)
    if plain.metric == "balanced_accuracy":
        score = hits / max(true, 1) + left / max(rows - true, 1)
    else:
        score = _f1(hits, counts, true) + _f1(left, rows - counts, rows - true)
    return np.array([_between(values, int(counts[score.argmax()]))])


def _share_weights(targets: Floats, probabilities: Floats, plain: Decision) -> Floats:
    """Weights that fall with a class's share, to the power with the best mean F1, or recall.

    One number for all classes: with one for each, the rare ones are fitted on a few rows.
    """
    shares = np.maximum(targets.mean(axis=0), 1 / len(targets))
    step = max(targets.size // _MOST_CELLS, 1)
    truth, probabilities = targets[::step], probabilities[::step]
    true = truth.sum(axis=0)
    measure = _mean_recall if plain.metric == "balanced_accuracy" else _mean_f1
    best, found = -1.0, np.ones(len(shares))
    for power in np.linspace(0, 1.5, 16):
        weights = shares**-power
        answers = (probabilities * weights).argmax(axis=1)
        hits = truth[np.arange(len(truth)), answers]
        score = measure(
            np.bincount(answers, hits, len(shares)),
            np.bincount(answers, minlength=len(shares)),
            true,
        )
        if score > best:
            best, found = score, weights / weights.mean()
    return found


def _cuts(targets: Floats, probabilities: Floats, _plain: Decision) -> Floats:
    """Where expected classes are cut, with the best quadratic kappa, one cut after the other."""
    truth = targets.argmax(axis=1).astype(np.float64)
    expected = expected_classes(probabilities)
    order = np.argsort(expected, kind="stable")
    truth, expected = truth[order], expected[order]
    cuts = np.arange(targets.shape[1] - 1) + 0.5
    # How many rows lie below each cut.
    below = np.searchsorted(expected, cuts)
    edges = np.flatnonzero(np.diff(expected) > 0) + 1
    for _ in range(_ROUNDS):
        before = below.copy()
        for cut in range(len(cuts)):
            lowest = below[cut - 1] if cut else 0
            highest = below[cut + 1] if cut + 1 < len(cuts) else len(truth)
            tried = edges[(edges >= lowest) & (edges <= highest)]
            if len(tried):
                tried = np.append(below[cut], tried)
                below[cut] = tried[_kappas(truth, below, cut, tried).argmax()]
        if (below == before).all():
            break
    for cut, count in enumerate(below):
        if 0 < count < len(expected):
            cuts[cut] = (expected[count - 1] + expected[count]) / 2
    return np.maximum.accumulate(cuts)


def _kappas(truth: Floats, below: Integers, cut: int, tried: Integers) -> Floats:
    """Quadratic kappas with one cut elsewhere: 1 - mean squared error / what chance would give.

    Args:
        truth: the rows' classes, by rising expected class, (rows,).
        below: how many rows lie below each cut, (cuts,).
        cut: the one that is moved.
        tried: how many rows are to lie below it, (n,).

    Returns:
        A kappa for each, (n,).
    """
    rows = len(truth)
    answers = np.zeros(rows)
    for place, count in enumerate(below):
        if place != cut:
            answers[count:] += 1
    # Moved down by one row, that row's answer is one class higher.
    totals = np.concatenate(([0.0], np.cumsum((answers - truth) ** 2)))
    higher = np.concatenate(([0.0], np.cumsum((answers + 1 - truth) ** 2)))
    errors = totals[tried] + higher[-1] - higher[tried]
    sums = np.concatenate(([0.0], np.cumsum(answers)))
    squares = np.concatenate(([0.0], np.cumsum(answers**2)))
    upper = np.concatenate(([0.0], np.cumsum((answers + 1) ** 2)))
    mean = (sums[-1] + rows - tried) / rows
    square = (squares[tried] + upper[-1] - upper[tried]) / rows
    chance = truth.var() + (square - mean**2) + (mean - truth.mean()) ** 2
    return np.asarray(1 - errors / rows / np.maximum(chance, _LEAST))


Way = Callable[[Floats, Floats, Decision], Floats]
_WAYS: Mapping[tuple[TargetKind, str], tuple[Way, ...]] = {
    (TargetKind.MULTILABEL, "macro_f1"): (_one_threshold, _own_thresholds),
    (TargetKind.MULTILABEL, "mean_f1"): (_one_for_images,),
    (TargetKind.MULTILABEL, "mean_f2"): (_one_for_images,),
    (TargetKind.BINARY, "macro_f1"): (_both_classes,),
    (TargetKind.BINARY, "balanced_accuracy"): (_both_classes,),
    (TargetKind.MULTICLASS, "macro_f1"): (_share_weights,),
    (TargetKind.MULTICLASS, "balanced_accuracy"): (_share_weights,),
    (TargetKind.MULTICLASS, "quadratic_kappa"): (_cuts,),
}


def ways_to_fit(kind: TargetKind, metric: MetricName, outputs: int) -> tuple[Way, ...]:
    """How a decision's values can be fitted.

    Args:
        kind: what a prediction is.
        metric: what the answers are scored by.
        outputs: how many probabilities a row has.

    Returns:
        Functions of targets and probabilities, each (rows, outputs), and of the plain decision,
        that return values as `Decision` has them; none where the plain answers are the best, or
        so many classes are no grades.
    """
    is_of_grades = metric != "quadratic_kappa" or outputs <= _MOST_GRADES
    return _WAYS.get((kind, metric), ()) if is_of_grades else ()
