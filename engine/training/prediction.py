"""What a finished fit leaves: weights, predictions and scores."""

from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from engine.ahead import ahead
from engine.errors import UserError
from engine.events.types import Note
from engine.experiment.record import Scores
from engine.files import explained
from engine.jobs.tasks import PREDICTIONS, WEIGHTS
from engine.models.build import BuiltModel
from engine.models.memory import with_fewer
from engine.predictions.deciding import must_answer
from engine.predictions.pairing import log_loss_gain
from engine.predictions.scoring import score
from engine.predictions.stored import read_predictions
from engine.predictions.subject import SUBJECT, Subject
from engine.training.arrays import write_arrays
from engine.training.augmentation import Augmentation
from engine.training.data import FoldData
from engine.training.inputs import Inputs, Rows
from engine.training.pipeline import ordered_inputs
from engine.training.reporter import Report, progress
from engine.training.stopping import StopSignal
from engine.training.trunk_inputs import Feed, Feeds
from engine.training.warp import views_of


class Predictor:
    """Predicts what a fit is judged by, and what it answers.

    Args:
        built: the trained network.
        data: the fold.
        feeds: what its images have become by now.
        batch_size: images that are predicted at a time.
        report: is told of progress.
        stop: may stop it between batches.
    """

    def __init__(
        self,
        built: BuiltModel,
        data: FoldData,
        feeds: Feeds,
        batch_size: int,
        report: Report,
        stop: StopSignal,
    ) -> None:
        self.built = built
        self.data = data
        self._feeds = feeds
        self._batch_size = batch_size
        self._report = report
        self._stop = stop

    def validation(self) -> NDArray[np.float32]:
        """Of the held-out rows: means over the spec's views of each image.

        Raises:
            StopRequested: it was stopped.
        """
        rows = self.data.validation_rows
        return self._averaged("validation", rows, self._feeds.labelled(), self.data.train.array)

    def trained(self) -> NDArray[np.float32]:
        """Of the rows trained on, by which overfitting is judged: of the images as they are.

        Raises:
            StopRequested: it was stopped.
        """
        return self._plain("training rows", self.data.train_rows, self._feeds.labelled())

    def test(self) -> NDArray[np.float32]:
        """Of the test images: means over the spec's views of each.

        Raises:
            StopRequested: it was stopped.
        """
        images = self.data.test.array
        return self._averaged("test", np.arange(len(images)), self._feeds.test(), images)

    def _plain(self, what: str, rows: Rows, feed: Feed) -> NDArray[np.float32]:
        step = progress(self._report, f"predicting {what}", self._stop.check)
        # The first batch may wait for seconds, since the network is compiled for it.
        step(0, len(rows))
        return self._predicted(feed.model, feed.inputs, rows, step)

    def _averaged(self, what: str, rows: Rows, feed: Feed, images: Inputs) -> NDArray[np.float32]:
        spec, model = self.built.spec, self.built.model
        # A view with a hole in it shows nothing that the image doesn't.
        changes = spec.augmentation.model_copy(update={"cutout": 0.0})
        total = self._plain(what, rows, feed)
        views = tuple(views_of(changes, spec.views))
        for view, flips in enumerate(views, start=1):
            name = f"{what}, view {view + 1} of {len(views) + 1}"
            step = progress(self._report, f"predicting {name}", self._stop.check)
            augmented = Augmentation(changes, spec.seed + view, flips)
            total += self._predicted(model, images, rows, step, augmented)
        return total / np.float32(len(views) + 1)

    def _predicted(
        self,
        model: keras.Model,
        inputs: Inputs,
        rows: Rows,
        step: Callable[[int, int], None],
        augmentation: Augmentation | None = None,
    ) -> NDArray[np.float32]:
        """As `predict`, with as many images at a time as the device's memory takes."""
        return with_fewer(
            lambda few: predict(model, inputs, rows, step, few, augmentation),
            self._batch_size,
            self._halve_batches,
        )

    def _halve_batches(self, fewer: int) -> None:
        before, self._batch_size = self._batch_size, fewer
        self._report(
            Note(
                text=f"the device ran out of memory predicting {before} images at a time: "
                f"goes on with {fewer}"
            )
        )


def finish(
    predictor: Predictor, folder: Path, parent: Path | None, overfit: Path | None = None
) -> Scores:
    """Predict, save and score.

    Args:
        predictor: of the trained network.
        folder: the task's folder; `predictions.npz` holds `train_rows`, `validation_rows`,
            `validation` and `test` (float32, rows x outputs), and what they are of.
        parent: the same task's folder of the experiment this one was made from, for a paired
            comparison on the same rows.
        overfit: likewise of the overfit run that it is to beat.

    Returns:
        The scores.

    Raises:
        UserError: the disk is full.
        StopRequested: it was stopped; the fit itself is saved.
    """
    data = predictor.data
    targets, kind = data.competition.targets, data.competition.kind
    validation, trained = predictor.validation(), predictor.trained()
    answers = predictor.test()
    with explained(folder):
        predictor.built.model.save_weights(folder / WEIGHTS)
    stored: dict[str, NDArray[np.generic]] = {
        "train_rows": data.train_rows,
        "validation_rows": data.validation_rows,
        "validation": validation,
        "test": answers,
        SUBJECT: Subject.of(data.competition, data.blank).array,
    }
    write_arrays(folder / PREDICTIONS, stored, compressed=True)
    scores = score(
        train=(targets[data.train_rows], trained),
        validation=(targets[data.validation_rows], validation),
        kind=kind,
        metric=data.competition.metric,
        kin=data.kin.of(data.validation_rows),
        needs_one=must_answer(data.competition),
    )
    if parent is not None and (gained := _paired_gain(parent, data, validation)):
        changes = {"parent_gain": gained[0], "parent_gain_error": gained[1]}
        scores = scores.model_copy(update=changes)
    if overfit is not None and (gained := _paired_gain(overfit, data, validation)):
        changes = {"overfit_gain": gained[0], "overfit_gain_error": gained[1]}
        scores = scores.model_copy(update=changes | {"overfit": overfit.parent.name})
    return scores


def _paired_gain(
    other: Path, data: FoldData, mine: NDArray[np.floating]
) -> tuple[float, float | None] | None:
    """How much lower the log-loss is than another's, and its error; None on other rows."""
    competition, experiment = data.competition, other.parent.name
    try:
        theirs = read_predictions(other / PREDICTIONS, experiment, competition)
    except UserError:
        return None
    rows = data.validation_rows
    if not np.array_equal(theirs.rows, rows) or theirs.validation.shape != mine.shape:
        return None
    targets, groups = competition.targets[rows], data.kin.groups[rows]
    return log_loss_gain(targets, theirs.validation, mine, competition.kind, groups)


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
    # Keras would have XLA compile a network that only predicts, too: on a GPU, and anew for each
    # last, smaller batch. What goes through it once does not pay for that.
    model.jit_compile = False
    batches = ordered_inputs(inputs, rows, batch_size)
    if augmentation is not None:
        batches = ahead(_changed(batches, augmentation))
    found = []
    done = 0
    for batch in batches:
        found.append(np.asarray(model.predict_on_batch(batch), dtype=np.float32))
        done += len(found[-1])
        step(done, len(rows))
    return np.concatenate(found)


def _changed(batches: Iterator[Inputs], augmentation: Augmentation) -> Iterator[Inputs]:
    for number, batch in enumerate(batches):
        # No tensors: they would go to the GPU first, and back to be changed.
        yield augmentation.change(batch, np.int64(number)).numpy()
