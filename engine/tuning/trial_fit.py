"""One trial: the engine's own fit of one fold, scored and then forgotten."""

import gc
import shutil
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.experiment.record import Scores
from engine.files import explained
from engine.jobs.tasks import TaskOrder
from engine.predictions.deciding import must_answer
from engine.predictions.scoring import score_held_out
from engine.training.fit import Fit, prepare_fit
from engine.training.reporter import Report
from engine.training.stopping import StopRequested, StopSignal


def fit_trial(order: TaskOrder, folder: Path, report: Report, stop: StopSignal) -> Scores:
    """Train one fold as an experiment of its own would be, and score its held-out rows.

    Decoded images and what frozen layers make of them are shared with all trials and runs.

    Args:
        order: the task, with the trial's spec.
        folder: the trial's own, for its checkpoints; removed when it has ended.
        report: is told of everything.
        stop: may stop it after any batch.

    Returns:
        What an experiment of this spec would score on the fold, but for the training rows.

    Raises:
        UnwritableError: the disk is full, or the folder can't be made.
        UserError: the spec can't be trained here, or the loss is no number.
        StopRequested: it was stopped; a checkpoint is left in the folder.
    """
    # The networks of earlier trials stay in Keras' global state otherwise.
    keras.utils.clear_session()
    gc.collect()
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        fit = prepare_fit(order, folder, report, stop)
        fit.run()
        predictions = _predicted(fit)
    except StopRequested:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    if not np.isfinite(predictions).all():
        raise UserError(
            "The predictions are no numbers.",
            "a network whose training has not diverged.",
            "lower the learning rate.",
        )
    competition, rows = fit.data.competition, fit.data.validation_rows
    return score_held_out(
        (competition.targets[rows], predictions),
        competition.targets[fit.data.train_rows].mean(axis=0),
        competition.kind,
        competition.metric,
        fit.data.kin.of(rows),
        must_answer(competition),
    )


def _predicted(fit: Fit) -> NDArray[np.floating]:
    """What a finished fit says of its held-out rows; who is stopped here finds it finished."""
    try:
        return fit.predictor().validation()
    except StopRequested:
        fit.save()
        raise
