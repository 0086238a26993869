"""The run that learnt its training set by heart: what regularized ones are held against."""

from collections.abc import Iterator, Sequence

from engine.competition.findings import CompetitionSummary
from engine.experiment.compare import Verdict
from engine.experiment.metrics import current_metric
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.choosing import champion, heart_to_beat
from engine.recipe.common_folds import folds_done
from engine.recipe.costs import estimate_seconds
from engine.recipe.noise import verdict_between
from engine.recipe.proposals import Proposal
from engine.recipe.steps import Step
from engine.recipe.twins import is_same_but_for_rows

WHY = "on the folds that both have run, what was regularized is no better: all folds tell more"


def on_all_folds(records: Sequence[ExperimentRecord]) -> Proposal | None:
    """The overfit run on as many folds as the best regularized one, where that does not beat it.

    A few rows can't open a gate, and who learnt by heart may really be the better one: over all
    folds it can be submitted, blended and widened as well.

    Args:
        records: the notebook.

    Returns:
        The spec, and the regularized run, with which it is compared row by row; None where that is
        better, has as few folds, or the like was begun, however it ended.
    """
    judged = champion(records, (Stage.REGULARIZE,), current_metric(records))
    heart = heart_to_beat(records)
    if judged is None or judged.fit is None or heart is None or heart.fit is None:
        return None
    folds = len(folds_done(judged))
    spec = heart.fit.model_copy(update={"folds": folds})
    begun = (one.fit for one in records if one.fit is not None)
    if (
        len(folds_done(heart)) >= folds
        or heart.fit.rows < judged.fit.rows
        or verdict_between(judged, heart) in (None, Verdict.BETTER)
        or any(one.folds >= folds and is_same_but_for_rows(one, spec) for one in begun)
    ):
        return None
    return spec, judged.id


def judging(
    summary: CompetitionSummary, records: Sequence[ExperimentRecord], limit: float
) -> Iterator[Step]:
    """What tells whether holding it back was of any use, as a step of the autopilot.

    Args:
        summary: how many images there are.
        records: the notebook.
        limit: what it may cost, seconds.

    Returns:
        At most one step.
    """
    if (again := on_all_folds(records)) is None:
        return
    cost = estimate_seconds(again[0], summary, records)
    if cost is not None and cost < limit:
        yield Step(kind="run", stage=Stage.OVERFIT, reason=WHY, specs=(again,), seconds=cost)
