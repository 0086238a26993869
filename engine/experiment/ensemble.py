"""Experiments made of others: what is blended, and how."""

from typing import Annotated, Literal

from pydantic import Field

from engine.blending.methods import MetaLearner, Method
from engine.experiment.compare import Difference
from engine.experiment.frozen import Frozen
from engine.experiment.spec import Stage


class EnsembleSpec(Frozen):
    """One blend of stored predictions: with the same members, the same spec gives the same."""

    kind: Literal["ensemble"] = "ensemble"
    stage: Literal[Stage.ENSEMBLE] = Stage.ENSEMBLE
    members: Annotated[
        tuple[str, ...], Field(min_length=1, description="Ids of the experiments blended.")
    ]
    method: Annotated[
        Method,
        Field(
            description="`mean`, `geometric` and `rank` fit nothing; `weighted`, `selection` "
            "(Caruana et al. 2004) and `stack` are fitted on out-of-fold predictions, and scored "
            "on folds that they were not fitted on."
        ),
    ] = Method.MEAN
    learner: Annotated[
        MetaLearner,
        Field(description="What `stack` learns with; boosting needs the package xgboost."),
    ] = MetaLearner.LOGISTIC
    calibrated: Annotated[
        bool,
        Field(
            description="Whether a temperature (Guo et al. 2017), fitted out of fold, makes the "
            "blend as sure as it may be."
        ),
    ] = False
    seed: Annotated[int, Field(ge=0, le=2**31 - 1, description="Seeds whatever is drawn.")] = 0

    @property
    def is_fitted(self) -> bool:
        """Whether the blend, or its temperature, learns from the held-out rows."""
        return self.method.is_fitted or self.calibrated

    @property
    def is_rank(self) -> bool:
        """Whether it gives mean ranks, which are no probabilities and have no log-loss."""
        return self.method is Method.RANK

    @property
    def in_brief(self) -> str:
        """How it blends how many, in the few words that tell it from other blends."""
        is_learned = self.method is Method.STACK and self.learner is not MetaLearner.LOGISTIC
        way = f"{self.learner if is_learned else self.method} of {len(self.members)}"
        return f"{way}, tempered" if self.calibrated else way


# What is shown as 0.000 is none.
_NO_WEIGHT = 0.0005


class MemberReport(Frozen):
    """What one member brings to an ensemble."""

    id: str
    weight: Annotated[
        float | None, Field(description="Its mean weight over the folds; None of a stack.")
    ] = None
    contribution: Annotated[
        float | None,
        Field(
            description="How much worse the cross-fitted log-loss, of ranks the AUC, is without it."
        ),
    ] = None
    log_loss: Annotated[
        float | None, Field(description="Its own, on the rows that all members have.")
    ] = None
    metric: Annotated[
        float | None,
        Field(description="Its score by the competition's metric, on the rows that all have."),
    ] = None


class EnsembleReport(Frozen):
    """How an ensemble came about, beside its scores."""

    members: tuple[MemberReport, ...]
    in_sample_log_loss: Annotated[
        float | None,
        Field(description="Log-loss on the rows that weights and temperature fit; None of ranks."),
    ]
    in_sample_metric: Annotated[
        float | None, Field(description="The competition's metric on the same rows.")
    ] = None
    metric_gain: Annotated[
        Difference | None,
        Field(
            description="How much better the competition's metric is than that of the member that "
            "is best by it, paired by row; None where the metric is log-loss."
        ),
    ] = None
    metric_best: Annotated[
        str | None, Field(description="The member that is best by the competition's metric.")
    ] = None
    temperature: Annotated[
        float | None, Field(description="Fitted on all rows; above 1 makes less sure.")
    ] = None
    against: Annotated[
        tuple[tuple[str, float], ...],
        Field(
            description="Experiments that a gate holds it against, each with the standard error of "
            "the difference of their log-losses, paired by row."
        ),
    ] = ()
    correlation: Annotated[
        tuple[tuple[float, ...], ...], Field(description="Of the members' errors, members squared.")
    ]

    @property
    def is_of_one(self) -> bool:
        """Whether one member alone has all the weight."""
        weights = [1.0 if one.weight is None else one.weight for one in self.members]
        return sum(weight >= _NO_WEIGHT for weight in weights) == 1
