"""Keras Tuner's oracles, begun at the base and kept in one file that a crash can't spoil."""

import json
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import (
    BayesianOptimizationOracle,
    HyperbandOracle,
    RandomSearchOracle,
)

from engine.experiment.search import SearchSpec, Value
from engine.files import write_atomically
from engine.tuning.hyperparameters import hyperparameters
from engine.tuning.space import base_values, grid

OBJECTIVE = "val_log_loss"


class _Kept(keras_tuner.Oracle):  # type: ignore[misc] # keras_tuner ships no types
    """An oracle that first asks for the base, and whose whole state is one file.

    Keras Tuner writes each trial and its own state into files of their own, in place: killed
    between two of them it forgets trials, or runs finished ones again.

    Args:
        search: what is searched.
        file: where the state is kept.
        options: the oracle's own.
    """

    def __init__(self, search: SearchSpec, file: Path, **options: Any) -> None:
        super().__init__(
            objective=keras_tuner.Objective(OBJECTIVE, "min"),
            hyperparameters=hyperparameters(search),
            allow_new_entries=False,
            # A seed of 0 would be none.
            seed=search.seed + 1,
            # A trial that fails tells as much as one that scores: the search goes on.
            max_consecutive_failed_trials=search.trials + 1,
            **options,
        )
        self.max_trials = search.trials
        self.verbose = 0
        self._search = search
        self._file = file
        if file.exists():
            self.reload()

    def _random_values(self) -> dict[str, Any] | None:
        """Values that were not tried, those of the base at first; None when there are no more."""
        if not self.start_order:
            return dict(base_values(self._search))
        drawn: dict[str, Any] | None = super()._random_values()
        # Keras Tuner gives up when it has drawn what is known a few times running.
        untried = [] if drawn is not None else self._untried()
        if untried:
            drawn = untried[np.random.default_rng(self._seed_state).integers(len(untried))]
        return drawn

    def _untried(self) -> list[dict[str, Value]]:
        """Which combinations of values are left; none of ranges, which have no end."""
        if any(not axis.values for axis in self._search.axes):
            return []
        return [values for values in grid(self._search) if not self._duplicate(values)]

    def save(self) -> None:
        """Keep everything.

        Raises:
            UserError: the disk is full; what was kept before is intact.
        """
        trials = [trial.get_state() for trial in self.trials.values()]
        write_atomically(self._file, json.dumps({"oracle": self.get_state(), "trials": trials}))

    def reload(self) -> None:
        """Go on from what was kept; what was under way is run again."""
        kept = json.loads(self._file.read_text(encoding="utf-8"))
        trials = [Trial.from_state(state) for state in kept["trials"]]
        self.trials = {trial.trial_id: trial for trial in trials}
        self.set_state(kept["oracle"])
        # An oracle saves the end of a trial before it takes it for ended.
        self._retry_queue += [
            name
            for name in kept["oracle"]["ongoing_trials"].values()
            if self.trials[name].status == "RUNNING"
        ]
        self.ongoing_trials: dict[str, Trial] = {}

    def _save_trial(self, trial: Trial) -> None:
        """Trials are kept with all the rest."""


class _Random(_Kept, RandomSearchOracle):  # type: ignore[misc] # keras_tuner ships no types
    """Values drawn at random, never the same twice (Bergstra & Bengio 2012)."""


class _Bayesian(_Kept, BayesianOptimizationOracle):  # type: ignore[misc] # keras_tuner ships no types
    """A Gaussian process says where a lower loss may be (Snoek et al. 2012)."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next trial's values; something new where the process repeats itself.

        Args:
            trial_id: the trial's.
        """
        response: dict[str, Any] = super().populate_space(trial_id)
        values = response["values"]
        if values is not None and self._duplicate(values):
            return dict(self._random_populate_space())
        return response


class _Hyperband(_Kept, HyperbandOracle):  # type: ignore[misc] # keras_tuner ships no types
    """Many short trials, of which the best are run longer (Li et al. 2018)."""


class _Grid(_Kept):
    """Every combination in order. Keras Tuner's own grid can't go on from its kept state."""

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The base, then the next combination that was not tried.

        Args:
            trial_id: the trial's.
        """
        points = [base_values(self._search)] if not self.start_order else grid(self._search)
        for values in points:
            if not self._duplicate(values):
                return {"status": "RUNNING", "values": values}
        return {"status": "STOPPED", "values": None}


def make_oracle(search: SearchSpec, file: Path) -> keras_tuner.Oracle:
    """The oracle of a search, as an earlier life has left it.

    Args:
        search: its strategy is one of Keras Tuner's.
        file: where the oracle's state is kept.

    Raises:
        UserError: the disk is full.
    """
    if search.strategy == "hyperband":
        # One iteration over all brackets may be few trials: as many iterations as it takes.
        return _Hyperband(
            search,
            file,
            max_epochs=search.base.phases[-1].epochs,
            hyperband_iterations=search.trials,
        )
    kinds = {"random": _Random, "bayesian": _Bayesian, "grid": _Grid}
    return kinds[search.strategy](search, file)
