"""Scores over several folds."""

from collections.abc import Iterable

from engine.experiment.record import Scores, Status, TaskRecord


def mean_scores(tasks: Iterable[TaskRecord]) -> Scores:
    """Scores of an experiment: means over its finished folds, weighted by validation rows.

    Log-loss and accuracy over all rows are exactly these means; AUC, F1 and kappa are the means
    of the folds' own.

    Args:
        tasks: the experiment's tasks, finished or not.

    Returns:
        The mean of every score that all finished folds have; empty when none has finished.
    """
    done = [task.scores for task in tasks if task.status is Status.DONE]
    if not done:
        return Scores()
    weights = [scores.val_rows or 1 for scores in done]
    total = sum(weights)

    def mean(name: str) -> float | None:
        values = [getattr(scores, name) for scores in done]
        if any(value is None for value in values):
            return None
        return float(sum(w * v for w, v in zip(weights, values, strict=True)) / total)

    def error(name: str) -> float | None:
        values = [getattr(scores, name) for scores in done]
        if any(value is None for value in values):
            return None
        squares = sum((w / total * v) ** 2 for w, v in zip(weights, values, strict=True))
        return float(squares**0.5)

    means = (
        "train_log_loss",
        "val_log_loss",
        "val_accuracy",
        "val_auc",
        "val_macro_f1",
        "val_quadratic_kappa",
        "val_metric",
        "suggested_rate",
    )
    errors = ("val_log_loss_error", "parent_gain_error")
    return Scores(
        **{name: mean(name) for name in (*means, "prior_log_loss", "majority_accuracy")},
        **{name: error(name) for name in errors},
        parent_gain=mean("parent_gain"),
        metric=done[0].metric,
        train_rows=done[0].train_rows,
        val_rows=total,
    )
