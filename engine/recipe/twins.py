"""Experiments that are one and the same: together they are no more diverse than each alone."""

from collections.abc import Iterable, Sequence
from itertools import combinations

from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec


def are_twins(record: ExperimentRecord, other: ExperimentRecord) -> bool:
    """Whether two fits ran the same spec with the same seed, or predicted the same.

    Args:
        record: the one.
        other: the other.
    """
    if record.fit is None or other.fit is None:
        return False
    return is_same_fit(record.fit, other.fit) or _has_scores_of(record, other)


def is_same_fit(spec: ExperimentSpec, other: ExperimentSpec) -> bool:
    """Whether two specs fit a fold alike: neither what for, nor how many folds, changes that.

    Args:
        spec: the one.
        other: the other.
    """
    if (spec.backbone, spec.image_size, spec.seed) != (
        other.backbone,
        other.image_size,
        other.seed,
    ):
        # Of thousands most differ in these, and whole specs take long to compare.
        return False
    labels = {"stage": other.stage, "folds": other.folds}
    return spec.model_copy(update=labels) == other


def is_same_but_for_rows(spec: ExperimentSpec, other: ExperimentSpec) -> bool:
    """As `is_same_fit`, whichever images are left out: that changes while the recipe is walked.

    Args:
        spec: the one.
        other: the other.
    """
    return is_same_fit(spec.model_copy(update={"leave_out": other.leave_out}), other)


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
