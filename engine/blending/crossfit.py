"""Blends scored honestly: what combines the rows of a group was fitted on the other groups."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.blending.averages import geometric, mean, rank, weighted_mean
from engine.blending.members import ALL, Array, Members, Rows
from engine.blending.methods import MetaLearner, Method, check_method
from engine.blending.metrics import measure
from engine.blending.selection import select
from engine.blending.stacking import fit_stack
from engine.blending.weighting import log_loss_weights
from engine.competition.findings import MetricName


@dataclass(frozen=True)
class Recipe:
    """How members are to be combined.

    Args:
        method: how.
        meta: what a stack learns with.
        objective: what a selection makes best.
        seed: of all that is drawn.
    """

    method: Method
    meta: MetaLearner = MetaLearner.LOGISTIC
    objective: MetricName = "log_loss"
    seed: int = 0


@dataclass(frozen=True, eq=False)
class CrossFit:
    """A blend and what it is worth.

    Args:
        predictions: probabilities (mean ranks for `rank`), (rows, outputs): each row blended by
            what was fitted without its group.
        cross_fitted: the score of these by the competition's metric; None where that isn't
            defined.
        fitted: as `predictions`, but each row blended by what was fitted on all rows, its own
            group's too.
        in_sample: the score of these; the better it is than `cross_fitted`, the more the blend
            overfits.
        tests: (fits, test rows, outputs): each fit's test predictions, blended as its group was;
            with one fit, by what was fitted on all rows; None where there are no test images.
        weights: (M,), summing to 1: each member's weight, the mean over groups; None for a stack,
            which has no such weights.
    """

    predictions: NDArray[np.float32]
    cross_fitted: float | None
    fitted: NDArray[np.float32]
    in_sample: float | None
    tests: NDArray[np.float32] | None
    weights: NDArray[np.float64] | None


@dataclass(frozen=True, eq=False)
class _Fitted:
    apply: Callable[[Array, Rows], NDArray[np.float64]]
    weights: NDArray[np.float64] | None


def cross_fit(members: Members, recipe: Recipe, metric: MetricName) -> CrossFit:
    """Blend members, and score the blend on rows that it wasn't fitted on.

    The members' own fits of other groups have seen a group's rows, as in every stack of
    out-of-fold predictions; what is fitted here has not.

    Args:
        members: M members and what is true.
        recipe: how to combine them.
        metric: what the competition scores by.

    Returns:
        Predictions, both scores, test predictions and weights.

    Raises:
        UserError: the method doesn't suit the metric, or an optional library is missing.
        ValueError: something is to be fitted, and all rows are of one group.
    """
    check_method(recipe.method, metric)
    whole = _fit(members, np.arange(len(members.targets)), recipe)
    fitted = blended = whole.apply(members.predictions, ALL).astype(np.float32)
    groups = np.unique(members.groups)
    fits = [whole] * len(groups)
    if recipe.method.is_fitted:
        if len(groups) < 2:
            raise ValueError("what is fitted needs rows of at least two groups")
        blended = fitted.copy()
        for number, group in enumerate(groups):
            fits[number] = _fit(members, np.flatnonzero(members.groups != group), recipe)
            rows = np.flatnonzero(members.groups == group)
            blended[rows] = fits[number].apply(members.predictions, rows)
    weights = [fit.weights for fit in fits if fit.weights is not None]
    return CrossFit(
        predictions=blended,
        cross_fitted=measure(metric, members.targets, blended, members.kind),
        fitted=fitted,
        in_sample=measure(metric, members.targets, fitted, members.kind),
        tests=None if members.tests is None else _blended_tests(members.tests, whole, fits),
        weights=np.mean(weights, axis=0) if weights else None,
    )


def blends_without(members: Members, recipe: Recipe) -> tuple[NDArray[np.float32], ...]:
    """For each group the other rows, blended by nothing that has seen the group, nor their own.

    In the blend of all groups, a row's was fitted on every group but its own: what is fitted on
    such rows has seen all of them.

    Args:
        members: M members and what is true.
        recipe: how to combine them.

    Returns:
        For each group, in the order of their numbers, (other rows, outputs). Of two groups, the
        other one is blended by what was fitted on itself.
    """
    groups = np.unique(members.groups)

    @cache
    def fitted_without(some: frozenset[int]) -> _Fitted:
        return _fit(members, np.flatnonzero(~np.isin(members.groups, list(some))), recipe)

    blends = []
    for group in groups:
        blended = np.zeros(members.targets.shape, np.float32)
        for other in groups[groups != group]:
            left = frozenset((int(group), int(other)) if len(groups) > 2 else (int(group),))
            rows = np.flatnonzero(members.groups == other)
            blended[rows] = fitted_without(left).apply(members.predictions, rows)
        blends.append(blended[members.groups != group])
    return tuple(blends)


def _blended_tests(tests: Array, whole: _Fitted, fits: list[_Fitted]) -> NDArray[np.float32]:
    chosen = [whole] if len(tests) == 1 else fits
    blends = [
        fit.apply(test, ALL).astype(np.float32) for fit, test in zip(chosen, tests, strict=True)
    ]
    return np.stack(blends)


def _fit(members: Members, rows: NDArray[np.integer], recipe: Recipe) -> _Fitted:
    """What the recipe makes of some rows; the averages look at none of them."""
    kind, method = members.kind, recipe.method
    if method is Method.STACK:
        return _Fitted(fit_stack(members, rows, recipe.meta, recipe.seed), None)
    if method.is_fitted:
        if method is Method.WEIGHTED:
            weights = log_loss_weights(members, rows)
        else:
            weights = select(members, rows, recipe.objective, seed=recipe.seed)
        return _Fitted(lambda them, wanted: weighted_mean(them, weights, wanted), weights)
    equal = np.full(members.count, 1 / members.count)
    if method is Method.GEOMETRIC:
        return _Fitted(lambda them, wanted: geometric(them, kind, wanted), equal)
    if method is Method.RANK:
        return _Fitted(lambda them, wanted: rank(them, kind, wanted), equal)
    return _Fitted(mean, equal)
