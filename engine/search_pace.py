"""How much of a search is done, and how long the rest takes, by the trials that have ended."""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

from engine.experiment.search import SearchSpec, TrialState
from engine.tuning.halving import brackets, fewest_epochs
from engine.tuning.space import grid_size


class SearchEstimate(NamedTuple):
    """How far a search has got.

    Args:
        part: how much of its epochs is done, from 0 to 1.
        left: seconds until its last trial ends; None before the first has ended.
    """

    part: float
    left: float | None


def planned_epochs(search: SearchSpec) -> list[int]:
    """How long each trial is to be trained, in the order in which they are run.

    Args:
        search: the search; hyperband's first trials are its shortest.
    """
    base = search.base
    if search.strategy != "hyperband":
        return [base.epochs] * search.trials
    last = base.phases[-1]
    is_finite = all(axis.values for axis in search.axes)
    new = grid_size(search) if is_finite else inf
    return [
        base.epochs - last.epochs + one.epochs
        for rounds in brackets(last.epochs, fewest_epochs(last), search.trials, new)
        for one in rounds
        for _ in range(one.trials)
    ]


def estimate_search(
    planned: Sequence[int], trials: Sequence[TrialState], share: float
) -> SearchEstimate:
    """How far a search has got.

    Args:
        planned: how long each trial is to be trained.
        trials: those that were begun, in that order.
        share: how much of the one under way is done.
    """
    # Where trials fail, hyperband runs others than were planned.
    weights = [*planned, *[planned[-1]] * max(len(trials) - len(planned), 0)]
    done = seconds = measured = told = 0.0
    for weight, trial in zip(weights, trials, strict=False):
        if trial.is_finished:
            done += weight
            seconds += trial.seconds
        if trial.status == "done":
            measured += weight
            told += trial.seconds
        elif trial.status == "running":
            done += weight * share
    whole = sum(weights)
    if not measured:
        # All have failed, and may go on to.
        measured, told = done, seconds
    left = told / measured * (whole - done) if measured and seconds else None
    return SearchEstimate(done / whole, left)
