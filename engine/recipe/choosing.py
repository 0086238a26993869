"""Which of the notebook's experiments a stage is judged by, and which may join an ensemble."""

from collections.abc import Sequence

from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage

# What has been through regularize: an ensemble's members come from here.
REGULARIZED = (Stage.REGULARIZE, Stage.WIDEN, Stage.PSEUDO_LABEL)


def done_of(records: Sequence[ExperimentRecord], stage: Stage) -> list[ExperimentRecord]:
    """The finished experiments of a stage that have the figure which the stage is about.

    Args:
        records: the notebook.
        stage: which.
    """
    return [
        record
        for record in records
        if record.stage is stage
        and record.status is Status.DONE
        and record.spec.kind in ("fit", "ensemble")
        and getattr(record.scores, _figure(stage)) is not None
    ]


def best_of(records: Sequence[ExperimentRecord], stage: Stage) -> ExperimentRecord | None:
    """The finished experiment of a stage with the lowest log-loss that the stage is about.

    Args:
        records: the notebook.
        stage: which.
    """
    figure = _figure(stage)
    done = done_of(records, stage)
    return min(done, key=lambda record: getattr(record.scores, figure), default=None)


def folds_done(record: ExperimentRecord) -> tuple[int, ...]:
    """The folds of an experiment that are done, in order."""
    return tuple(sorted(task.fold for task in record.tasks if task.status is Status.DONE))


def members_of(records: Sequence[ExperimentRecord]) -> list[ExperimentRecord]:
    """The experiments that an ensemble can be made of.

    Means over different folds can't be compared, nor blended: those count that have run the most
    folds.

    Args:
        records: the notebook.

    Returns:
        Regularized fits with equally many folds done, the best first.
    """
    able = [record for stage in REGULARIZED for record in done_of(records, stage)]
    most = max((len(folds_done(record)) for record in able), default=0)
    kept = [record for record in able if len(folds_done(record)) == most]
    return sorted(kept, key=lambda record: record.scores.val_log_loss or 0.0)


def _figure(stage: Stage) -> str:
    return "train_log_loss" if stage is Stage.OVERFIT else "val_log_loss"
