"""Which answers a submission gives for probabilities, and what these are worth."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.blending.metrics import measure
from engine.competition.competition import Competition
from engine.competition.findings import MetricName, TargetKind
from engine.experiment.compare import Verdict
from engine.predictions.decision import Decision, plain_decision
from engine.predictions.pairing import paired_metric
from engine.predictions.parts import Kinship
from engine.predictions.thresholds import Way, ways_to_fit

Floats = NDArray[np.floating]
Integers = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A decision, and what it is worth.

    Args:
        decision: fitted on all rows, or the plain one where that is as good.
        answers: 0 or 1, (rows, outputs); nothing was fitted on the rows that it answers.
        score: the metric of these.
        plain: the metric of the plain answers.
    """

    decision: Decision
    answers: Floats
    score: float
    plain: float

    @property
    def is_better(self) -> bool:
        """Whether something fitted is used."""
        return self.score > self.plain


def fit_decision(
    targets: Floats,
    probabilities: Floats,
    kin: Kinship,
    kind: TargetKind,
    metric: MetricName,
    needs_one: bool = False,
) -> Fitted | None:
    """Fit how probabilities become answers, and score it on rows that it was not fitted on.

    Args:
        targets: hard labels, (rows, outputs).
        probabilities: out-of-fold predictions of the same rows and outputs.
        kin: the rows'; each of its parts is scored by a fit on the others.
        kind: what a prediction is.
        metric: what the answers are scored by.
        needs_one: whether a row must have a label.

    Returns:
        The best of the ways to fit it, where that beats the plain answers on rows it has not
        seen, beyond the noise; else the plain one. None where the metric wants no other answers
        than those, or is not defined on these rows.
    """
    plain = plain_decision(kind, metric, targets.shape[1], needs_one)
    theirs = plain.answers(probabilities).astype(np.float64)
    worth = measure(metric, targets, theirs, kind)
    ways = ways_to_fit(kind, metric, targets.shape[1])
    if not ways or worth is None or len(np.unique(kin.parts)) < 2:
        return None
    best = Fitted(plain, theirs, worth, worth)
    for way in ways:
        mine = _cross_fitted(targets, probabilities, kin.parts, way, plain)
        found = paired_metric(targets, theirs, mine, kind, metric, groups=kin.groups)
        is_better = found is not None and found.verdict is Verdict.BETTER
        if found is not None and is_better and worth + found.gain > best.score:
            whole = replace(plain, values=way(targets, probabilities, plain))
            best = Fitted(whole, mine, worth + found.gain, worth)
    return best


def as_submitted(
    targets: Floats,
    probabilities: Floats,
    kin: Kinship,
    kind: TargetKind,
    metric: MetricName,
    needs_one: bool = False,
    folds: Integers | None = None,
) -> Floats:
    """What a metric is to score: the answers of a submission, where it is one of answers.

    A score of the likeliest answers tells little of what thresholds will make of the same
    probabilities. Each fold's rows are answered as by `fit_decision`: what is better on other rows
    by chance alone is not used there, nor here.

    Args:
        targets: hard labels, (rows, outputs).
        probabilities: predictions of the same rows and outputs.
        kin: the rows'.
        kind: what a prediction is.
        metric: what the answers are scored by.
        needs_one: whether a row must have a label.
        folds: which fold each row is of, (rows,); by default all are of one.

    Returns:
        Answers, 0 or 1, (rows, outputs); the probabilities themselves where the metric needs
        nothing fitted.
    """
    if not ways_to_fit(kind, metric, targets.shape[1]):
        return probabilities
    plain = plain_decision(kind, metric, targets.shape[1], needs_one)
    answers = plain.answers(probabilities).astype(np.float64)
    folds = np.zeros(len(targets), int) if folds is None else folds
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        held_out = targets[rows], probabilities[rows], kin.of(rows)
        fitted = fit_decision(*held_out, kind, metric, needs_one)
        if fitted is not None:
            answers[rows] = fitted.answers
    return answers


def must_answer(competition: Competition) -> bool:
    """Whether a row must have a label: where tags stand in one cell, none would be no answer.

    Args:
        competition: whose answers they are.
    """
    return competition.submission is not None and competition.submission.is_one_cell


def _cross_fitted(
    targets: Floats, probabilities: Floats, parts: Integers, way: Way, plain: Decision
) -> NDArray[np.float64]:
    """The answers of each part by what was fitted on the others, (rows, outputs)."""
    found = np.empty(targets.shape)
    for part in np.unique(parts):
        seen, held_out = parts != part, parts == part
        fitted = replace(plain, values=way(targets[seen], probabilities[seen], plain))
        found[held_out] = fitted.answers(probabilities[held_out])
    return found
