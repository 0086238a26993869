"""Two experiments on the same rows: the difference of their scores, and its noise."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.competition.findings import MetricName, TargetKind
from engine.experiment.compare import Difference, judged
from engine.training.scores import accuracy, auc, macro_f1, quadratic_kappa, row_log_loss

Array = NDArray[np.floating]
Figure = Callable[[Array, Array], float | None]

_RESAMPLES = 200


def paired_log_loss(targets: Array, theirs: Array, mine: Array, kind: TargetKind) -> Difference:
    """How much lower one log-loss is than the other, paired row by row.

    Args:
        targets: hard labels, (rows, outputs).
        theirs: the predictions compared with, (rows, outputs).
        mine: the predictions judged, (rows, outputs).
        kind: what a prediction is.

    Returns:
        The gain (positive is better), its standard error and the verdict.
    """
    gains = row_log_loss(targets, theirs, kind) - row_log_loss(targets, mine, kind)
    error = float(gains.std(ddof=1) / np.sqrt(len(gains))) if len(gains) > 1 else None
    return judged(float(gains.mean()), error)


def paired_metric(
    targets: Array, theirs: Array, mine: Array, kind: TargetKind, metric: MetricName, seed: int = 0
) -> Difference | None:
    """How much better the competition's metric is, by a paired bootstrap over rows.

    The bootstrap (Efron & Tibshirani 1993) draws the same rows for both, so that what is hard
    for both falls out of the difference.

    Args:
        targets: hard labels, (rows, outputs).
        theirs: the predictions compared with, (rows, outputs).
        mine: the predictions judged, (rows, outputs).
        kind: what a prediction is.
        metric: the competition's metric.
        seed: of the draws.

    Returns:
        The gain (positive is better), its standard error over the draws and the verdict; None
        where the metric is not defined on these rows.
    """
    if metric == "log_loss":
        return paired_log_loss(targets, theirs, mine, kind)
    score = _figure(metric, kind)
    gain = _difference(score, targets, theirs, mine)
    if gain is None:
        return None
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(_RESAMPLES):
        rows = random.integers(len(targets), size=len(targets))
        one = _difference(score, targets[rows], theirs[rows], mine[rows])
        if one is not None:
            drawn.append(one)
    return judged(gain, float(np.std(drawn, ddof=1)) if len(drawn) > 1 else None)


def _difference(score: Figure, targets: Array, theirs: Array, mine: Array) -> float | None:
    before, after = score(targets, theirs), score(targets, mine)
    return None if before is None or after is None else after - before


def _figure(metric: MetricName, kind: TargetKind) -> Figure:
    figures: dict[str, Figure] = {
        "accuracy": lambda t, p: accuracy(t, p, kind),
        "auc": auc,
        "macro_f1": lambda t, p: macro_f1(t, p, kind),
        "quadratic_kappa": lambda t, p: quadratic_kappa(t, p, kind),
    }
    return figures[metric]
