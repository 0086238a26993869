"""The autopilot's steps, and what came of them, in words."""

from collections.abc import Sequence

from engine.experiment.metrics import SHORT_NAMES
from engine.experiment.record import ExperimentRecord, Status
from engine.recipe.common_folds import folds_done
from engine.recipe.steps import Step, rounded


def what_of(step: Step) -> str:
    """What a step does.

    Args:
        step: which.
    """
    if step.kind == "run":
        spec = step.specs[0][0]
        phases = " + ".join(f"{phase.epochs} epochs of {phase.train}" for phase in spec.phases)
        cost = f", about {rounded(step.seconds)}" if step.seconds is not None else ""
        folds = "1 fold" if spec.folds == 1 else f"{spec.folds} folds"
        rows = f"{spec.rows:.0%} of the rows, " if spec.rows < 1 else ""
        return f"run {spec.backbone} {spec.image_size}px, {rows}{folds}, {phases}{cost}"
    if step.experiments:
        return f"{step.kind} {', '.join(step.experiments)}"
    return f"{step.kind} {step.stage}"


def told_of(record: ExperimentRecord) -> str:
    """What came of an experiment.

    Args:
        record: it, as it ended.
    """
    scores = record.scores
    # Ranks have no log-loss.
    figures = {"log-loss": scores.val_log_loss, "AUC": scores.val_auc}
    if scores.metric in SHORT_NAMES:
        figures[SHORT_NAMES[scores.metric]] = scores.val_metric
    known = [f"{name} {value:.4f}" for name, value in figures.items() if value is not None]
    if not record.predicts or not known:
        return record.error.happened if record.error is not None else "half done"
    told = f"val {', '.join(known)} in {record.seconds:.0f} s"
    if record.status is Status.DONE:
        return told
    failed = f"; {record.error.happened}" if record.error is not None else ""
    return f"{len(folds_done(record))} of {len(record.tasks)} folds: {told}{failed}"


def why_nothing(records: Sequence[ExperimentRecord]) -> str:
    """Why a walk has left nothing that could be submitted.

    Args:
        records: the notebook, in which nothing has predicted.
    """
    ended = [one for one in records if one.status in (Status.FAILED, Status.INTERRUPTED)]
    if not ended:
        return "The budget was used up before anything was trained: give it more time."
    last, error = ended[-1], ended[-1].error
    told = f": {error.happened} {error.fix}" if error is not None else ""
    return f"Nothing was trained to its end; the last, {last.id}, {last.status.verb}{told}"
