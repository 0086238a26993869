"""The hydrangea entry's first step, by the engine and as the plain Keras script it was.

InceptionV3 at 224 px, every position of its map into a dense layer of 128 units between batch
normalisations, Adam 2.5e-4: 10 epochs of the head, then 10 with the last 8 convolutions. No
ImageNet weights are needed: a random network whose batch normalisation knows these photographs
takes as long. The engine runs all of it; the plain script some epochs of each phase, from the
same weights and over the same batches, and the rest of its time is extrapolated.

The training log-losses of these epochs are compared with those of as short a fit by the engine.
In both the convolutions train at a tenth of the rate: at the whole rate a rounding error grows so
fast that even two fits without a cache part.

Run: uv run python benchmarks/fine_tune.py [FOLDER]
"""

import tempfile
import time
from pathlib import Path
from statistics import median

import keras
import numpy as np
from numpy.typing import NDArray
from report import Figure, report
from roses import data_folder, fit, fold_of, spec_of

from engine.experiment.spec import ExperimentSpec
from engine.models.backbones import build_backbone
from engine.models.build import build_model
from engine.models.head import begin_at_shares
from engine.training.data import FoldData
from engine.training.pipeline import Source, batches_in, training_batches

EPOCHS = 10
# Of each phase of the plain script; the first one, in which TensorFlow traces, is not counted.
MEASURED = 3
CONVOLUTIONS = 8
RATE, GENTLE_RATE = 2.5e-4, 2.5e-5
BATCH = 32
CALIBRATION = 64
AIMS = {"head epoch, once cached": 20.0, "whole stage": 5.0}
AIM_DIFFERENCE = 0.01


def main() -> None:
    data = data_folder((__doc__ or "").partition("\n")[0])
    with tempfile.TemporaryDirectory() as place:
        scratch, root = Path(place) / "scratch", Path(place) / "workspace"
        scratch.mkdir()
        root.mkdir()
        fold = fold_of(data, scratch, spec_of("image_size=224"))
        weights = scratch / "inception.weights.h5"
        _write_weights(weights, fold)
        whole = fit(data, root, _spec(weights, EPOCHS, RATE))
        # Its activations are there already.
        short = fit(data, root, _spec(weights, MEASURED, GENTLE_RATE), "2")
        keras.backend.clear_session()
        plain = _Plain(fold, _spec(weights, MEASURED, GENTLE_RATE))
    ours_head = median(whole.epoch_seconds(0, EPOCHS))
    ours_all = median(whole.epoch_seconds(EPOCHS, 2 * EPOCHS))
    extrapolated = plain.seconds + (EPOCHS - MEASURED) * (plain.head_epoch + plain.all_epoch)
    difference = np.abs(np.subtract(short.losses, plain.losses)).max()
    report(
        "fine_tune",
        [
            Figure("engine: head epoch, once cached", ours_head, "s"),
            Figure("plain Keras: head epoch", plain.head_epoch, "s"),
            Figure("engine: epoch of the last 8 convolutions", ours_all, "s"),
            Figure("plain Keras: epoch of the last 8 convolutions", plain.all_epoch, "s"),
            Figure(f"engine: whole stage, {EPOCHS} + {EPOCHS} epochs", whole.seconds, "s"),
            Figure(f"plain Keras: {MEASURED} + {MEASURED} epochs, measured", plain.seconds, "s"),
            Figure(f"plain Keras: {EPOCHS} + {EPOCHS} epochs, extrapolated", extrapolated, "s"),
            Figure("engine: training log-loss, last head epoch", short.losses[MEASURED - 1], ""),
            Figure("plain Keras: the same", plain.losses[MEASURED - 1], ""),
            Figure("engine: training log-loss, last epoch of all", short.losses[-1], ""),
            Figure("plain Keras: the same, last epoch of all", plain.losses[-1], ""),
            Figure("largest difference in any epoch", float(difference), "", AIM_DIFFERENCE),
        ],
        {
            "head epoch, once cached": plain.head_epoch / ours_head,
            "epoch of the last 8 convolutions": plain.all_epoch / ours_all,
            "whole stage": extrapolated / whole.seconds,
        },
        AIMS,
    )


def _spec(weights: Path, epochs: int, last_rate: float) -> ExperimentSpec:
    return spec_of(
        "backbone=inception_v3",
        "image_size=224",
        "phases.0.train=head",
        f"phases.1.train=last_convolutions:{CONVOLUTIONS}",
        *(f"phases.{number}.epochs={epochs}" for number in (0, 1)),
        f"phases.0.learning_rate={RATE}",
        f"phases.1.learning_rate={last_rate}",
        f"weights={weights}",
        "head.pooling=none",
        "head.layers=1",
        "head.units=128",
        "head.batch_norm=true",
        f"batch_size={BATCH}",
    )


def _write_weights(path: Path, fold: FoldData) -> None:
    """A random network that keeps its signal, as a pretrained one does."""
    keras.utils.set_random_seed(0)
    network = build_backbone("inception_v3", 224, "none")
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    network(fold.train.array[:CALIBRATION].astype(np.float32), training=True)
    network.save_weights(path)


class _Plain:
    """The script, timed from the decoded images to the predictions.

    Args:
        fold: the images.
        spec: where its first weights and its batches' order come from.
    """

    def __init__(self, fold: FoldData, spec: ExperimentSpec) -> None:
        ours = build_model(spec, fold.competition.kind, 2).model
        begin_at_shares(ours, fold.competition.targets[fold.train_rows], fold.competition.kind)
        first = ours.get_weights()
        orders = [_order(fold, spec.seed, epoch) for epoch in range(2 * MEASURED)]
        began = time.perf_counter()
        preprocess = keras.applications.inception_v3.preprocess_input
        x, x_test = (preprocess(s.array.astype(np.float32)) for s in (fold.train, fold.test))
        y = fold.competition.targets
        model, base = _network()
        model.set_weights(first)
        base.trainable = False
        self.losses: list[float] = []
        head = self._fit(model, RATE, (x, y), orders[:MEASURED])
        base.trainable = True
        convolutions = [layer for layer in base.layers if isinstance(layer, keras.layers.Conv2D)]
        for layer in base.layers:
            layer.trainable = layer in convolutions[-CONVOLUTIONS:]
        unfrozen = self._fit(model, GENTLE_RATE, (x, y), orders[MEASURED:])
        for images in (x, x_test):
            model.predict(images, verbose=0)
        self.seconds = time.perf_counter() - began
        self.head_epoch, self.all_epoch = median(head[1:]), median(unfrozen[1:])

    def _fit(
        self,
        model: keras.Model,
        rate: float,
        data: tuple[NDArray[np.float32], NDArray[np.float32]],
        orders: list[NDArray[np.intp]],
    ) -> list[float]:
        """Seconds of each epoch; putting the rows in order is not counted."""
        # As the engine on a CPU: compiling for XLA would take minutes.
        model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", jit_compile=False)
        seconds = []
        for order in orders:
            x, y = (array[order] for array in data)
            began = time.perf_counter()
            told = model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
            seconds.append(time.perf_counter() - began)
            self.losses += told.history["loss"]
        return seconds


def _network() -> tuple[keras.Model, keras.Model]:
    layers = keras.layers
    base = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(224, 224, 3)
    )
    m = layers.Flatten()(base.output)
    m = layers.BatchNormalization()(m)
    m = layers.Dense(128, activation="relu")(m)
    m = layers.BatchNormalization()(m)
    return keras.Model(base.input, layers.Dense(1, activation="sigmoid")(m)), base


def _order(fold: FoldData, seed: int, epoch: int) -> NDArray[np.intp]:
    """The rows of an epoch as the engine has them, batch by batch."""
    rows, places = fold.train_rows, np.arange(len(fold.train.array))[:, None]
    batches = training_batches(
        Source(places, fold.competition.targets), rows, BATCH, seed, (epoch, 0)
    )
    seen = [places.numpy() for places, _ in batches.take(batches_in(rows, BATCH))]
    return np.concatenate(seen).ravel().astype(np.intp)


if __name__ == "__main__":
    main()
