"""Experiments that are one and the same: together they are no more diverse than each alone."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from engine.experiment.record import ExperimentRecord, Status


def are_twins(record: ExperimentRecord, other: ExperimentRecord) -> bool:
    """Whether two fits ran the same spec with the same seed, or predicted the same.

    Args:
        record: the one.
        other: the other.
    """
    if record.fit is None or other.fit is None:
        return False
    # Neither what a run is for, nor on how many folds it was run, changes a fold's fit.
    labels = {"stage": other.fit.stage, "folds": other.fit.folds}
    return record.fit.model_copy(update=labels) == other.fit or _has_scores_of(record, other)


def unlike(members: Iterable[ExperimentRecord], most: int) -> list[ExperimentRecord]:
    """The first of every set of twins.

    Args:
        members: experiments, the preferred first.
        most: how many are wanted.
    """
    kept: list[ExperimentRecord] = []
    for one in members:
        if len(kept) == most:
            break
        if not any(are_twins(one, other) for other in kept):
            kept.append(one)
    return kept


def twins_told(members: Sequence[ExperimentRecord]) -> str:
    """A remark on members of a blend that are one and the same.

    Args:
        members: of the blend.

    Returns:
        The remark; empty where all differ.
    """
    pairs = [
        f"{one.id} and {other.id}"
        for one, other in combinations(members, 2)
        if are_twins(one, other)
    ]
    if not pairs:
        return ""
    return f"{'; '.join(pairs)} are the same run twice: together they only weigh more."


def _has_scores_of(record: ExperimentRecord, other: ExperimentRecord) -> bool:
    """Scores that are the same to the last bit, in every fold, are of the same predictions."""
    mine, theirs = (
        {
            task.fold: (scores.val_log_loss, scores.val_log_loss_error, scores.val_auc)
            for task in one.tasks
            if task.status is Status.DONE
            for scores in [task.scores]
        }
        for one in (record, other)
    )
    return bool(mine) and mine == theirs
