"""What the engine adds to an epoch: an augmented fit by it against the same fit in plain Keras.

Run: uv run python benchmarks/overhead.py [FOLDER]
"""

import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import keras
import tensorflow as tf
from report import Figure, report
from roses import data_folder, fit, fold_of, spec_of

from engine.experiment.spec import ExperimentSpec
from engine.models.build import build_model
from engine.training.data import FoldData
from engine.training.losses import make_metrics

ROUNDS = 3
EPOCHS = 5
AIM_RATIO = 1.03


def main() -> None:
    data = data_folder(__doc__ or "")
    spec = spec_of(
        "backbone=wide_cnn", "image_size=64", "augmentation=photo", f"phases.0.epochs={EPOCHS}"
    )
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        fold = fold_of(data, root, spec)
        for number in range(ROUNDS):
            ours += fit(data, root, spec, str(number)).epoch_seconds(0, EPOCHS)
            theirs += _plain_epochs(fold, spec)
            keras.backend.clear_session()
    ratio = median(ours) / median(theirs)
    report(
        "overhead",
        [
            Figure("engine: augmented epoch of wide_cnn at 64 px", median(ours), "s"),
            Figure("plain Keras: the same epoch", median(theirs), "s"),
            Figure("engine / plain Keras", ratio, "x", AIM_RATIO),
        ],
        {"plain Keras / engine": 1 / ratio},
    )


class _Clock(keras.callbacks.Callback):  # type: ignore[misc] # keras ships no types
    def __init__(self) -> None:
        super().__init__()
        self.ended: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.ended.append(time.perf_counter())


def _plain_epochs(fold: FoldData, spec: ExperimentSpec) -> list[float]:
    """Fit as Keras' guides do: the layers in a parallel map of a tf.data pipeline."""
    layers = _photo_layers()

    def augmented(images: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images = tf.cast(images, tf.float32)
        for layer in layers:
            images = layer(images, training=True)
        return tf.clip_by_value(images, 0, 255), targets

    pairs = [
        tf.data.Dataset.from_tensor_slices((fold.train.array[rows], fold.competition.targets[rows]))
        for rows in (fold.train_rows, fold.validation_rows)
    ]
    auto = tf.data.AUTOTUNE
    train = pairs[0].shuffle(len(fold.train_rows)).batch(spec.batch_size)
    train = train.map(augmented, num_parallel_calls=auto).prefetch(auto)
    model = build_model(spec, fold.competition.kind, len(fold.competition.classes)).model
    model.compile(
        keras.optimizers.Adam(spec.phases[0].learning_rate),
        "binary_crossentropy",
        metrics=make_metrics(fold.competition.kind),
        jit_compile=False,
    )
    clock = _Clock()
    model.fit(
        train,
        validation_data=pairs[1].batch(64).prefetch(auto),
        epochs=EPOCHS,
        callbacks=[clock],
        verbose=0,
    )
    return [after - before for before, after in pairwise(clock.ended)]


def _photo_layers() -> list[keras.layers.Layer]:
    """What `augmentation=photo` stands for."""
    layers = keras.layers
    return [
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(15 / 360, fill_mode="reflect"),
        layers.RandomTranslation(0.1, 0.1, fill_mode="reflect"),
        layers.RandomZoom(0.1, fill_mode="reflect"),
        layers.RandomBrightness(0.2, value_range=(0, 255)),
        layers.RandomContrast(0.2, value_range=(0, 255)),
    ]


if __name__ == "__main__":
    main()
