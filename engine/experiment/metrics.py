"""Scores by the competition's metric, whichever metric they were noted under."""

from collections.abc import Sequence
from math import inf

from engine.experiment.record import ExperimentRecord, Scores

LOG_LOSS = "log_loss"
# As sentences name them.
NAMES = {
    LOG_LOSS: "log-loss",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "auc": "AUC",
    "macro_f1": "macro F1",
    "mean_f1": "mean F1",
    "mean_f2": "mean F2",
    "quadratic_kappa": "quadratic kappa",
    "map_at_3": "MAP@3",
    "map_at_5": "MAP@5",
}
# For which a line or the rail has room.
SHORT_NAMES = {
    LOG_LOSS: "log-loss",
    "auc": "AUC",
    "accuracy": "acc",
    "balanced_accuracy": "bal acc",
    "macro_f1": "F1",
    "mean_f1": "mean F1",
    "mean_f2": "mean F2",
    "quadratic_kappa": "kappa",
    "map_at_3": "MAP@3",
    "map_at_5": "MAP@5",
}


def current_metric(records: Sequence[ExperimentRecord]) -> str:
    """The metric that the newest scores were noted under: a correction holds for old ones, too.

    Args:
        records: the notebook, oldest first.
    """
    newest_first = (record.scores.metric for record in reversed(records))
    return next(filter(None, newest_first), LOG_LOSS)


def in_words(metric: str) -> str:
    """A metric as sentences name it.

    Args:
        metric: its name in `hydra.toml`.
    """
    return NAMES.get(metric, metric)


def by_metric(scores: Scores, metric: str) -> float | None:
    """A validation score by one metric.

    Args:
        scores: noted under that metric, or under another one.
        metric: by what.
    """
    if scores.metric == metric:
        return scores.val_metric
    # Every fit is scored by all metrics that were known, whichever the competition's was then.
    value = getattr(scores, f"val_{metric}", None)
    return None if value is None else float(value)


def shortfall(scores: Scores, metric: str) -> tuple[float, float]:
    """What to make small: the metric's loss first, the log-loss where that is the same.

    Args:
        scores: of one experiment.
        metric: by what.

    Returns:
        The log-loss itself, or what another metric lacks of 1, infinite where there is no such
        score; then the log-loss.
    """
    value = by_metric(scores, metric)
    log_loss = inf if scores.val_log_loss is None else scores.val_log_loss
    if value is None:
        return inf, log_loss
    return value if metric == LOG_LOSS else 1 - value, log_loss
