"""Which folds experiments have done, and their scores over those that two have in common."""

from collections.abc import Set

from engine.experiment.means import mean_scores
from engine.experiment.record import ExperimentRecord, Scores, Status


def folds_done(record: ExperimentRecord) -> tuple[int, ...]:
    """The folds of an experiment that are done, in order."""
    return tuple(sorted(task.fold for task in record.tasks if task.status is Status.DONE))


def leading_folds(record: ExperimentRecord) -> int:
    """How many folds of an experiment are done from the first on, without a gap."""
    done = set(folds_done(record))
    return next(fold for fold in range(len(done) + 1) if fold not in done)


def on_common_folds(
    record: ExperimentRecord, other: ExperimentRecord
) -> tuple[Scores, Scores] | None:
    """The scores of two experiments over the folds that both have run.

    Folds differ more than experiments do: means over different ones can't be compared.

    Args:
        record: the one.
        other: the other.

    Returns:
        Their scores; None where they have no fold in common, or one of them has no log-loss.
    """
    common = set(folds_done(record)) & set(folds_done(other))
    both = tuple(scores_over(one, common) for one in (record, other))
    if any(scores.val_log_loss is None for scores in both):
        return None
    return both[0], both[1]


def scores_over(record: ExperimentRecord, folds: Set[int]) -> Scores:
    """An experiment's scores over some folds.

    Args:
        record: the experiment.
        folds: which; those that it has not done are left out.
    """
    # Those over all are known.
    if all(task.fold in folds and task.status is Status.DONE for task in record.tasks):
        return record.scores
    return mean_scores(task for task in record.tasks if task.fold in folds)
