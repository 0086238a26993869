"""A search as one task: Keras Tuner asks, the engine fits, the events tell."""

import os
from pathlib import Path
from typing import Any

import keras_tuner
import psutil
from keras_tuner.errors import FailedTrialError, FatalError
from keras_tuner.src import config

from engine.experiment.record import Scores
from engine.experiment.search import SearchSpec, TrialState
from engine.jobs.tasks import TaskOrder
from engine.training.data import load_fold
from engine.training.reporter import Report
from engine.training.stopping import RestartRequested, StopSignal
from engine.tuning.head_grid import search_heads
from engine.tuning.hyperparameters import values_of
from engine.tuning.oracles import OBJECTIVE, make_oracle
from engine.tuning.space import trial_spec
from engine.tuning.trial_fit import fit_trial
from engine.tuning.trials import Trials

# Keras Tuner would print a traceback of each trial that fails, which by then has been told.
config.DEBUG = False
_STATE = "oracle"
# What trials leave behind in a process adds up: at the latest then it begins anew.
TRIALS_A_LIFE = 50
_MOST_GROWTH = 1 << 30


def run_search(order: TaskOrder, folder: Path, report: Report, stop: StopSignal) -> Scores:
    """Run what is left of a search.

    Args:
        order: the task; its `search` says what is varied.
        folder: its folder; the oracle's state is kept there.
        report: is told of every trial.
        stop: may stop it after any batch.

    Returns:
        The scores of the best trial.

    Raises:
        UserError: the data can't be used, every trial has failed, or the disk is full.
        StopRequested: it was stopped; finished trials are kept, the one under way is run again.
        RestartRequested: the process is to begin anew and go on.
    """
    assert order.search is not None
    trials = Trials(folder, report)
    if order.search.strategy == "head_grid":
        search_heads(order, trials, report, stop)
    else:
        # Data that can't be used fails the search at once, not every trial of it.
        load_fold(order, report, stop)
        try:
            _Tuner(order, order.search, folder, trials, stop).search()
        except FatalError as fatal:
            raise fatal.__cause__ or fatal from None
    return trials.best()


class _Tuner(keras_tuner.engine.base_tuner.BaseTuner):  # type: ignore[misc] # keras_tuner ships no types
    """Runs the trials that an oracle asks for by the engine's own fit.

    Keras Tuner's `Tuner` would add callbacks for checkpoints and tensorboard, which is not
    installed with it; the engine has its own.

    Args:
        order: the task.
        search: what is varied.
        folder: the task's folder.
        trials: runs them and tells of them.
        stop: may stop it.
    """

    def __init__(
        self,
        order: TaskOrder,
        search: SearchSpec,
        folder: Path,
        trials: Trials,
        stop: StopSignal,
    ) -> None:
        super().__init__(
            make_oracle(search, folder / _STATE / "state.json", trials.is_again),
            directory=str(folder),
            project_name=_STATE,
        )
        self._order = order
        self._search = search
        self._folder = folder
        self._trials = trials
        self._stop = stop
        self._life = _Life()

    def pre_create_trial(self) -> None:
        """Stop between two trials if asked to.

        Raises:
            StopRequested: somebody asked.
        """
        self._stop.check()

    def run_trial(self, trial: Any, *_args: Any, **_options: Any) -> dict[str, float]:
        """Fit what the oracle asks for.

        Args:
            trial: Keras Tuner's.

        Returns:
            The objective.

        Raises:
            FailedTrialError: it failed; the oracle goes on without it.
            FatalError: the search can't go on, for the reason that caused this; Keras Tuner lets
                nothing else out of a trial.
        """
        try:
            ended = self._ended(trial)
        except Exception as halt:  # what a trial does not bear itself is not its own failure
            raise FatalError from halt
        if ended.score is None:
            raise FailedTrialError(ended.error)
        return {OBJECTIVE: ended.score}

    def _ended(self, trial: Any) -> TrialState:
        values = values_of(self._search, trial.hyperparameters.values)
        # People count from 1.
        name = str(int(trial.trial_id) + 1)

        def work(report: Report) -> Scores:
            changes = {"spec": trial_spec(self._search, values), "search": None}
            order = self._order.model_copy(update=changes)
            return fit_trial(order, self._folder / f"trial-{name}", report, self._stop)

        return self._trials.run(name, values, work)

    def on_trial_end(self, trial: Any) -> None:
        """Tell the oracle, and begin a new life when this one has grown too large.

        Args:
            trial: Keras Tuner's.

        Raises:
            RestartRequested: the process is to begin anew.
        """
        super().on_trial_end(trial)
        if self.remaining_trials:
            self._life.count()

    def save(self) -> None:
        """The oracle keeps all there is to keep."""
        self.oracle.save()


class _Life:
    """How many trials this process has run, and how much it has grown since the first."""

    def __init__(self) -> None:
        self._trials = 0
        self._began = 0

    def count(self) -> None:
        """Count one trial.

        Raises:
            RestartRequested: there were enough.
        """
        size = psutil.Process(os.getpid()).memory_info().rss
        self._trials += 1
        # What the first trial loads, the others use.
        self._began = self._began or size
        if self._trials >= TRIALS_A_LIFE or size - self._began > _MOST_GROWTH:
            raise RestartRequested
