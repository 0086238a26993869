"""In which order experiments are preferred: by the metric, and by log-loss where that is chance."""

from collections.abc import Sequence
from itertools import takewhile

from engine.experiment.compare import Verdict
from engine.experiment.metrics import shortfall
from engine.experiment.record import ExperimentRecord, Scores
from engine.recipe.noise import counted


def is_close(scores: Scores, best: Scores, metric: str) -> bool:
    """Whether a score falls short of the best by no more than the noise of a metric of counts.

    Args:
        scores: of one experiment.
        best: the best ones by the metric.
        metric: by what.
    """
    found = counted(scores, best, metric)
    return found is not None and found.verdict is not Verdict.WORSE


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
