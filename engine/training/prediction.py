"""What a finished fit leaves: weights, predictions and scores."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.experiment.record import Scores
from engine.files import explained
from engine.jobs.tasks import PREDICTIONS, WEIGHTS
from engine.models.build import BuiltModel
from engine.training.arrays import write_arrays
from engine.training.augmentation import Augmentation
from engine.training.data import FoldData
from engine.training.inputs import Inputs, Rows
from engine.training.pipeline import Source, ordered_batches
from engine.training.reporter import Report, progress
from engine.training.scores import row_log_loss, score
from engine.training.stopping import StopSignal
from engine.training.trunk_inputs import Feed, Feeds


def finish(
    built: BuiltModel,
    data: FoldData,
    feeds: Feeds,
    folder: Path,
    parent: Path | None,
    batch_size: int,
    report: Report,
    stop: StopSignal,
) -> Scores:
    """Predict, save and score.

    Validation and test predictions are means over the spec's views of each image; those of the
    training rows, by which overfitting is judged, are of the images as they are.

    Args:
        built: the trained network.
        data: the fold.
        feeds: what its images have become by now.
        folder: the task's folder; `predictions.npz` holds `train_rows`, `validation_rows`,
            `validation` and `test` (float32, rows x outputs).
        parent: the same task's folder of the experiment this one was made from, for a paired
            comparison on the same rows.
        batch_size: images that are predicted at a time.
        report: is told of progress.
        stop: may stop it between batches.

    Returns:
        The scores.

    Raises:
        UserError: the disk is full.
        StopRequested: it was stopped; the fit itself is saved.
    """
    targets = data.competition.targets
    kind, metric = data.competition.kind, data.competition.metric
    # A view with a hole in it shows nothing that the image doesn't.
    changes = built.spec.augmentation.model_copy(update={"cutout": 0.0})

    def predicted(what: str, rows: Rows, feed: Feed) -> NDArray[np.float32]:
        step = progress(report, f"predicting {what}", stop.check)
        return predict(feed.model, feed.inputs, rows, step, batch_size)

    def averaged(what: str, rows: Rows, feed: Feed, images: Inputs) -> NDArray[np.float32]:
        total = predicted(what, rows, feed)
        for view in range(1, built.spec.views):
            name = f"{what}, view {view + 1} of {built.spec.views}"
            step = progress(report, f"predicting {name}", stop.check)
            augmented = Augmentation(changes, built.spec.seed + view)
            total += predict(built.model, images, rows, step, batch_size, augmented)
        return total / np.float32(built.spec.views)

    labelled, every = feeds.labelled(), np.arange(len(data.test.array))
    validation = averaged("validation", data.validation_rows, labelled, data.train.array)
    trained = predicted("training rows", data.train_rows, labelled)
    answers = averaged("test", every, feeds.test(), data.test.array)
    with explained(folder):
        built.model.save_weights(folder / WEIGHTS)
    stored: dict[str, NDArray[np.generic]] = {
        "train_rows": data.train_rows,
        "validation_rows": data.validation_rows,
        "validation": validation,
        "test": answers,
    }
    write_arrays(folder / PREDICTIONS, stored, compressed=True)
    scores = score(
        train=(targets[data.train_rows], trained),
        validation=(targets[data.validation_rows], validation),
        kind=kind,
        metric=metric,
    )
    if parent is None:
        return scores
    losses = row_log_loss(targets[data.validation_rows], validation, kind)
    gain, error = _paired_gain(parent, data, losses)
    return scores.model_copy(update={"parent_gain": gain, "parent_gain_error": error})


def _paired_gain(
    parent: Path, data: FoldData, losses: NDArray[np.floating]
) -> tuple[float | None, float | None]:
    """How much lower the losses are than the parent's, row by row; nothing on other rows."""
    try:
        with np.load(parent / PREDICTIONS, allow_pickle=False) as stored:
            rows, predictions = stored["validation_rows"], stored["validation"]
    except FileNotFoundError:
        return None, None
    competition = data.competition
    is_alike = predictions.shape == (len(rows), competition.targets.shape[1])
    if not is_alike or not np.array_equal(rows, data.validation_rows) or len(rows) < 2:
        return None, None
    gains = row_log_loss(competition.targets[rows], predictions, competition.kind) - losses
    return float(gains.mean()), float(gains.std(ddof=1) / np.sqrt(len(gains)))


def predict(
    model: keras.Model,
    inputs: Inputs,
    rows: Rows,
    step: Callable[[int, int], None],
    batch_size: int,
    augmentation: Augmentation | None = None,
) -> NDArray[np.float32]:
    """Predictions in inference mode.

    Args:
        model: from the inputs to probabilities.
        inputs: shape (all rows, ..), or several.
        rows: the rows wanted, shape (n,).
        step: told of rows done and rows in all.
        batch_size: rows at a time.
        augmentation: changes the images first, for a view of test-time augmentation; the same
            at every call.

    Returns:
        float32, shape (n, outputs).
    """
    outputs = int(model.output_shape[-1])
    if not len(rows):
        return np.zeros((0, outputs), dtype=np.float32)
    count = len(inputs[0]) if isinstance(inputs, tuple) else len(inputs)
    blank = np.zeros((count, outputs), dtype=np.float32)
    found = []
    done = 0
    for number, (batch, _) in enumerate(ordered_batches(Source(inputs, blank), rows, batch_size)):
        if augmentation is not None:
            batch = augmentation.change(batch, tf.constant(number, tf.int64))
        found.append(np.asarray(model.predict_on_batch(batch), dtype=np.float32))
        done += len(found[-1])
        step(done, len(rows))
    return np.concatenate(found)
