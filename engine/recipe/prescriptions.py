"""What is wrong with an experiment -> changes to its spec, each with its reason."""

from collections.abc import Container, Sequence

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.compare import Verdict
from engine.experiment.overrides import apply_overrides
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec
from engine.recipe.beginnings import plausible, smoothing
from engine.recipe.costs import estimate_seconds
from engine.recipe.diagnosis import Symptom, diagnose
from engine.recipe.families import baselines, family_of
from engine.recipe.measured import clear_pairs, measured
from engine.recipe.moves import Move
from engine.recipe.remedies import remedies


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
    return remedied(record, diagnose(record), summary, records)


def remedied(
    record: ExperimentRecord,
    symptoms: Sequence[Symptom],
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
) -> tuple[Move, ...]:
    """Changes against what is known to be wrong with an experiment.

    A change that was measured on another experiment is proposed first if it made that better, and
    not at all if it made it worse.

    Args:
        record: the experiment.
        symptoms: what is wrong, the most urgent first.
        summary: for the cost.
        records: the notebook; what has been tried is not proposed again.
    """
    spec = record.fit
    if spec is None:
        return ()
    tried, pairs = tried_of(records), clear_pairs(records)
    changes_set = "photo" if summary is None else plausible(summary)
    helped, moves = [], []
    for symptom in symptoms:
        for found, why in remedies(record.stage, symptom.condition, spec, changes_set):
            changes = found if summary is None else _within(found, summary.folds)
            try:
                changed = apply_overrides(spec, changes)
            except UserError:
                # A remedy of another backbone's; there are others.
                continue
            is_same = essence(changed) == essence(spec)
            if is_same and not _has_more_folds(changed, summary, records):
                continue
            if not is_same and _is_vain(changed, spec, tried, summary, records):
                continue
            tried.add(essence(changed))
            known = None if is_same else measured(spec, changed, pairs)
            if known is None:
                moves.append(_prescribed(record, symptom, changes, why, changed, summary, records))
            elif known.worth.verdict is Verdict.BETTER:
                told = f"{why} {known.told}"
                helped.append(
                    _prescribed(record, symptom, changes, told, changed, summary, records)
                )
    return (*helped, *moves)


def _within(changes: Sequence[str], folds: int) -> tuple[str, ...]:
    """Changes that ask for no more folds than there are."""
    asked = (one.partition("=") for one in changes)
    return tuple(
        f"{name}={min(int(value), folds)}" if name == "folds" else f"{name}={value}"
        for name, _, value in asked
    )


def _has_more_folds(
    spec: ExperimentSpec,
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
) -> bool:
    """Whether a spec asks for more of the folds than it has been run on."""
    ran = [one.fit.folds for one in records if one.fit and essence(one.fit) == essence(spec)]
    most = spec.folds if summary is None else summary.folds
    return max(ran, default=0) < spec.folds <= most


def _is_vain(
    changed: ExperimentSpec,
    spec: ExperimentSpec,
    tried: Container[str],
    summary: CompetitionSummary | None,
    records: Sequence[ExperimentRecord],
) -> bool:
    """Whether a change has been tried, or is of no use to such labels."""
    if changed.loss.label_smoothing and summary is not None and not smoothing(summary):
        return True
    family = family_of(changed)
    # A baseline of the other family has been tried by itself, however it ended.
    is_tried = family is not family_of(spec) and bool(baselines(records, family))
    return essence(changed) in tried or is_tried


def tried_of(records: Sequence[ExperimentRecord]) -> set[str]:
    """What has been run already, each by its essence.

    Args:
        records: the notebook.
    """
    return {essence(one.fit) for one in records if one.fit is not None}


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


def essence(spec: ExperimentSpec) -> str:
    """What makes two runs the same try.

    Args:
        spec: of one of them.
    """
    return spec.model_dump_json(exclude={"seed", "folds", "stage", "leave_out"})
