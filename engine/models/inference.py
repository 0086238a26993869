"""The fastest faithful way to run a network forward, batch by batch."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

Forward = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

BATCH = 16
_TOLERANCE = 1e-3
_log = logging.getLogger(__name__)


def forward_function(model: keras.Model) -> Forward:
    """A function that runs `model` in inference mode.

    On a CPU the network runs through XNNPACK, two to three times as fast as Keras; when it
    can't be converted, or the converted one answers differently, and on a GPU, Keras runs it.
    The weights are those of this moment: later changes to the model are not seen.

    Args:
        model: one input (batch, height, width, 3), one output.

    Returns:
        A function from at most `BATCH` images (batch, height, width, 3) to the model's output
        for them.
    """
    if tf.config.list_physical_devices("GPU"):
        return _padded(model.predict_on_batch)
    try:
        with _silence():
            return _padded(_xnnpack(model))
    except Exception:
        # The converter is deprecated upstream and fails in many ways; Keras is only slower.
        _log.warning("%s runs without XNNPACK", model.name, exc_info=True)
        return _padded(model.predict_on_batch)


def _padded(run: Callable[[NDArray[np.float32]], Any]) -> Forward:
    """Fill the last batch up: another size would compile everything again."""

    def forward(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = np.zeros((BATCH, *images.shape[1:]), np.float32)
        batch[: len(images)] = images
        return np.asarray(run(batch), np.float32)[: len(images)]

    return forward


def _xnnpack(model: keras.Model) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    shape = (BATCH, *model.input.shape[1:])
    function = tf.function(lambda images: model(images, training=False))
    traced = function.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    # With variables instead of constants the converter drops Keras 3 weights without a word.
    frozen = convert_variables_to_constants_v2(traced)
    content = tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()
    interpreter = tf.lite.Interpreter(model_content=content, num_threads=_cores())
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]["index"]
    answer = interpreter.get_output_details()[0]["index"]

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        interpreter.set_tensor(entry, batch)
        interpreter.invoke()
        result: NDArray[np.float32] = interpreter.get_tensor(answer)
        return result

    probe = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    _check_equal(run(probe), np.asarray(traced(tf.constant(probe))))
    return run


def _check_equal(converted: NDArray[np.float32], original: NDArray[np.float32]) -> None:
    difference = float(np.abs(converted - original).max() / np.abs(original).max())
    # Written so that NaN fails.
    if not difference <= _TOLERANCE:
        raise ArithmeticError(f"the converted network differs by {difference:.2g}")


def _cores() -> int:
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the converter's chatter, some of it written by C++, out of the log."""
    absl = logging.getLogger("absl")
    level = absl.level
    sys.stderr.flush()
    saved = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        absl.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        absl.setLevel(level)
        os.dup2(saved, 2)
        os.close(sink)
        os.close(saved)
