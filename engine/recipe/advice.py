"""The next best move, and others: read off the gates, the scores, and what lies on disk."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.compare import Verdict
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.metrics import in_words
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe import by_heart
from engine.recipe.choosing import blends_of, heart_to_beat, helpful_members, members_of
from engine.recipe.costs import estimate_seconds
from engine.recipe.deepening import WHAT, WHY, deepening
from engine.recipe.diagnosis import Condition, Symptom, diagnose
from engine.recipe.known import Known
from engine.recipe.moves import Move, look_at_data, submit_or_widen
from engine.recipe.noise import verdict_between
from engine.recipe.prescriptions import essence, remedied, tried_of
from engine.recipe.proposals import RUNNABLE, Proposal, leaving_out, propose_specs
from engine.recipe.pseudo_gate import deciding_blend
from engine.recipe.resuming import halted_twin, resuming
from engine.recipe.sooner import sooner
from engine.recipe.stages import GateState, Rung
from engine.recipe.standing_in import best_there, is_blended, stand_in
from engine.recipe.twins import unlike

# As many members as are blended; more add little, and each is loaded for every try. As many
# experiments are looked at on disk, however many the notebook has.
MOST_MEMBERS = 12


@dataclass(frozen=True)
class _Known:
    """What advice is read off.

    Args:
        summary: what was recognised of the competition.
        records: the notebook.
        has_predictions: whether what an experiment predicted is still on disk.
        left_out: ids of the labelled images that are not to be trained on.
    """

    summary: CompetitionSummary
    records: Sequence[ExperimentRecord]
    has_predictions: Callable[[ExperimentRecord], bool]
    left_out: Sequence[str]

    def of(self, ids: Sequence[str | None]) -> list[ExperimentRecord]:
        """The experiments that have some ids; those that were deleted are left out."""
        return [one for one in self.records if one.id in ids]


def next_moves(
    ladder: Sequence[Rung],
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
    left_out: Sequence[str] = (),
    has_predictions: Callable[[ExperimentRecord], bool] = lambda _: True,
) -> tuple[Move, ...]:
    """What to do now, the best first.

    Args:
        ladder: how the stages stand.
        summary: what was recognised of the competition; None when nobody has looked.
        records: the notebook.
        left_out: ids of the labelled images that are not to be trained on.
        has_predictions: whether what an experiment predicted is still on disk; asked only of those
            whose predictions a move would need.

    Returns:
        The moves; several where a gate is shut and more than one change may open it.
    """
    if summary is None:
        return (look_at_data("nobody has looked at the data yet"),)
    ahead = [rung for rung in ladder if not rung.state.is_behind]
    if not ahead:
        return (submit_or_widen(),)
    rung, *later = ahead
    if rung.state.is_under_way:
        return ()
    known = _Known(summary, records, has_predictions, left_out)
    found = tuple(_moves(rung, known))
    if rung.stage is Stage.DATA and later and not later[0].state.is_under_way:
        # Nothing that is odd about the data keeps a person from training.
        found += tuple(_moves(later[0], known))
    moves = tuple(
        move.model_copy(update={"specs": leaving_out(move.specs, left_out)}) for move in found
    )
    # A gate is advice: whoever knows better, or has tried enough, goes on.
    return moves if rung.stage is Stage.SUBMIT else (*moves, _pass(rung))


def _moves(rung: Rung, known: _Known) -> Iterator[Move]:
    stage = rung.stage
    if stage is Stage.DATA:
        yield look_at_data(f"{rung.reading}: press 4; mend it, or go on")
    elif stage is Stage.SUBMIT:
        yield from _export(known)
        yield from _deepen(known)
    elif stage is Stage.ENSEMBLE:
        # Where no blend is left to be tried, only another member can help.
        blends = tuple(_blend(rung, known))
        yield from blends or (*_deepen(known), *_begin_or_sooner(Stage.WIDEN, known))
    else:
        if rung.state is GateState.SHUT:
            judged = known.of([rung.experiment])
            if judged and stage not in (Stage.WIDEN, Stage.PSEUDO_LABEL):
                yield from _mending(judged[0], rung, known)
            if stage is Stage.PSEUDO_LABEL:
                yield from _deciding(rung, known)
        if stage is Stage.WIDEN:
            yield from _deepen(known)
        if stage in RUNNABLE and (rung.state is GateState.WAITING or stage is Stage.WIDEN):
            yield from _begin_or_sooner(stage, known)


def _mending(judged: ExperimentRecord, rung: Rung, known: _Known) -> Iterator[Move]:
    """What may open a shut gate: what the recipe proposes by now, and changes to what ran."""
    if rung.stage is Stage.REGULARIZE and (again := by_heart.on_all_folds(known.records)):
        title = f"run overfit on {again[0].folds} folds"
        yield from _resume_or_run(Stage.OVERFIT, (again,), known, title, by_heart.WHY)
    tried, rows = tried_of(known.records), judged.fit.rows if judged.fit is not None else 1.0
    for move in _begin(rung.stage, known):
        new = [spec for spec, _ in move.specs if essence(spec) not in tried]
        if rung.stage is Stage.OVERFIT:
            # What could not be learnt by heart of few rows can't be of more.
            fewer = [spec.model_copy(update={"rows": min(spec.rows, rows)}) for spec in new]
            new = [spec for spec in fewer if essence(spec) not in tried]
        if new:
            reason = f"it has not run like this, and {judged.id} leaves the gate shut"
            yield move.model_copy(
                update={
                    "title": f"run {rung.stage} as proposed",
                    "reason": f"{reason} ({rung.reading})",
                }
            )
    symptoms = diagnose(judged)
    conditions = {one.condition for one in symptoms}
    if rung.stage is Stage.REGULARIZE and not conditions & {Condition.NOISE, Condition.WORSE}:
        # It was made from another experiment than the one that the gate holds it against.
        condition = Condition.NOISE if _is_noise(judged, known) else Condition.WORSE
        symptoms += (Symptom(condition=condition, evidence=rung.reading),)
    yield from remedied(judged, symptoms, known.summary, known.records)


def _deepen(known: _Known) -> Iterator[Move]:
    kept = [one for one in known.records if not one.status.is_halted]
    if (deeper := deepening(known.summary, kept)) is not None:
        yield from _resume_or_run(Stage.REGULARIZE, (deeper,), known, WHAT, WHY)


def _is_noise(judged: ExperimentRecord, known: _Known) -> bool:
    """Whether a regularized run differs from the overfit one by no more than noise."""
    overfit = heart_to_beat(known.records)
    return overfit is not None and verdict_between(judged, overfit) is Verdict.NOISE


def _pass(rung: Rung) -> Move:
    return Move(
        kind="pass",
        stage=rung.stage,
        title=f"pass {rung.stage}",
        reason=f"go on although its gate is not open ({rung.reading}); the notebook remembers it",
    )


def _begin(stage: Stage, known: _Known) -> Iterator[Move]:
    try:
        specs = propose_specs(stage, known.summary, known.records)
    except UserError:
        return
    sources = known.of([spec.pseudo.source for spec, _ in specs])
    if lost := [one for one in sources if not known.has_predictions(one)]:
        yield from _again(lost[0], known)
        return
    yield from _resume_or_run(stage, specs, known, f"run {stage}", _REASONS[stage])


def _begin_or_sooner(stage: Stage, known: _Known) -> Iterator[Move]:
    yield from (begun := tuple(_begin(stage, known)))
    for title, reason, specs in sooner(begun, known.summary, known.records):
        yield from _resume_or_run(stage, specs, known, title, reason)


def _resume_or_run(
    stage: Stage, specs: Sequence[Proposal], known: _Known, title: str, reason: str
) -> Iterator[Move]:
    """What was stopped half done is gone on with, and only the others are run."""
    twins = [halted_twin(one, known.records) for one, _ in leaving_out(specs, known.left_out)]
    if halted := [one for one in twins if one is not None]:
        yield resuming(stage, halted, known.summary, known.records)
    specs = tuple(one for one, twin in zip(specs, twins, strict=True) if twin is None)
    if specs:
        yield Move(
            kind="run",
            stage=stage,
            title=title + (f": {len(specs)} fits" if len(specs) > 1 else ""),
            reason=reason,
            specs=specs,
            seconds=_cost(specs, known),
        )


def _again(record: ExperimentRecord, known: _Known) -> Iterator[Move]:
    """What has to be done again where predictions are gone: a clone has the notebook alone."""
    why = f"the predictions of {record.id} are not on this disk, and what comes next needs them"
    blended = record.spec.members if isinstance(record.spec, EnsembleSpec) else ()
    wanted = known.of(blended) if blended else [record]
    there = [stand_in(one, known.records, known.has_predictions) for one in wanted]
    lost = [one for one, found in zip(wanted, there, strict=True) if found is None]
    members = tuple(dict.fromkeys(one.id for one in there if one is not None))
    is_done = is_blended(members, known.records, known.has_predictions)
    if len(members) >= min(len(blended), 2) > 0 and not lost and not is_done:
        yield _blend_of(members, f"blend the members of {record.id} again", why)
    specs = tuple((one.fit, one.id) for one in lost if one.fit is not None)
    if specs:
        yield Move(
            kind="run",
            stage=lost[0].stage,
            title=f"run {', '.join(one.id for one in lost)} again",
            reason=why,
            specs=specs,
            seconds=_cost(specs, known),
        )


def _cost(specs: Sequence[Proposal], known: _Known) -> float | None:
    costs = [estimate_seconds(spec, known.summary, known.records) for spec, _ in specs]
    told = [cost for cost in costs if cost is not None]
    return sum(told) if told else None


def _blend(rung: Rung, known: _Known) -> Iterator[Move]:
    able = members_of(known.records)[:MOST_MEMBERS]
    there = [one for one in able if known.has_predictions(one)]
    # Only of what is there: what was run in place of a lost run is its twin.
    kept = unlike(there, MOST_MEMBERS)
    members = tuple(record.id for record in kept)
    blended = blends_of(known.records)
    if len(members) > 1 and frozenset(members) not in blended:
        yield _blend_of(members, f"blend {len(members)} experiments", _REASONS[Stage.ENSEMBLE])
    elif len(members) < 2 and (lost := unlike([*kept, *able], MOST_MEMBERS)[len(kept) :]):
        yield from _again(lost[0], known)
    elif rung.state is GateState.SHUT:
        for judged in known.of([rung.experiment]):
            # Without the members whose leave-one-out contribution is not positive.
            helpful = helpful_members(judged)
            if helpful and frozenset(helpful) not in blended and set(helpful) <= set(members):
                why = "the others make the cross-fitted score no better"
                yield _blend_of(helpful, f"blend the {len(helpful)} that help", why)


def _deciding(rung: Rung, known: _Known) -> Iterator[Move]:
    """The gate of pseudo-labels asks what a blend with them is worth, and one without them."""
    whole = tuple(_blend(rung, known))
    notebook = Known(known.records, known.summary.metric)
    for judged in known.of([rung.experiment]):
        wanted = deciding_blend(judged, notebook, known.records)
        there = [one.id for one in known.of(wanted) if known.has_predictions(one)]
        # A blend of all that has it decides as well.
        is_new = judged.id not in wanted or not any(judged.id in one.members for one in whole)
        if wanted and is_new and set(there) == set(wanted):
            how = f"{'with' if judged.id in wanted else 'without'} {judged.id}"
            others = [one for one in wanted if one != judged.id]
            what = f"{others[0]} alone" if len(others) == 1 else f"{len(others)} experiments"
            why = f"what its labels bring is told by the best blends with and without {judged.id}"
            yield _blend_of(wanted, f"blend {what} {how}", why)
    yield from whole


def _blend_of(members: tuple[str, ...], title: str, reason: str) -> Move:
    return Move(
        kind="blend",
        stage=Stage.ENSEMBLE,
        title=title,
        reason=reason,
        members=members,
        seconds=1.0,
    )


def _export(known: _Known) -> Iterator[Move]:
    """The best experiment whose predictions are there, and a better one that has to run again."""
    best, lost = best_there(known.records, known.summary.metric, known.has_predictions)
    # Only as far as needed: each is looked for on disk.
    missed = next(((one, moves) for one in lost if (moves := tuple(_again(one, known)))), None)
    if best is not None:
        metric = in_words(known.summary.metric)
        beside = " of those whose predictions are on this disk"
        yield Move(
            kind="export",
            stage=Stage.SUBMIT,
            title=f"export {best.id} {best.name}",
            reason=f"it has the best clean validation {metric}"
            + (f"{beside}, unlike {missed[0].id}'s" if missed else ""),
            members=(best.id,),
            seconds=1.0,
        )
    yield from missed[1] if missed else ()


_REASONS = {
    Stage.BASELINE: "a cheap first run on half of the rows tells whether the signal is there",
    Stage.OVERFIT: "a network that can't learn the training set by heart can't learn the task",
    Stage.REGULARIZE: "what fits the training set is held back until it fits other rows better",
    Stage.WIDEN: "members that differ in backbone or resolution make different mistakes",
    Stage.ENSEMBLE: "different mistakes cancel: diversity beats tuning",
    Stage.PSEUDO_LABEL: "the test images, under the best predictions, are more rows to train on",
}
