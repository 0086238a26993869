"""Fine-tuning as a plain Keras script does it, until its steps are through or it is ended.

Run by `benchmarks/recipe.py`: FOLDER holds `train.npy`, `targets.npy` and `withheld.npy`; the
predictions go into `plain_keras.npy`. The network, its ImageNet weights and what a step unfreezes
are the engine's; everything else is Keras alone.
"""

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from best_so_far import BestSoFar
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from engine.competition.findings import TargetKind
from engine.experiment.spec import ExperimentSpec, HeadSpec, Stage
from engine.models.build import build_model
from engine.models.freezing import set_trainable

# What trains, at which rate; each from the best weights of the step before.
STEPS = (("head", 1e-3), ("last_blocks:2", 1e-4), ("last_blocks:5", 3e-5), ("all", 1e-5))
PATIENCE = 4
BATCH = 32
# Early stopping ends a step long before.
MOST_EPOCHS = 1000


def main() -> None:
    folder = Path(sys.argv[1])
    images, targets = np.load(folder / "train.npy"), np.load(folder / "targets.npy")
    rows, held_out = train_test_split(
        np.arange(len(images)), test_size=0.2, stratify=targets, random_state=0
    )
    best = BestSoFar(str(folder / "withheld.npy"), str(folder / "plain_keras.npy"))
    spec = ExperimentSpec(
        stage=Stage.OVERFIT,
        backbone="efficientnet_lite0",
        weights="imagenet",
        image_size=images.shape[1],
        head=HeadSpec(units=128, dropout=0.25),
    )
    built = build_model(spec, TargetKind.BINARY, 2)
    for train, rate in STEPS:
        set_trainable(built, train)
        built.model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", jit_compile=False)
        built.model.fit(
            _augmented(images[rows], targets[rows]),
            validation_data=(images[held_out], targets[held_out]),
            epochs=MOST_EPOCHS,
            callbacks=[
                best,
                keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True),
            ],
            verbose=2,
        )


def _augmented(images: NDArray[np.uint8], targets: NDArray[np.integer]) -> tf.data.Dataset:
    change = keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal"),
            keras.layers.RandomRotation(0.08),
            keras.layers.RandomZoom(0.2),
        ]
    )
    return (
        tf.data.Dataset.from_tensor_slices((images, targets[:, np.newaxis]))
        .shuffle(len(images))
        .batch(BATCH)
        .map(
            lambda batch, truth: (change(tf.cast(batch, tf.float32), training=True), truth),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .prefetch(tf.data.AUTOTUNE)
    )


if __name__ == "__main__":
    main()
