"""The fastest faithful way to run a network forward, batch by batch."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.models.memory import with_fewer

Batch = list[NDArray[np.generic]]
Answer = list[NDArray[np.float32]]
Forward = Callable[[Sequence[NDArray[np.generic]]], Answer]

# Images are read so many at a time, and on a CPU go through a network.
BATCH = 16
# Fewer leave most of a GPU idle; what is short of memory halves it.
_ON_GPU = 8 * BATCH
# What XNNPACK is given at a time: the activations of few images stay in a processor's cache.
_FEW = 4
_TOLERANCE = 1e-3
_log = logging.getLogger(__name__)


def forward_function(model: keras.Model) -> Forward:
    """A function that runs `model` in inference mode.

    On a CPU the network runs through XNNPACK, two to three times as fast as Keras; when it
    can't be converted, or the converted one answers differently, and on a GPU, Keras runs it.
    The weights are those of this moment: later changes to the model are not seen.

    Args:
        model: any number of inputs and outputs (batch, ..).

    Returns:
        A function from the model's inputs, each of at most `rows_at_once()` rows, to its outputs
        for them.
    """
    if tf.config.list_physical_devices("GPU"):
        return _padded(_keras(model), rows_at_once())
    try:
        with _silence():
            return _padded(_xnnpack(model), _FEW)
    except Exception:
        # The converter is deprecated upstream and fails in many ways; Keras is only slower.
        _log.warning("%s runs without XNNPACK", model.name, exc_info=True)
        return _padded(_keras(model), rows_at_once())


def rows_at_once() -> int:
    """How many images a forward function is best given at a time: a multiple of `BATCH`."""
    return _ON_GPU if tf.config.list_physical_devices("GPU") else BATCH


def _padded(run: Callable[[Batch], Answer], size: int) -> Forward:
    """Fill the last batch up to a multiple of a size: another would compile everything again.

    What is images in bytes, or halves, crosses to a GPU as that, and becomes floats there.
    """

    def forward(inputs: Sequence[NDArray[np.generic]]) -> Answer:
        count, batches = len(inputs[0]), []
        for values in inputs:
            batch = np.zeros((-(-count // size) * size, *values.shape[1:]), values.dtype)
            batch[:count] = values
            batches.append(batch)
        return [np.asarray(output, np.float32)[:count] for output in run(batches)]

    return forward


def _keras(model: keras.Model) -> Callable[[Batch], Answer]:
    size = rows_at_once()
    # On a GPU Keras would have XLA compile it, which takes as long as thousands of images do.
    model.jit_compile = False

    def run_few(batches: Batch) -> Answer:
        answer = model.predict_on_batch(_as_fed(model, batches))
        return answer if isinstance(answer, list) else [answer]

    def halved(smaller: int) -> None:
        nonlocal size
        _log.warning("the device ran out of memory: goes on with %d images at a time", smaller)
        # A device waits for seconds before it refuses: what was too much is not tried again.
        size = smaller

    def run(batches: Batch) -> Answer:
        return with_fewer(lambda few: _in_parts(run_few, batches, few), size, halved)

    return run


def _in_parts(run: Callable[[Batch], Answer], batches: Batch, few: int) -> Answer:
    """Run a few rows at a time and put the answers together."""
    starts = range(0, len(batches[0]), few)
    parts = [run([batch[start : start + few] for batch in batches]) for start in starts]
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


def _as_fed(model: keras.Model, tensors: Sequence[Any]) -> Any:
    """What Keras wants for a model's inputs: a list only where it was built with one."""
    return list(tensors) if isinstance(model.input, list) else tensors[0]


def _xnnpack(model: keras.Model) -> Callable[[Batch], Answer]:
    shapes = [(_FEW, *tensor.shape[1:]) for tensor in model.inputs]
    # With variables instead of constants the converter drops Keras 3 weights without a word.
    weights = [
        [np.asarray(variable) for variable in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    ]

    def run_frozen(*tensors: tf.Tensor) -> Any:
        constants = [list(map(tf.constant, values)) for values in weights]
        return model.stateless_call(*constants, _as_fed(model, tensors), training=False)[0]

    specs = (tf.TensorSpec(shape, tf.float32) for shape in shapes)
    frozen = tf.function(run_frozen, autograph=False).get_concrete_function(*specs)
    content = tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert()
    interpreter = tf.lite.Interpreter(model_content=content, num_threads=_cores())
    interpreter.allocate_tensors()
    entries = _indexes(interpreter.get_input_details(), frozen.inputs)
    answers = _indexes(interpreter.get_output_details(), frozen.outputs)

    def run_few(batches: Batch) -> Answer:
        for index, batch in zip(entries, batches, strict=True):
            interpreter.set_tensor(index, np.asarray(batch, np.float32))
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in answers]

    def run(batches: Batch) -> Answer:
        return _in_parts(run_few, batches, _FEW)

    random = np.random.default_rng(0)
    probes: Batch = [random.uniform(0, 255, shape).astype(np.float32) for shape in shapes]
    originals = tf.nest.flatten(frozen(*map(tf.constant, probes)))
    for converted, original in zip(run(probes), originals, strict=True):
        _check_equal(converted, np.asarray(original))
    return run


def _indexes(details: list[dict[str, Any]], tensors: Sequence[tf.Tensor]) -> list[int]:
    """Where the interpreter keeps some tensors; it promises no order."""
    known = {detail["name"]: int(detail["index"]) for detail in details}
    return [known[tensor.name.partition(":")[0]] for tensor in tensors]


def _check_equal(converted: NDArray[np.float32], original: NDArray[np.float32]) -> None:
    difference = float(np.abs(converted - original).max())
    # Written so that NaN fails.
    if not difference <= _TOLERANCE * float(np.abs(original).max()):
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
