"""Keras Tuner's oracles, begun at the base and kept in one file that a crash can't spoil."""

import json
from collections.abc import Sequence
from itertools import takewhile
from math import ceil, inf
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import (
    BayesianOptimizationOracle,
    RandomSearchOracle,
)
from threadpoolctl import threadpool_limits

from engine.experiment.search import SearchSpec, Value
from engine.files import write_atomically
from engine.tuning.halving import FACTOR, Round, below, bracket, fewest_epochs, highest
from engine.tuning.hyperparameters import hyperparameters
from engine.tuning.space import base_values, grid, grid_size

OBJECTIVE = "val_log_loss"
# What Hyperband notes in its trials' values, by the names that Keras Tuner gives it.
_OWN = "tuner/"
_EPOCHS, _BRACKET, _ROUND, _PAST = (
    f"{_OWN}{name}" for name in ("epochs", "bracket", "round", "trial_id")
)


class _Kept(keras_tuner.Oracle):  # type: ignore[misc] # keras_tuner ships no types
    """An oracle that first asks for the base, and whose whole state is one file.

    Keras Tuner writes each trial and its own state into files of their own, in place: killed
    between two of them it forgets trials, or runs finished ones again.

    Args:
        search: what is searched.
        file: where the state is kept.
        is_again: whether trials that have failed are run again.
        options: the oracle's own.
    """

    def __init__(
        self, search: SearchSpec, file: Path, is_again: bool = False, **options: Any
    ) -> None:
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
        self._is_again = is_again
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
            UnwritableError: the disk is full; what was kept before is intact.
        """
        trials = [trial.get_state() for trial in self.trials.values()]
        write_atomically(self._file, json.dumps({"oracle": self.get_state(), "trials": trials}))

    def reload(self) -> None:
        """Go on from what was kept; what was under way is run again."""
        kept = json.loads(self._file.read_text(encoding="utf-8"))
        trials = [Trial.from_state(state) for state in kept["trials"]]
        if self._is_again and all(trial.status == "FAILED" for trial in trials):
            # Nothing is known: what was asked for later may have been for want of a score.
            return
        self.trials = {trial.trial_id: trial for trial in trials}
        self.set_state(kept["oracle"])
        # An oracle saves the end of a trial before it takes it for ended.
        self._retry_queue += [
            name
            for name in kept["oracle"]["ongoing_trials"].values()
            if self.trials[name].status == "RUNNING"
        ]
        self.ongoing_trials: dict[str, Trial] = {}
        if self._is_again:
            self._ask_again()

    def _ask_again(self) -> None:
        """Run what has failed again, in the order it was begun."""
        failed = [
            name
            for name in self.start_order
            if self.trials[name].status == "FAILED" and name not in self._retry_queue
        ]
        self.end_order: list[str] = [name for name in self.end_order if name not in failed]
        # The last of them is taken first.
        self._retry_queue += reversed(failed)

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
        # Many small products: two threads wait for each other most of the time.
        with threadpool_limits(1, user_api="blas"):
            response: dict[str, Any] = super().populate_space(trial_id)
        values = response["values"]
        if values is not None and self._duplicate(values):
            return dict(self._random_populate_space())
        return response


class _Hyperband(_Kept):
    """Many short trials, of which the best are run longer (Li et al. 2018).

    Keras Tuner's own begins brackets that the trials don't suffice for, and waits in vain for
    trials that have failed: its last rounds, which alone train to the end, are often never run.
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The next trial's values; those of a new bracket where the last one is done.

        Args:
            trial_id: the trial's.
        """
        base = self._search.base.phases[-1]
        longest, top = base.epochs, highest(base.epochs, fewest_epochs(base))
        trials = [self.trials[name] for name in self.start_order]
        number = _tuned(trials[-1], _BRACKET) if trials else top
        own = list(takewhile(lambda one: _tuned(one, _BRACKET) == number, reversed(trials)))
        left = self.max_trials - len(trials)
        before = trials[: len(trials) - len(own)]
        rounds = bracket(number, longest, left + len(own), self._new(before))
        values = self._continued(rounds, own)
        if values is None and own:
            rounds = bracket(below(number, top), longest, left, self._new(trials))
            values = self._continued(rounds, [])
        if values is None:
            return {"status": "STOPPED", "values": None}
        return {"status": "RUNNING", "values": values | {_BRACKET: len(rounds) - 1}}

    def _continued(self, rounds: Sequence[Round], own: Sequence[Trial]) -> dict[str, Any] | None:
        """The next values of a bracket whose trials are known; None when it is done."""
        for number, one in enumerate(rounds):
            begun = [trial for trial in own if _tuned(trial, _ROUND) == number]
            values = None
            if number == 0 and len(begun) < one.trials:
                values = self._random_values()
            elif number:
                values = self._best(own, number, one.trials)
            if values is not None:
                return values | {_EPOCHS: one.epochs, _ROUND: number}
        return None

    def _best(self, own: Sequence[Trial], number: int, size: int) -> dict[str, Any] | None:
        """The best values of the round before that are not run longer yet, where more may be."""
        past = [trial for trial in own if _tuned(trial, _ROUND) == number - 1]
        done = [trial for trial in past if trial.status == "COMPLETED"]
        taken = {_tuned(trial, _PAST) for trial in own if _tuned(trial, _ROUND) == number}
        # The best share of what was completed: trials fail, and combinations run out.
        if len(taken) >= min(size, ceil(len(done) / FACTOR)):
            return None
        left = [trial for trial in done if trial.trial_id not in taken]
        best = min(left, key=lambda trial: trial.score)
        values: dict[str, Any] = best.hyperparameters.values
        return values | {_PAST: best.trial_id}

    def _new(self, trials: Sequence[Trial]) -> float:
        """How many combinations are in none of some trials."""
        if any(not axis.values for axis in self._search.axes):
            return inf
        known = [trial for trial in trials if _tuned(trial, _ROUND) == 0]
        return grid_size(self._search) - len(known)

    def _compute_values_hash(self, values: dict[str, Any]) -> str:
        """What tells combinations apart, however long they are run."""
        own = {name: value for name, value in values.items() if not name.startswith(_OWN)}
        return str(super()._compute_values_hash(own))


def _tuned(trial: Trial, name: str) -> Any:
    """What Hyperband has noted in a trial."""
    return trial.hyperparameters.values.get(name)


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


def make_oracle(search: SearchSpec, file: Path, is_again: bool = False) -> keras_tuner.Oracle:
    """The oracle of a search, as an earlier life has left it.

    Args:
        search: its strategy is one of Keras Tuner's.
        file: where the oracle's state is kept.
        is_again: whether trials that have failed are run again.

    Raises:
        UnwritableError: the disk is full.
    """
    kinds = {"random": _Random, "bayesian": _Bayesian, "hyperband": _Hyperband, "grid": _Grid}
    return kinds[search.strategy](search, file, is_again)
