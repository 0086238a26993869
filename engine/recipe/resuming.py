"""Fits that were stopped half done, gone on with where the recipe proposes the very same."""

from collections.abc import Sequence

from engine.competition.findings import CompetitionSummary
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.common_folds import folds_done
from engine.recipe.costs import estimate_seconds
from engine.recipe.moves import Move


def halted_twin(
    spec: ExperimentSpec, records: Sequence[ExperimentRecord]
) -> ExperimentRecord | None:
    """What was stopped or interrupted while it did what a spec asks for.

    What has failed would most likely fail again.

    Args:
        spec: what is to run.
        records: the notebook.

    Returns:
        The one with the most folds done, of equal ones the newest; None where there is none.
    """
    able = [
        one
        for one in records
        if one.status.is_halted
        and one.fit is not None
        and one.fit.folds >= spec.folds
        and one.fit.model_copy(update={"stage": spec.stage, "folds": spec.folds}) == spec
    ]
    return max(reversed(able), key=lambda one: len(folds_done(one)), default=None)


def resuming(
    stage: Stage,
    halted: Sequence[ExperimentRecord],
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
) -> Move:
    """Go on with what was stopped, where it would else be computed again.

    Args:
        stage: which proposes it.
        halted: at least one.
        summary: for the cost.
        records: the notebook, for the cost.
    """
    names = ", ".join(one.id for one in halted)
    were = " and ".join(dict.fromkeys(one.status for one in halted))
    verb = "is what comes next and was" if len(halted) == 1 else "are what comes next and were"
    costs = [_left_of(one, summary, records) for one in halted]
    told = [cost for cost in costs if cost is not None]
    return Move(
        kind="resume",
        stage=stage,
        title=f"resume {names}",
        reason=f"{names} {verb} {were}: what is computed by now is kept",
        members=tuple(one.id for one in halted),
        seconds=sum(told) if told else None,
    )


def _left_of(
    record: ExperimentRecord, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> float | None:
    """Seconds for the folds that are not done."""
    cost = None if record.fit is None else estimate_seconds(record.fit, summary, records)
    if cost is None or not record.tasks:
        return cost
    return cost * (1 - len(folds_done(record)) / len(record.tasks))
