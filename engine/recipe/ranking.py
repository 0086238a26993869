"""In which order experiments are preferred: by the metric, and by log-loss where that is chance."""

from collections.abc import Sequence
from itertools import takewhile
from typing import TypeVar

from engine.experiment.metrics import LOG_LOSS, shortfall
from engine.experiment.record import ExperimentRecord, Scores
from engine.recipe.noise import counted

# Errors of two models on the same rows correlate by about 0.9: of a difference the standard error
# is sqrt(2 - 2 * 0.9) times that of a score.
_OF_DIFFERENCE = 0.45
# What a tried blend must gain on a simpler one to be worth its risk, by whichever metric.
_WORTH_FITTING = 0.001

Way = TypeVar("Way")


def is_close(scores: Scores, best: Scores, metric: str) -> bool:
    """Whether a score falls short of the best by no more than a metric of counts does by chance.

    That is one standard error of the difference (the rule of Breiman et al. 1984, section 3.4.3):
    a wider band would leave nothing of a metric to choose by.

    Args:
        scores: of one experiment.
        best: the best ones by the metric.
        metric: by what.
    """
    found = counted(scores, best, metric)
    if found is None or found.error is None:
        return False
    return -found.gain <= _OF_DIFFERENCE * found.error


def ranked(records: Sequence[ExperimentRecord], metric: str) -> list[ExperimentRecord]:
    """Experiments, the preferred first.

    Args:
        records: done, over the same folds.
        metric: the competition's.

    Returns:
        Those whose metric is the best but for its noise, the lowest log-loss first; then the
        others by the metric.
    """
    order = sorted(records, key=lambda record: shortfall(record.scores, metric))
    near = takewhile(lambda record: is_close(record.scores, order[0].scores, metric), order)
    close = sorted(near, key=lambda record: shortfall(record.scores, metric)[1])
    return [*close, *order[len(close) :]]


def best_way(tried: Sequence[tuple[Way, Scores]]) -> Way:
    """Which of several ways to blend is worth keeping.

    Args:
        tried: ways with their cross-fitted scores, the simplest first.

    Returns:
        The simplest of those that hardly fall short of the best by the competition's metric, no
        more than by its noise, and one of them with a clearly lower log-loss where there is one.
    """
    metric = tried[0][1].metric or LOG_LOSS
    most = min((scores for _, scores in tried), key=lambda scores: shortfall(scores, metric))
    least = shortfall(most, metric)[0] + _WORTH_FITTING
    losses = [(way, scores, *shortfall(scores, metric)) for way, scores in tried]
    close = [
        (way, log_loss)
        for way, scores, loss, log_loss in losses
        if loss <= least or is_close(scores, most, metric)
    ]
    best, lowest = close[0]
    for way, log_loss in close[1:]:
        if log_loss < lowest - _WORTH_FITTING:
            best, lowest = way, log_loss
    return best
