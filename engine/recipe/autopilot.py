"""The whole recipe within a time budget: from the notebook and the clock to the next step.

Nothing is remembered between two steps: whoever stops it and starts it again goes on.
"""

from collections.abc import Container, Iterator, Sequence

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.advice import MOST_MEMBERS
from engine.recipe.affording import affordable
from engine.recipe.by_heart import judging
from engine.recipe.choosing import blends_of, done_of, helpful_members, members_of, most_folds
from engine.recipe.costs import estimate_seconds
from engine.recipe.deepening import WHY, deepening
from engine.recipe.known import Known
from engine.recipe.prescriptions import prescriptions
from engine.recipe.proposals import (
    leaving_out,
    propose_specs,
    rival_baseline,
    widening,
)
from engine.recipe.pseudo_gate import deciding_blend, waits_for_blend
from engine.recipe.stages import GateState, Rung
from engine.recipe.steps import GROUP, Step, begins, passed, too_long
from engine.recipe.tries import TRIES, given_up, is_in_vain, is_larger_try, is_own_first, tries
from engine.recipe.twins import unlike

_MOST_WIDENED = 6
# What each step may take of what is left of the budget.
_FIRST_SHARE, _MAIN_SHARE, _WIDEN_SHARE, _LAST_SHARE = 0.15, 0.75, 0.8, 0.9
# A second try is worth less than another member, and than to know which is better.
_TRY_SHARE, _JUDGE_SHARE = 0.08, 0.35
# What a second baseline would come too late for.
_BUILDING = (Stage.OVERFIT, Stage.REGULARIZE, Stage.WIDEN)
# A guess before anything was measured: rows that a first run gets for each second of the budget.
_ROWS_A_SECOND = 5.0


def next_step(
    ladder: Sequence[Rung],
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
    left: float,
    let_be: Container[str] = (),
    left_out: Sequence[str] = (),
    refused: Container[Step] = (),
) -> Step:
    """What to do now.

    Args:
        ladder: how the stages stand.
        summary: what was recognised of the competition.
        records: the notebook.
        left: seconds of the budget that are left.
        let_be: what has been resumed once, was stopped by a person, or has failed on this walk.
        left_out: ids of the labelled images that are not to be trained on.
        refused: steps that came to nothing.

    Returns:
        The step; `done` when nothing is left to do that the budget allows.
    """
    for one in _steps(ladder, summary, records, left, let_be):
        step = one.model_copy(update={"specs": leaving_out(one.specs, left_out)})
        if step not in refused:
            break
    return step


def last_blend(ladder: Sequence[Rung], records: Sequence[ExperimentRecord]) -> Step | None:
    """A blend of what has been trained, which takes a moment also where the budget is used up.

    Args:
        ladder: how the stages stand.
        records: the notebook.

    Returns:
        The step; None where nothing can be blended that has not been.
    """
    rung = next(one for one in ladder if one.stage is Stage.ENSEMBLE)
    return next((one for one in _blend(rung, records) if one.kind == "blend"), None)


def _steps(
    ladder: Sequence[Rung],
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
    left: float,
    let_be: Container[str],
) -> Iterator[Step]:
    halted = tuple(
        one.id
        for one in records
        if one.group == GROUP and one.status.is_halted and one.id not in let_be
    )
    if halted and left > 0:
        yield Step(
            kind="resume",
            stage=next(one.stage for one in records if one.id == halted[0]),
            reason="it was stopped half done",
            experiments=halted[:1],
        )
    yield from _rival(summary, records, left)
    for rung in ladder:
        if rung.stage is Stage.WIDEN and rung.state is not GateState.PASSED:
            yield from _widen(rung, summary, records, left, let_be)
        elif rung.stage is Stage.ENSEMBLE:
            yield from _blend(rung, records)
        elif rung.state.is_under_way or rung.state.is_behind:
            continue
        elif rung.stage is Stage.DATA:
            yield passed(rung.stage, f"{rung.reading}: `hydra-tui data` lists it; the walk goes on")
        elif rung.stage is Stage.PSEUDO_LABEL:
            yield from _pseudo_label(rung, summary, records, left, let_be)
        elif rung.stage is not Stage.SUBMIT:
            yield from _train(rung, summary, records, left, let_be)
    yield Step(kind="done", stage=Stage.SUBMIT, reason="nothing is left that the budget allows")


def _rival(
    summary: CompetitionSummary, records: Sequence[ExperimentRecord], left: float
) -> Iterator[Step]:
    """A second baseline, of the other family of networks, before anything builds on the first."""
    rival = rival_baseline(summary, records)
    under_way = any(one.stage is Stage.BASELINE and not one.status.is_finished for one in records)
    if rival is None or under_way or any(one.stage in _BUILDING for one in records):
        return
    cost = estimate_seconds(rival[0], summary, records)
    if (cost or 0.0) < left * _FIRST_SHARE:
        yield Step(
            kind="run",
            stage=Stage.BASELINE,
            reason="whichever of plain and pretrained networks does better here goes on",
            specs=(rival,),
            seconds=cost,
        )


def _train(
    rung: Rung,
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
    left: float,
    let_be: Container[str],
) -> Iterator[Step]:
    stage = rung.stage
    why_not = given_up(stage, records, let_be)
    share = _MAIN_SHARE if stage is Stage.REGULARIZE else _FIRST_SHARE
    if why_not is None:
        spec, parent = propose_specs(stage, summary, records)[0]
        if stage is Stage.REGULARIZE:
            spec = spec.model_copy(update={"folds": summary.folds})
        step = _run(stage, spec, parent, summary, records, left * share, begins(stage))
        if step.specs[0][0].folds < spec.folds:
            # Nothing that could follow is worth as much as the other folds.
            step = _run(stage, spec, parent, summary, records, left * _LAST_SHARE, begins(stage))
        is_larger = is_larger_try(step, records, left * _LAST_SHARE)
        if rung.state is GateState.WAITING or is_larger or is_own_first(step, records):
            yield step
    if stage is Stage.REGULARIZE and why_not is None:
        yield from judging(summary, records, left * _JUDGE_SHARE)
    judged = next((one for one in records if one.id == rung.experiment), None)
    if judged is not None and tries(judged, records) < TRIES:
        for move in prescriptions(judged, summary, records):
            spec, parent = move.specs[0]
            if move.seconds is not None and move.seconds < _TRY_SHARE * left:
                yield Step(
                    kind="run",
                    stage=stage,
                    reason=move.reason,
                    specs=((spec, parent),),
                    seconds=move.seconds,
                )
    told = f"the gate stays shut ({rung.reading}) and the budget is for all stages"
    yield passed(rung.stage, why_not or told)


def _deepen(
    summary: CompetitionSummary, records: Sequence[ExperimentRecord], left: float
) -> Iterator[Step]:
    """What a person's cheap heads, or a smaller budget, have left undone."""
    if (deeper := deepening(summary, records)) is not None:
        limit = left * _MAIN_SHARE
        step = _run(Stage.REGULARIZE, *deeper, summary, records, limit, WHY)
        ((spec, _),) = step.specs
        is_as_deep = not spec.trains_head_alone and spec.folds == deeper[0].folds
        if is_as_deep and step.seconds is not None and step.seconds <= limit:
            yield step


def _widen(
    rung: Rung,
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
    left: float,
    let_be: Container[str],
) -> Iterator[Step]:
    yield from _deepen(summary, records, left)
    widened = [one for one in records if one.stage is Stage.WIDEN]
    lost = [one for one in widened if one.status is Status.FAILED or is_in_vain(one, let_be)]
    # Where weights can't be fetched, several fail at once, and would leave no room for others.
    if len(widened) - len(lost) < _MOST_WIDENED and not done_of(records, Stage.PSEUDO_LABEL):
        folds = most_folds(records) or 1
        try:
            proposals = widening(summary, records, folds)
        except UserError:
            proposals = ()
        failed = {(one.fit.backbone, one.fit.image_size) for one in lost if one.fit is not None}
        for spec, parent in proposals:
            if (spec.backbone, spec.image_size) in failed:
                continue
            reason = f"{spec.backbone} at {spec.image_size} px makes other mistakes"
            step = _run(Stage.WIDEN, spec, parent, summary, records, left * _WIDEN_SHARE, reason)
            # On fewer folds than the others it could not be blended with them.
            if step.specs[0][0].folds == folds and (step.seconds or 0.0) < left * _WIDEN_SHARE:
                yield step
    yield from judging(summary, records, left * _WIDEN_SHARE)
    if not rung.state.is_behind:
        yield passed(
            rung.stage, "no other backbone or resolution fits into what is left of the budget"
        )


def _blend(rung: Rung, records: Sequence[ExperimentRecord]) -> Iterator[Step]:
    members = tuple(record.id for record in unlike(members_of(records), MOST_MEMBERS))
    blended = blends_of(records)
    if members and frozenset(members) not in blended:
        reason = (
            "different mistakes cancel; the method with the best cross-fitted score is kept"
            if len(members) > 1
            else "there is one member: whether it is too sure of its answers is mended"
        )
        earlier = [one.spec.members for one in records if isinstance(one.spec, EnsembleSpec)]
        if any(set(one) == set(members) for one in earlier):
            # Else it would look like the same blend over again.
            reason = "more folds are done than when this was blended before"
        yield Step(kind="blend", stage=Stage.ENSEMBLE, reason=reason, experiments=members)
    judged = next((one for one in records if one.id == rung.experiment), None)
    if rung.state is GateState.SHUT and judged is not None:
        kept = helpful_members(judged)
        if kept and frozenset(kept) not in blended:
            yield Step(
                kind="blend",
                stage=Stage.ENSEMBLE,
                reason="members that make the cross-fitted score no better are dropped",
                experiments=kept,
            )
    if rung.state in (GateState.SHUT, GateState.WAITING):
        told = f" ({rung.reading})" if judged is not None else ""
        yield passed(rung.stage, f"no blend is better beyond the noise{told}")


def _pseudo_label(
    rung: Rung,
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
    left: float,
    let_be: Container[str],
) -> Iterator[Step]:
    told = given_up(Stage.PSEUDO_LABEL, records, let_be)
    if rung.state is GateState.WAITING and told is None:
        told = "it came to nothing"
        try:
            ((spec, parent),) = propose_specs(Stage.PSEUDO_LABEL, summary, records)
        except UserError as error:
            told = error.happened
        else:
            limit = left * _LAST_SHARE
            cost = estimate_seconds(spec, summary, records)
            if cost is not None and cost < limit:
                yield Step(
                    kind="run",
                    stage=Stage.PSEUDO_LABEL,
                    reason=f"the test images, labelled by {spec.pseudo.source}, are more rows",
                    specs=((spec, parent),),
                    seconds=cost,
                )
            else:
                told = too_long(cost, limit)
    judged = next((one for one in records if one.id == rung.experiment), None)
    if rung.state is GateState.SHUT and judged is not None:
        known = Known(records, summary.metric)
        if wanted := deciding_blend(judged, known, records):
            how = "with" if judged.id in wanted else "without"
            yield Step(
                kind="blend",
                stage=Stage.ENSEMBLE,
                reason=f"what the labels of {judged.id} bring is told by a blend {how} it",
                experiments=wanted,
            )
        how = "undecided" if waits_for_blend(judged, known) else "rejected"
        told = told or f"{how}: {rung.reading}"
    yield passed(rung.stage, told or rung.reading)


def _run(
    stage: Stage,
    spec: ExperimentSpec,
    parent: str | None,
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
    limit: float,
    reason: str,
) -> Step:
    """The spec, or the nearest cheaper one that the limit allows."""
    chosen, cost = affordable(spec, summary, records, limit)
    if cost is None:
        # As many rows as even a slow machine gets through.
        most = _ROWS_A_SECOND * limit / _FIRST_SHARE / max(summary.labelled_images, 1)
        chosen = spec.model_copy(update={"rows": max(0.01, min(spec.rows, most))})
    return Step(kind="run", stage=stage, reason=reason, specs=((chosen, parent),), seconds=cost)
