"""What is wrong -> changes to the spec, each with its reason; and the next best move."""

from collections.abc import Iterator, Sequence
from typing import Literal

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.frozen import Frozen
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.choosing import best_to_submit, blends_of, helpful_members, members_of
from engine.recipe.costs import estimate_seconds
from engine.recipe.diagnosis import Condition, Symptom, diagnose
from engine.recipe.families import baselines, family_of
from engine.recipe.proposals import RUNNABLE, leaving_out, propose_specs
from engine.recipe.remedies import remedies
from engine.recipe.stages import GateState, Rung

# As many members as are blended; more add little, and each is loaded for every try.
MOST_MEMBERS = 12


class Move(Frozen):
    """One thing to do next, and why.

    Args:
        kind: what has to be done: look at the data, run fits, blend, export, or pass a gate.
        stage: the stage it belongs to.
        title: what it is, in a few words.
        reason: why, in a sentence.
        changes: what differs from the parent's spec, as `--set` takes it.
        specs: the fits to run, each with its parent.
        members: what is to be blended or exported.
        seconds: expected cost; None while nothing was measured.
    """

    kind: Literal["look", "run", "blend", "export", "pass", "done"]
    stage: Stage
    title: str
    reason: str
    changes: tuple[str, ...] = ()
    specs: tuple[tuple[ExperimentSpec, str | None], ...] = ()
    members: tuple[str, ...] = ()
    seconds: float | None = None


_DONE = Move(
    kind="done",
    stage=Stage.SUBMIT,
    title="submit it, or widen",
    reason="every gate is open or passed; more backbones and sizes help the ensemble",
)


def next_moves(
    ladder: Sequence[Rung],
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
    left_out: Sequence[str] = (),
) -> tuple[Move, ...]:
    """What to do now, the best first.

    Args:
        ladder: how the stages stand.
        summary: what was recognised of the competition; None when nobody has looked.
        records: the notebook.
        left_out: ids of the labelled images that are not to be trained on.

    Returns:
        The moves; several where a gate is shut and more than one change may open it.
    """
    if summary is None:
        return (_look("nobody has looked at the data yet"),)
    ahead = [rung for rung in ladder if not rung.state.is_behind]
    if not ahead:
        return (_DONE,)
    rung, *later = ahead
    if rung.state is GateState.RUNNING:
        return ()
    found = tuple(_moves(rung, summary, records))
    if rung.stage is Stage.DATA and later and later[0].state is not GateState.RUNNING:
        # Nothing that is odd about the data keeps a person from training.
        found += tuple(_moves(later[0], summary, records))
    moves = tuple(
        move.model_copy(update={"specs": leaving_out(move.specs, left_out)}) for move in found
    )
    # A gate is advice: whoever knows better, or has tried enough, goes on.
    return moves if rung.stage is Stage.SUBMIT else (*moves, _pass(rung))


def prescriptions(
    record: ExperimentRecord,
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
) -> tuple[Move, ...]:
    """Changes that may mend what is wrong with an experiment, the most urgent first.

    What has been tried is not proposed again.

    Args:
        record: the experiment.
        summary: for the cost.
        records: the notebook.
    """
    return _remedied(record, diagnose(record), summary, records)


def _remedied(
    record: ExperimentRecord,
    symptoms: Sequence[Symptom],
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
) -> tuple[Move, ...]:
    spec = record.fit
    if spec is None:
        return ()
    tried = _tried(records)
    moves = []
    for symptom in symptoms:
        for changes, why in remedies(record.stage, symptom.condition, spec):
            try:
                changed = apply_overrides(spec, changes)
            except UserError:
                # A remedy of another backbone's; there are others.
                continue
            family = family_of(changed)
            # A baseline of the other family has been tried by itself, however it ended.
            is_tried = family is not family_of(spec) and bool(baselines(records, family))
            if _essence(changed) not in tried and not is_tried:
                tried.add(_essence(changed))
                moves.append(_prescribed(record, symptom, changes, why, changed, summary, records))
    return tuple(moves)


def _moves(
    rung: Rung, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> Iterator[Move]:
    stage = rung.stage
    if stage is Stage.DATA:
        yield _look(f"{rung.reading}: press 4; mend it, or go on")
    elif stage is Stage.SUBMIT:
        yield from _export(summary, records)
    elif stage is Stage.ENSEMBLE:
        # Where no blend is left to be tried, only another member can help.
        yield from tuple(_blend(rung, records)) or _begin(Stage.WIDEN, summary, records)
    else:
        if rung.state is GateState.SHUT:
            judged = next((one for one in records if one.id == rung.experiment), None)
            if judged is not None and stage not in (Stage.WIDEN, Stage.PSEUDO_LABEL):
                yield from _mending(judged, rung, summary, records)
            if stage is Stage.PSEUDO_LABEL:
                # Its gate asks what a blend with it is worth.
                yield from _blend(rung, records)
        if stage in RUNNABLE and (rung.state is GateState.WAITING or stage is Stage.WIDEN):
            yield from _begin(stage, summary, records)


def _mending(
    judged: ExperimentRecord,
    rung: Rung,
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
) -> Iterator[Move]:
    """What may open a shut gate: what the recipe proposes by now, and changes to what ran."""
    tried = _tried(records)
    for move in _begin(rung.stage, summary, records):
        if any(_essence(spec) not in tried for spec, _ in move.specs):
            reason = f"it has not run like this, and {judged.id} leaves the gate shut"
            yield move.model_copy(
                update={
                    "title": f"run {rung.stage} as proposed",
                    "reason": f"{reason} ({rung.reading})",
                }
            )
    symptoms = diagnose(judged)
    known = {one.condition for one in symptoms}
    if rung.stage is Stage.REGULARIZE and not known & {Condition.NOISE, Condition.WORSE}:
        # It was made from another experiment than the one that the gate holds it against.
        symptoms += (Symptom(condition=Condition.WORSE, evidence=rung.reading),)
    yield from _remedied(judged, symptoms, summary, records)


def _tried(records: Sequence[ExperimentRecord]) -> set[str]:
    """What has been run already."""
    return {_essence(one.fit) for one in records if one.fit is not None}


def _look(reason: str) -> Move:
    return Move(kind="look", stage=Stage.DATA, title="look at the data", reason=reason)


def _pass(rung: Rung) -> Move:
    return Move(
        kind="pass",
        stage=rung.stage,
        title=f"pass {rung.stage}",
        reason=f"go on although its gate is not open ({rung.reading}); the notebook remembers it",
    )


def _begin(
    stage: Stage, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> Iterator[Move]:
    try:
        specs = propose_specs(stage, summary, records)
    except UserError:
        return
    costs = [estimate_seconds(spec, summary, records) for spec, _ in specs]
    known = [cost for cost in costs if cost is not None]
    yield Move(
        kind="run",
        stage=stage,
        title=f"run {stage}" + (f": {len(specs)} fits" if len(specs) > 1 else ""),
        reason=_REASONS[stage],
        specs=specs,
        seconds=sum(known) if known else None,
    )


def _blend(rung: Rung, records: Sequence[ExperimentRecord]) -> Iterator[Move]:
    members = tuple(record.id for record in members_of(records)[:MOST_MEMBERS])
    blended = blends_of(records)
    if len(members) > 1 and frozenset(members) not in blended:
        yield Move(
            kind="blend",
            stage=Stage.ENSEMBLE,
            title=f"blend {len(members)} experiments",
            reason=_REASONS[Stage.ENSEMBLE],
            members=members,
            seconds=1.0,
        )
    elif rung.state is GateState.SHUT and rung.experiment is not None:
        yield from _without_useless(rung.experiment, blended, records)


def _without_useless(
    experiment: str, blended: set[frozenset[str]], records: Sequence[ExperimentRecord]
) -> Iterator[Move]:
    """Drop the members whose leave-one-out contribution is not positive."""
    kept = helpful_members(next(one for one in records if one.id == experiment))
    if kept and frozenset(kept) not in blended:
        yield Move(
            kind="blend",
            stage=Stage.ENSEMBLE,
            title=f"blend the {len(kept)} that help",
            reason="the others make the cross-fitted score no better",
            members=kept,
            seconds=1.0,
        )


def _export(summary: CompetitionSummary, records: Sequence[ExperimentRecord]) -> Iterator[Move]:
    best = best_to_submit(records, summary.metric)
    if best is not None:
        yield Move(
            kind="export",
            stage=Stage.SUBMIT,
            title=f"export {best.id} {best.name}",
            reason=f"it has the best clean validation {summary.metric.replace('log_', 'log-')}",
            members=(best.id,),
            seconds=1.0,
        )


def _prescribed(
    record: ExperimentRecord,
    symptom: Symptom,
    changes: tuple[str, ...],
    why: str,
    spec: ExperimentSpec,
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
) -> Move:
    return Move(
        kind="run",
        stage=record.stage,
        title=" ".join(changes),
        reason=f"{record.id} · {symptom.condition}: {symptom.evidence}. {why}",
        changes=changes,
        specs=((spec, record.id),),
        seconds=estimate_seconds(spec, summary, records),
    )


def _essence(spec: ExperimentSpec) -> str:
    """What makes two runs the same try."""
    return spec.model_dump_json(exclude={"seed", "folds", "stage", "leave_out"})


_REASONS = {
    Stage.BASELINE: "a cheap first run on half of the rows tells whether the signal is there",
    Stage.OVERFIT: "a network that can't learn the training set by heart can't learn the task",
    Stage.REGULARIZE: "what fits the training set is held back until it fits other rows better",
    Stage.WIDEN: "members that differ in backbone or resolution make different mistakes",
    Stage.ENSEMBLE: "different mistakes cancel: diversity beats tuning",
    Stage.PSEUDO_LABEL: "the test images, under the best predictions, are more rows to train on",
}
