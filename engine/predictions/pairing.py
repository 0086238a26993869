"""Two experiments on the same rows: the difference of their scores, and its noise."""

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from engine.blending.metrics import measure
from engine.competition.findings import MetricName, TargetKind
from engine.experiment.compare import Difference, judged
from engine.predictions.resampling import scorer
from engine.training.scores import row_log_loss

Array = NDArray[np.floating]

_RESAMPLES = 200
# Rows of all draws that are scored at once: they stay in the processor's cache.
_CELLS = 2**18


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
    before, after = (measure(metric, targets, one, kind) for one in (theirs, mine))
    if before is None or after is None:
        return None
    scorers = [scorer(metric, targets, one, kind) for one in (theirs, mine)]
    random, rows = np.random.default_rng(seed), len(targets)
    drawn: list[float] = []
    # Many small products: on a busy machine two threads wait for each other most of the time.
    with threadpool_limits(1, user_api="blas"):
        while len(drawn) < _RESAMPLES:
            size = min(max(_CELLS // rows, 1), _RESAMPLES - len(drawn))
            draws = random.integers(rows, size=(size, rows))
            counts = np.stack([np.bincount(one, minlength=rows) for one in draws]).astype(np.int32)
            scores = [score(counts) for score in scorers]
            drawn += (scores[1] - scores[0]).tolist()
    known = [one for one in drawn if not np.isnan(one)]
    return judged(after - before, float(np.std(known, ddof=1)) if len(known) > 1 else None)
