"""How often a stage was tried, and when trying it again is of no use."""

from collections.abc import Container, Sequence

from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.families import family_of
from engine.recipe.steps import GROUP, Step
from engine.recipe.twins import is_same_but_for_rows

# A gate that stays shut after so many tries is passed: the budget is for the whole recipe.
TRIES = 2


def tries(judged: ExperimentRecord, records: Sequence[ExperimentRecord]) -> int:
    """How often a stage was tried; a baseline of the other family is no second try.

    Nor is what ran in a hurry, on fewer rows.

    Args:
        judged: the experiment that the stage is judged by.
        records: the notebook.
    """
    rows = 0.0 if judged.fit is None else judged.fit.rows
    tried = [
        one
        for one in records
        if one.stage is judged.stage
        and one.status.is_finished
        and (one.fit is None or one.fit.rows >= rows)
    ]
    if judged.stage is not Stage.BASELINE or judged.fit is None:
        return len(tried)
    family = family_of(judged.fit)
    return sum(one.fit is not None and family_of(one.fit) is family for one in tried)


def is_larger_try(step: Step, records: Sequence[ExperimentRecord], limit: float) -> bool:
    """Whether a stage was tried on fewer rows alone, as in a hurry, than a step has.

    Fewer are the easier to learn by heart: who could not overfit them need not try more.

    Args:
        step: what may be run.
        records: the notebook; what was begun counts, however it ended.
        limit: seconds there are for it.
    """
    spec = step.specs[0][0]
    if step.seconds is not None and step.seconds > limit:
        return False
    begun = [one.fit for one in records if one.stage is spec.stage and one.fit is not None]
    return spec.stage is not Stage.OVERFIT and all(one.rows < spec.rows for one in begun)


def is_own_first(step: Step, records: Sequence[ExperimentRecord]) -> bool:
    """Whether the recipe's own baseline has not run yet, whatever a person has tried instead.

    What is built on it is proposed from what was tried.

    Args:
        step: what may be run.
        records: the notebook; what was begun counts, however it ended.
    """
    spec = step.specs[0][0]
    begun = [one for one in records if one.stage is spec.stage and one.fit is not None]
    known = any(one.fit is not None and is_same_but_for_rows(one.fit, spec) for one in begun)
    is_baseline = spec.stage is Stage.BASELINE
    return is_baseline and not known and all(one.group != GROUP for one in begun)


def is_in_vain(record: ExperimentRecord, let_be: Container[str]) -> bool:
    """Whether an experiment has failed, or its worker died again, and by nobody's wish.

    Args:
        record: the experiment.
        let_be: what this walk has resumed, or has seen fail.
    """
    return record.status in (Status.FAILED, Status.INTERRUPTED) and record.id in let_be


def given_up(
    stage: Stage, records: Sequence[ExperimentRecord], let_be: Container[str]
) -> str | None:
    """Why a stage is not tried again.

    Args:
        stage: which.
        records: the notebook.
        let_be: what this walk has resumed, or has seen fail.

    Returns:
        The reason; None while there may be another try.
    """
    in_vain = [one for one in records if one.stage is stage and is_in_vain(one, let_be)]
    if len(in_vain) < TRIES:
        return None
    last = in_vain[-1]
    told = f": {last.error.happened}" if last.error is not None else ""
    return f"{last.id} {last.status.verb}, as what was tried before{told}"
