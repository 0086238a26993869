"""What crosses to the device: images in bytes and activations in halves, not floats of either."""

import subprocess
import sys
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from engine.experiment.spec import AugmentationSpec
from engine.models import inference
from engine.models.cutting import FrozenBelow
from engine.training.augmentation import Augmentation
from engine.training.inputs import Inputs
from engine.training.pipeline import Source, ordered_batches, training_batches
from engine.training.prediction import predict
from tests.unit.models.networks import around, cut_at

ROWS = np.arange(12)
IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
TARGETS = np.eye(3, dtype=np.float32)[ROWS % 3]
# As if there were a GPU: a second processor, on which tensors are made unless it is said otherwise.
CHANGED_BEFORE_THE_GPU = """
import keras
import numpy as np
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from engine.experiment.spec import AugmentationSpec
from engine.training.augmentation import Augmentation
from engine.training.prediction import predict

class Watched(Augmentation):
    def change(self, images, number):
        changed = super().change(images, number)
        # NumPy's arrays lie on "cpu".
        print(images.device, number.device, "->", changed.device.rpartition("/")[2])
        return changed

images = keras.Input((4, 4, 3))
model = keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(images)))
changes = Watched(AugmentationSpec(horizontal_flip=True), 0)
with tf.device("CPU:1"):
    predict(model, np.zeros((6, 4, 4, 3), "uint8"), np.arange(6), lambda *_: None, 4, changes)
"""


@pytest.mark.parametrize("kept", [np.uint8, np.float16, np.float32])
def test_what_is_trained_on_crosses_as_it_is_kept(kept: type[np.generic]) -> None:
    source = Source(IMAGES.astype(kept), TARGETS)
    for batches in (training_batches(source, ROWS, 4, 0), ordered_batches(source, ROWS, 4)):
        images, targets = next(iter(batches))
        assert images.dtype == kept
        assert targets.dtype == tf.float32


def test_what_is_changed_is_of_floats() -> None:
    changed = Augmentation(AugmentationSpec(brightness=0.2), 0)
    batches = training_batches(Source(IMAGES, TARGETS), ROWS, 4, 0, (0, 0), changed)
    assert next(iter(batches))[0].dtype == tf.float32


def losses(part: str, inputs: Inputs) -> list[float]:
    """Of two epochs of the same network, whole or in parts."""
    keras.utils.set_random_seed(0)
    images = keras.Input((8, 8, 3))
    features = keras.layers.Conv2D(8, 3, activation="relu")(images)
    features = keras.layers.Conv2D(4, 3, activation="relu")(features)
    built = around(keras.Model(images, features), 8)
    cut = cut_at(built, "last_convolutions:1")
    model = {"whole": built.model, "frozen below": FrozenBelow(cut), "rest": cut.rest}[part]
    model.compile("adam", "categorical_crossentropy")
    source = Source(inputs, TARGETS)
    batches, held_out = training_batches(source, ROWS, 4, 0), ordered_batches(source, ROWS, 4)
    told = model.fit(batches, steps_per_epoch=3, epochs=2, validation_data=held_out, verbose=0)
    return [*told.history["loss"], *told.history["val_loss"]]


@pytest.mark.parametrize(
    "precision", ["float32", pytest.param("mixed_float16", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "part", ["whole", pytest.param("frozen below", marks=pytest.mark.slow), "rest"]
)
def test_the_device_makes_the_same_floats_of_it(part: str, precision: str) -> None:
    inputs: NDArray[np.generic] = IMAGES
    if part == "rest":
        inputs = np.random.default_rng(1).normal(size=(12, 6, 6, 8)).astype(np.float16)
    keras.config.set_dtype_policy(precision)
    try:
        wide = inputs.astype(np.float32)
        # A model of one input behind a cut is fed a tuple of one.
        kept, floats = ((inputs,), (wide,)) if part == "rest" else (inputs, wide)
        assert losses(part, kept) == losses(part, floats)
    finally:
        keras.config.set_dtype_policy("float32")


def test_frozen_layers_are_given_images_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, keras.layers.ReLU()(images))
    crossed: list[np.dtype[np.generic]] = []
    original = keras.Model.predict_on_batch

    def watched(model: keras.Model, batch: NDArray[np.generic]) -> object:
        crossed.append(batch.dtype)
        return original(model, batch)

    monkeypatch.setattr(keras.Model, "predict_on_batch", watched)
    monkeypatch.setattr(inference, "_xnnpack", inference._keras)
    (found,) = inference.forward_function(model)([IMAGES])
    assert crossed == [np.uint8]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, IMAGES.astype(np.float32))


@pytest.mark.slow
def test_views_are_changed_before_they_cross() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", CHANGED_BEFORE_THE_GPU],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    told = answer.stdout.splitlines()
    assert told == ["cpu cpu -> device:CPU:0"] * 2, answer.stderr


def test_a_view_is_changed_while_the_one_before_is_predicted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = []
    original = Augmentation.change

    def watched(self: Augmentation, images: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
        names.append(threading.current_thread().name)
        return original(self, images, number)

    keras.utils.set_random_seed(0)
    images = keras.Input((8, 8, 3))
    model = keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(images)))
    spec = AugmentationSpec(rotation=10, brightness=0.2, aug_mix=0.5)
    changes, numbers = Augmentation(spec, 7), range(3)
    parts = [
        model(original(changes, IMAGES[4 * n : 4 * n + 4], tf.constant(n)), training=False)
        for n in numbers
    ]
    monkeypatch.setattr(Augmentation, "change", watched)
    found = predict(model, IMAGES, ROWS, lambda _done, _all: None, 4, changes)
    np.testing.assert_allclose(found, np.concatenate(parts), rtol=1e-4, atol=1e-4)
    assert len(names) == 3
    assert "MainThread" not in names
