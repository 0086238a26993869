"""Which hyperparameters mattered, by what finished trials scored."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor

from engine.experiment.importance import FEWEST, Importance
from engine.experiment.search import Axis, TrialState, Value

_TREES = 100
# Forests without a fifth of the trials each tell how much the shares depend on which were run.
_REFITS, _REFIT_TREES, _DROPPED = 10, 20, 0.2

Floats = NDArray[np.floating]


def importance(axes: Sequence[Axis], trials: Sequence[TrialState]) -> tuple[Importance, ...]:
    """Judge the axes of a search by its trials.

    A random forest learns how well a trial ranks from its values; an axis matters as much as the
    answers of its trees, to trials that they were not grown on, worsen when that axis' values are
    shuffled (out-of-bag permutation importance: Breiman 2001, section 10; a forest over
    hyperparameters: Hutter, Hoos & Leyton-Brown 2014). Ranks, because a few diverged losses would
    be all that the forest sees.

    Args:
        axes: what was varied. Fields that the search set beside them, such as hyperband's epochs,
            are judged with them.
        trials: those of the search; the ones without a score don't count.

    Returns:
        The axes, the most important first; none from fewer than eight trials, when all scored the
        same, or where the forest is no better than the mean on trials it has not seen.
    """
    done = [trial for trial in trials if trial.status == "done" and trial.score is not None]
    ranks = rankdata([trial.score for trial in done])
    if len(done) < FEWEST or not np.ptp(ranks):
        return ()
    named = {axis.path: axis for axis in axes}
    axes = [named.get(path, Axis(path=path)) for path in done[0].values]
    columns = [[_number(axis, trial.values[axis.path]) for axis in axes] for trial in done]
    # As trees take them.
    values = np.asarray(columns, np.float32)
    random = np.random.default_rng(0)
    answers, shares = _out_of_bag(values, ranks, _TREES, random)
    if not _is_better_than_mean(answers, ranks) or not shares.any():
        return ()
    spread = _jackknifed(values, ranks, random)
    found = [
        Importance(path=axis.path, share=float(share), error=float(error))
        for axis, share, error in zip(axes, shares, spread, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def _out_of_bag(
    values: NDArray[np.float32], ranks: Floats, trees: int, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Each trial as the trees answer that have not seen it, and the share of each axis."""
    count, axes = values.shape
    answers, asked, worse = np.zeros(count), np.zeros(count), np.zeros(axes)
    forest = RandomForestRegressor(trees, random_state=0).fit(values, ranks)
    for tree, bag in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        out = np.setdiff1d(np.arange(count), bag)
        if not len(out):
            continue
        # As they are, and with the values of each axis shuffled.
        variants = np.repeat(values[out][None], 1 + axes, axis=0)
        for axis in range(axes):
            variants[1 + axis, :, axis] = random.permutation(values[out, axis])
        told = tree.tree_.predict(variants.reshape(-1, axes)).reshape(1 + axes, len(out))
        answers[out] += told[0]
        asked[out] += 1
        errors = np.square(told - ranks[out]).sum(axis=1)
        worse += errors[1:] - errors[0]
    worse = np.maximum(worse, 0.0)
    answers = np.where(asked, answers / np.maximum(asked, 1), ranks.mean())
    return answers, worse / (worse.sum() or 1.0)


def _is_better_than_mean(answers: Floats, ranks: Floats) -> bool:
    """Whether answers are nearer than the mean of the other trials, by one standard error.

    Of nothing but noise, twelve trials pass this once in fifteen times (measured), for out of bag
    a forest is mostly worse than the mean there.
    """
    count = len(ranks)
    means = (ranks.sum() - ranks) / (count - 1)
    gains = np.square(ranks - means) - np.square(ranks - answers)
    return bool(gains.mean() > gains.std(ddof=1) / math.sqrt(count))


def _jackknifed(values: NDArray[np.float32], ranks: Floats, random: np.random.Generator) -> Floats:
    """Standard errors of the shares by the delete-d jackknife (Shao & Wu 1989)."""
    count = len(ranks)
    dropped = max(round(_DROPPED * count), 1)
    shares = []
    for _ in range(_REFITS):
        kept = random.permutation(count)[dropped:]
        shares.append(_out_of_bag(values[kept], ranks[kept], _REFIT_TREES, random)[1])
    return np.asarray(np.std(shares, axis=0) * math.sqrt((count - dropped) / dropped))


def _number(axis: Axis, value: Value) -> float:
    """A value on a scale on which its axis is searched; words by their place among the choices."""
    if isinstance(value, str):
        return float(axis.values.index(value))
    return math.log(value) if axis.log else float(value)
