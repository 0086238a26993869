"""Predictions that are not on this disk: what stands in for them, and the best of what is there."""

from collections.abc import Callable, Sequence
from heapq import nsmallest
from itertools import islice

from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.metrics import current_metric, shortfall
from engine.experiment.record import ExperimentRecord
from engine.recipe.choosing import best_to_submit
from engine.recipe.common_folds import folds_done
from engine.recipe.twins import is_same_fit

# So many are looked at on disk, however many the notebook has.
_MOST_LOOKED_AT = 12

IsThere = Callable[[ExperimentRecord], bool]


def stand_in(
    record: ExperimentRecord, records: Sequence[ExperimentRecord], is_there: IsThere
) -> ExperimentRecord | None:
    """Whose predictions are as good as an experiment's own.

    Args:
        record: the experiment.
        records: the notebook.
        is_there: whether what an experiment predicted is on this disk.

    Returns:
        Itself where its predictions are there, else another run of the same spec, over no fewer
        folds, whose are; None where there is none.
    """
    if is_there(record):
        return record
    if record.fit is None:
        return None
    twins = (
        one
        for one in reversed(records)
        if one.id != record.id
        and one.fit is not None
        and is_same_fit(record.fit, one.fit)
        and one.predicts
        and set(folds_done(record)) <= set(folds_done(one))
    )
    return next((one for one in islice(twins, _MOST_LOOKED_AT) if is_there(one)), None)


def _leading(records: Sequence[ExperimentRecord], metric: str) -> list[ExperimentRecord]:
    """The best of those that have run equally many folds: of thousands the others never lead."""
    by_folds: dict[int, list[ExperimentRecord]] = {}
    for one in records:
        if one.predicts:
            by_folds.setdefault(len(folds_done(one)), []).append(one)
    return [
        one
        for many in by_folds.values()
        for one in nsmallest(
            4 * _MOST_LOOKED_AT, many, key=lambda one: shortfall(one.scores, metric)
        )
    ]


def is_blended(
    members: Sequence[str], records: Sequence[ExperimentRecord], is_there: IsThere
) -> bool:
    """Whether there is a blend of just these members whose predictions are on this disk.

    Args:
        members: their ids.
        records: the notebook.
        is_there: whether what an experiment predicted is on this disk.
    """
    return any(
        isinstance(one.spec, EnsembleSpec)
        and set(one.spec.members) == set(members)
        and is_there(one)
        for one in records
    )


def best_there(
    records: Sequence[ExperimentRecord], metric: str | None, is_there: IsThere
) -> tuple[ExperimentRecord | None, list[ExperimentRecord]]:
    """What to submit of that whose predictions are on this disk.

    Args:
        records: the notebook.
        metric: what the competition scores by; None where nobody has looked.
        is_there: whether what an experiment predicted is on this disk.

    Returns:
        The best of them, and the better ones whose predictions are not there, the best first.
    """
    lost: list[ExperimentRecord] = []
    left = _leading(records, metric or current_metric(records))
    while (best := best_to_submit(left, metric)) is not None and len(lost) < _MOST_LOOKED_AT:
        if is_there(best):
            return best, lost
        lost.append(best)
        left.remove(best)
    return None, lost
