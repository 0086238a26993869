"""Which hyperparameters mattered, by what finished trials scored."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance

from engine.experiment.importance import Importance
from engine.experiment.search import Axis, TrialState, Value

_FEWEST = 5
_TREES = 200
_SHUFFLES = 30


def importance(axes: Sequence[Axis], trials: Sequence[TrialState]) -> tuple[Importance, ...]:
    """Judge the axes of a search by its trials.

    A random forest learns how well a trial ranks from its values; an axis matters as much as the
    forest's answers worsen when that axis' values are shuffled among the trials (permutation
    importance: Breiman 2001, section 10; a forest over hyperparameters: Hutter, Hoos &
    Leyton-Brown 2014). Ranks, because a few diverged losses would be all that the forest sees.

    Args:
        axes: what was varied. Fields that the search set beside them, such as hyperband's epochs,
            are judged with them.
        trials: those of the search; the ones without a score don't count.

    Returns:
        The axes, the most important first; none from fewer than five trials, or when all scored
        the same.
    """
    done = [trial for trial in trials if trial.status == "done" and trial.score is not None]
    ranks = rankdata([trial.score for trial in done])
    if len(done) < _FEWEST or not np.ptp(ranks):
        return ()
    named = {axis.path: axis for axis in axes}
    axes = [named.get(path, Axis(path=path)) for path in done[0].values]
    columns = [[_number(axis, trial.values[axis.path]) for axis in axes] for trial in done]
    values = np.asarray(columns, np.float64)
    forest = RandomForestRegressor(_TREES, random_state=0).fit(values, ranks)
    shuffled = permutation_importance(forest, values, ranks, n_repeats=_SHUFFLES, random_state=0)
    means: NDArray[np.float64] = np.maximum(shuffled.importances_mean, 0.0)
    total = float(means.sum()) or 1.0
    found = [
        Importance(path=axis.path, share=float(mean / total), error=float(spread / total))
        for axis, mean, spread in zip(axes, means, shuffled.importances_std, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def _number(axis: Axis, value: Value) -> float:
    """A value on a scale on which its axis is searched; words by their place among the choices."""
    if isinstance(value, str):
        return float(axis.values.index(value))
    return math.log(value) if axis.log else float(value)
