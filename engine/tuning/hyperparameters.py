"""The axes of a search as Keras Tuner's hyperparameters, and back."""

from collections.abc import Mapping
from typing import Any

import keras_tuner

from engine.experiment.search import SearchSpec, Value
from engine.tuning.halving import fewest_epochs
from engine.tuning.space import base_values, is_whole, readable


def hyperparameters(search: SearchSpec) -> keras_tuner.HyperParameters:
    """What Keras Tuner is to vary; the base's values are the defaults.

    Args:
        search: the search.
    """
    space, defaults = keras_tuner.HyperParameters(), base_values(search)
    for axis in search.axes:
        default: Any = defaults[axis.path]
        if axis.values and isinstance(axis.values[0], bool):
            # A choice between truth values would become one between 1 and 0.
            space.Boolean(axis.path, default=default)
        elif axis.values:
            space.Choice(axis.path, list(axis.values), default=default)
        else:
            assert axis.low is not None
            assert axis.high is not None
            whole = is_whole(axis, search.base)
            add, kind = (space.Int, int) if whole else (space.Float, float)
            add(
                axis.path,
                kind(axis.low),
                kind(axis.high),
                sampling="log" if axis.log else "linear",
                default=default,
            )
    return space


def values_of(search: SearchSpec, values: Mapping[str, Any]) -> dict[str, Value]:
    """What a trial of Keras Tuner tries, by path.

    Args:
        search: the search.
        values: the trial's, with whatever the oracle notes for itself.
    """
    found = {axis.path: readable(values[axis.path]) for axis in search.axes}
    if search.strategy == "hyperband":
        last = len(search.base.phases) - 1
        fewest = fewest_epochs(search.base.phases[last])
        found[f"phases.{last}.epochs"] = max(int(values["tuner/epochs"]), fewest)
    return found
