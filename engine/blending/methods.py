"""The ways to combine members, by name: plain values that any process can hold."""

from enum import StrEnum

from engine.competition.findings import MetricName
from engine.errors import UserError


class Method(StrEnum):
    """How predictions of several members become one."""

    MEAN = "mean"
    GEOMETRIC = "geometric"
    RANK = "rank"
    WEIGHTED = "weighted"
    SELECTION = "selection"
    STACK = "stack"

    @property
    def is_fitted(self) -> bool:
        """Whether it learns from the targets, and so can overfit them."""
        return self in (Method.WEIGHTED, Method.SELECTION, Method.STACK)


class MetaLearner(StrEnum):
    """What a stack learns with, the least prone to overfit first."""

    LOGISTIC = "logistic"
    FOREST = "forest"
    BOOSTING = "boosting"


def check_method(method: Method, metric: MetricName) -> None:
    """See that a method suits the competition's metric.

    Args:
        method: how to combine.
        metric: what the competition scores by.

    Raises:
        UserError: ranks were asked for, and the metric looks at more than the order.
    """
    if method is Method.RANK and metric != "auc":
        raise UserError(
            f"The mean of ranks was asked for, and this competition is scored by {metric}.",
            "a metric that looks at the order of the rows alone, which is AUC: ranks forget how "
            "probable anything is.",
            "blend by mean, geometric, weighted, selection or stack.",
        )
