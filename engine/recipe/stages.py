"""The stages of the recipe: what each one runs, and whether its gate is open."""

from collections.abc import Sequence
from enum import StrEnum
from math import ceil, sqrt

from engine.competition.findings import CompetitionSummary
from engine.experiment.frozen import Frozen
from engine.experiment.means import mean_scores
from engine.experiment.record import ExperimentRecord, Scores, Status
from engine.experiment.spec import (
    AugmentationSpec,
    ExperimentSpec,
    HeadSpec,
    PhaseSpec,
    Stage,
)

TRAINING_STAGES = (Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE)
LADDER = (Stage.DATA, *TRAINING_STAGES, Stage.SUBMIT)
OVERFIT_GATE = 0.01
PHOTOGRAPH_SIDE = 96
_TWO_SIDED_95 = 1.96
_BASELINE_STEPS, _OVERFIT_STEPS, _MOST_EPOCHS = 300, 500, 200
# What `PhaseSpec.learning_rate` allows.


class GateState(StrEnum):
    """How a stage stands."""

    WAITING = "waiting"
    RUNNING = "running"
    SHUT = "shut"
    OPEN = "open"


class Rung(Frozen):
    """One stage as the rail shows it.

    Args:
        stage: which.
        state: how its gate stands.
        gate: what opens it, in words.
        reading: the figure that decided, or what is missing.
        experiment: the experiment that was judged.
    """

    stage: Stage
    state: GateState
    gate: str
    reading: str
    experiment: str | None = None


GATES = {
    Stage.DATA: "images decode and match",
    Stage.BASELINE: "val beats the class shares",
    Stage.OVERFIT: f"training log-loss < {OVERFIT_GATE}",
    Stage.REGULARIZE: "val better than overfit's",
    Stage.SUBMIT: "a CSV that fits the sample",
}


def propose_spec(
    stage: Stage, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> tuple[ExperimentSpec, str | None]:
    """The spec a stage begins with.

    Small pictures get plain networks. Photographs get EfficientNet-Lite0, frozen, with its
    ImageNet weights. Regularize starts from the best overfit run, since it is that run's
    validation loss which it must beat.

    Args:
        stage: baseline, overfit or regularize.
        summary: what was recognised of the competition.
        records: the notebook.

    Returns:
        The spec, and the id of the experiment it was derived from.
    """
    photographs = summary.median_side >= PHOTOGRAPH_SIDE
    if stage is Stage.BASELINE:
        baseline = _PHOTO_BASELINE if photographs else _small(summary, _SMALL_BASELINE)
        return _long_enough(baseline, summary, _BASELINE_STEPS), None
    overfit = _PHOTO_OVERFIT if photographs else _small(summary, _SMALL_OVERFIT)
    overfit = _long_enough(overfit, summary, _OVERFIT_STEPS)
    if stage is Stage.OVERFIT:
        return overfit, None
    parent = best_of(records, Stage.OVERFIT)
    if parent is None:
        return _regularized(overfit), None
    return _regularized(parent.spec), parent.id


def best_of(records: Sequence[ExperimentRecord], stage: Stage) -> ExperimentRecord | None:
    """The finished experiment of a stage with the lowest log-loss that the stage is about."""
    figure = "train_log_loss" if stage is Stage.OVERFIT else "val_log_loss"
    done = [
        record
        for record in records
        if record.stage is stage
        and record.status is Status.DONE
        and getattr(record.scores, figure) is not None
    ]
    return min(done, key=lambda record: getattr(record.scores, figure), default=None)


def climb(
    summary: CompetitionSummary | None, records: Sequence[ExperimentRecord]
) -> tuple[Rung, ...]:
    """How every stage stands, judged by the notebook.

    Args:
        summary: what was recognised of the competition; None while nobody has looked.
        records: the notebook.

    Returns:
        The rungs, in the recipe's order.
    """
    return (
        _data_rung(summary),
        *(_training_rung(stage, records) for stage in TRAINING_STAGES),
        _submit_rung(records),
    )


def _data_rung(summary: CompetitionSummary | None) -> Rung:
    state, reading = GateState.WAITING, "not looked at yet"
    if summary is not None:
        warnings = sum(finding.severity == "warning" for finding in summary.findings)
        state = GateState.SHUT if warnings else GateState.OPEN
        reading = (
            f"{warnings} to look at" if warnings else f"{summary.labelled_images:,} images, clean"
        )
    return Rung(stage=Stage.DATA, state=state, gate=GATES[Stage.DATA], reading=reading)


def _training_rung(stage: Stage, records: Sequence[ExperimentRecord]) -> Rung:
    best = best_of(records, stage)
    active = [
        record
        for record in records
        if record.stage is stage and record.spec.kind == "fit" and not record.status.is_finished
    ]
    state, reading = GateState.WAITING, "not run yet"
    if best is not None:
        is_open, reading = _judge(stage, best, records)
        state = GateState.OPEN if is_open else GateState.SHUT
    if active:
        state = GateState.RUNNING
        reading = reading if best is not None else "first run under way"
    return Rung(
        stage=stage,
        state=state,
        gate=GATES[stage],
        reading=reading,
        experiment=best.id if best is not None else None,
    )


def _judge(
    stage: Stage, record: ExperimentRecord, records: Sequence[ExperimentRecord]
) -> tuple[bool, str]:
    if stage is Stage.BASELINE:
        return _beats_prior(record.scores)
    if stage is Stage.OVERFIT:
        loss = record.scores.train_log_loss or 0.0
        return loss < OVERFIT_GATE, f"train {loss:.4f}"
    overfit = best_of(records, Stage.OVERFIT)
    if overfit is None:
        return False, "no overfit run to beat"
    return _beats(record, overfit)


def _beats_prior(scores: Scores) -> tuple[bool, str]:
    """Both figures must beat what the class shares alone give, by their 95 % bounds."""
    loss, error = scores.val_log_loss, scores.val_log_loss_error
    accuracy, rows = scores.val_accuracy, scores.val_rows
    if loss is None or accuracy is None or not rows:
        return False, "no validation score"
    lowest = accuracy - _TWO_SIDED_95 * sqrt(max(accuracy * (1 - accuracy), 1e-9) / rows)
    highest = loss + _TWO_SIDED_95 * (error or 0.0)
    is_open = lowest > (scores.majority_accuracy or 0.0) and highest < (
        scores.prior_log_loss or 0.0
    )
    return is_open, f"val {loss:.3f}, chance {scores.prior_log_loss or 0.0:.3f}"


def _beats(record: ExperimentRecord, overfit: ExperimentRecord) -> tuple[bool, str]:
    """Better beyond the noise on the folds that both have run, paired by row where that is known.

    Folds differ more than experiments do: means over different ones can't be compared.
    """
    common = _done_folds(record) & _done_folds(overfit)
    scores, other = _scores_on(record, common), _scores_on(overfit, common)
    mine, theirs = scores.val_log_loss, other.val_log_loss
    if mine is None or theirs is None:
        return False, "no fold in common with overfit"
    gain, noise = theirs - mine, scores.parent_gain_error
    if record.parent != overfit.id or noise is None:
        noise = sqrt(
            (scores.val_log_loss_error or 0.0) ** 2 + (other.val_log_loss_error or 0.0) ** 2
        )
    verdict = "better" if gain > noise else "worse" if gain < -noise else "within noise"
    return gain > noise, f"val {mine:.3f}/{theirs:.3f} {verdict}"


def _done_folds(record: ExperimentRecord) -> set[int]:
    return {task.fold for task in record.tasks if task.status is Status.DONE}


def _scores_on(record: ExperimentRecord, folds: set[int]) -> Scores:
    return mean_scores(task for task in record.tasks if task.fold in folds)


def _submit_rung(records: Sequence[ExperimentRecord]) -> Rung:
    exported = [record for record in records if record.submission is not None]
    return Rung(
        stage=Stage.SUBMIT,
        state=GateState.OPEN if exported else GateState.WAITING,
        gate=GATES[Stage.SUBMIT],
        reading=f"{len(exported)} exported" if exported else "nothing exported yet",
        experiment=exported[-1].id if exported else None,
    )


_SMALL_BASELINE = ExperimentSpec(
    stage=Stage.BASELINE,
    rows=0.5,
    backbone="plain_cnn",
    head=HeadSpec(layers=1, units=64),
    phases=(PhaseSpec(train="all", epochs=12, learning_rate=1e-3),),
)
_SMALL_OVERFIT = ExperimentSpec(
    stage=Stage.OVERFIT,
    backbone="wide_cnn",
    head=HeadSpec(layers=1, units=256),
    phases=(PhaseSpec(train="all", epochs=15, learning_rate=1e-3),),
)
_PHOTO_BASELINE = ExperimentSpec(
    stage=Stage.BASELINE,
    rows=0.5,
    image_size=224,
    backbone="efficientnet_lite0",
    weights="imagenet",
    head=HeadSpec(layers=0),
    phases=(PhaseSpec(train="head", epochs=15, learning_rate=1e-3),),
)
_PHOTO_OVERFIT = _PHOTO_BASELINE.model_copy(
    update={
        "stage": Stage.OVERFIT,
        "rows": 1.0,
        "head": HeadSpec(layers=1, units=512),
        "phases": (PhaseSpec(train="head", epochs=40, learning_rate=1e-3),),
    }
)


def _long_enough(spec: ExperimentSpec, summary: CompetitionSummary, steps: int) -> ExperimentSpec:
    """More epochs where the training set is so small that a few hold hardly any steps."""
    rows = spec.rows * summary.labelled_images * (1 - 1 / summary.folds)
    batches = max(1.0, rows / spec.batch_size)
    first = spec.phases[0]
    epochs = min(_MOST_EPOCHS, max(first.epochs, ceil(steps / batches)))
    return spec.model_copy(update={"phases": (first.model_copy(update={"epochs": epochs}),)})


def _small(summary: CompetitionSummary, spec: ExperimentSpec) -> ExperimentSpec:
    """Small pictures at a size of their own: twice as large up to 32 px, for room to pool."""
    side = summary.median_side
    size = min(64, max(16, 2 * side if side <= 16 else -(-side // 8) * 8))
    return spec.model_copy(update={"image_size": size})


def _regularized(spec: ExperimentSpec) -> ExperimentSpec:
    """The overfit spec held back: dropout, and what suits a trained or a frozen backbone."""
    changes: dict[str, object] = {"stage": Stage.REGULARIZE}
    if all(phase.train == "head" for phase in spec.phases):
        changes["head"] = spec.head.model_copy(update={"dropout": 0.5})
        changes["phases"] = tuple(p.model_copy(update={"patience": 5}) for p in spec.phases)
    else:
        changes["head"] = spec.head.model_copy(update={"dropout": 0.25})
        changes["augmentation"] = AugmentationSpec(rotation=10, translation=0.05, zoom=0.05)
        # Augmented images take longer to learn, and want small steps in the end.
        slower = {"schedule": "cosine"}
        changes["phases"] = tuple(
            p.model_copy(update=slower | {"epochs": min(round(2.5 * p.epochs), 1000)})
            for p in spec.phases
        )
    return spec.model_copy(update=changes)
