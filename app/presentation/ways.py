"""The ways to blend that are tried beside each other, and which of them take long."""

from typing import NamedTuple

from engine.blending.methods import MetaLearner, Method
from engine.competition.findings import CompetitionSummary
from engine.experiment.ensemble import EnsembleSpec
from engine.installing import is_installed

# Rows times classes squared, up to which a stack by logistic regression is there in seconds.
_SOON = 1_000_000


class Way(NamedTuple):
    """One way to blend.

    Args:
        method: how the members become one.
        is_tempered: whether a temperature is fitted.
        learner: what a stack learns with.
        is_slow: whether it takes so long that it is tried only when somebody asks for it.
    """

    method: Method
    is_tempered: bool = False
    learner: MetaLearner = MetaLearner.LOGISTIC
    is_slow: bool = False

    @property
    def told(self) -> str:
        """Its name, which no other way has."""
        name = f"{self.method}, {self.learner}" if self.method is Method.STACK else self.method
        return f"{name}, tempered" if self.is_tempered else str(name)

    def of(self, members: tuple[str, ...]) -> EnsembleSpec:
        """The blend of some members.

        Args:
            members: their ids.
        """
        return EnsembleSpec(
            members=members,
            method=self.method,
            learner=self.learner,
            calibrated=self.is_tempered,
        )


def ways_to_blend(metric: str, summary: CompetitionSummary | None) -> tuple[Way, ...]:
    """The ways that suit a competition, those that take longest last.

    Args:
        metric: what it scores by.
        summary: how large it is; None while nobody has looked.
    """
    is_small = (
        summary is not None and summary.labelled_images * len(summary.class_counts) ** 2 <= _SOON
    )
    ranks = (Way(Method.RANK),) if metric == "auc" else ()
    boosting = (MetaLearner.BOOSTING,) if is_installed("xgboost") else ()
    return (
        Way(Method.MEAN),
        Way(Method.MEAN, True),
        Way(Method.GEOMETRIC),
        *ranks,
        Way(Method.WEIGHTED),
        Way(Method.WEIGHTED, True),
        Way(Method.SELECTION),
        Way(Method.SELECTION, True),
        Way(Method.STACK, is_slow=not is_small),
        *(
            Way(Method.STACK, learner=learner, is_slow=True)
            for learner in (*boosting, MetaLearner.FOREST)
        ),
    )
