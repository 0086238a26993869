"""Cached arrays -> batches.

What is trained on crosses to the device as it is kept, images in bytes and activations in half
precision: Keras makes floats of it there. Here a GPU would wait for that, and for the more bytes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.ahead import ahead
from engine.training.augmentation import DEVICE, Augmentation
from engine.training.inputs import Bank, Inputs, Rows, take


@dataclass(frozen=True)
class Source:
    """What a model is fed: images, or the activations of a trunk that has seen them.

    Args:
        inputs: shape (rows, ..), any numeric type, often a memory map; several for a model of
            several inputs.
        targets: float32, shape (rows, outputs).
        bank: what training draws from instead of the inputs, where there is one.
    """

    inputs: Inputs
    targets: NDArray[np.float32]
    bank: Bank | None = None

    def drawn(self, rows: Rows, epoch: int) -> Inputs:
        """What is trained on in an epoch."""
        return take(self.inputs, rows) if self.bank is None else self.bank.draw(rows, epoch)

    def signature(self) -> tuple[Any, tf.TensorSpec]:
        """Shapes and types of a batch, as TensorFlow wants them."""
        return (
            tf.nest.map_structure(
                lambda array: tf.TensorSpec((None, *array.shape[1:]), array.dtype), self.inputs
            ),
            tf.TensorSpec((None, self.targets.shape[1]), tf.float32),
        )


def batches_in(rows: Rows, batch_size: int) -> int:
    """Batches of an epoch; the last may be smaller."""
    return -(-len(rows) // batch_size)


def training_batches(
    source: Source,
    rows: Rows,
    batch_size: int,
    seed: int,
    start: tuple[int, int] = (0, 0),
    augmentation: Augmentation | None = None,
) -> tf.data.Dataset:
    """Endless shuffled batches, whose order and changes depend only on seed, epoch and place.

    So a fit that resumes in the middle of an epoch sees the batches it had not seen.

    Args:
        source: where the rows lie.
        rows: the rows to train on, shape (n,).
        batch_size: rows in a batch.
        seed: the experiment's seed.
        start: epoch and batch to begin with.
        augmentation: changes the images, into float32.

    Returns:
        Batches of (inputs, targets float32).
    """
    batches = batches_in(rows, batch_size)
    change = None if augmentation is None else _changing(augmentation, source)

    def draw() -> Iterator[tuple[Inputs, NDArray[np.float32]]]:
        first_epoch, skip = start
        for epoch in count(first_epoch):
            order = np.random.default_rng([seed, epoch]).permutation(rows)
            for batch in range(skip, batches):
                # A memory map is read fastest in its own order.
                chosen = np.sort(order[batch * batch_size : (batch + 1) * batch_size])
                inputs, targets = source.drawn(chosen, epoch), source.targets[chosen]
                if change is None:
                    yield inputs, targets
                else:
                    # One after the other: random layers that run side by side don't repeat.
                    number = np.int64(epoch * batches + batch)
                    # Else the images went to the GPU first, and back.
                    with tf.device(DEVICE):
                        images, mixed = change(inputs, targets, number)
                    yield images.numpy(), mixed.numpy()
            skip = 0

    inputs, targets = source.signature()
    signature = (inputs if change is None else _float_of(inputs), targets)
    return _batches(draw, signature)


def ordered_batches(source: Source, rows: Rows, batch_size: int) -> tf.data.Dataset:
    """The rows once, in their order, never augmented: for validation.

    Args:
        source: where the rows lie.
        rows: the rows wanted, shape (n,).
        batch_size: rows in a batch.

    Returns:
        Batches of (inputs, targets float32).
    """

    def draw() -> Iterator[tuple[Inputs, NDArray[np.float32]]]:
        for begin in range(0, len(rows), batch_size):
            chosen = rows[begin : begin + batch_size]
            yield take(source.inputs, chosen), source.targets[chosen]

    dataset = _batches(draw, source.signature())
    return dataset.apply(tf.data.experimental.assert_cardinality(batches_in(rows, batch_size)))


def ordered_inputs(inputs: Inputs, rows: Rows, batch_size: int) -> Iterator[Inputs]:
    """What the rows hold, once and in their order: for prediction.

    A pipeline of TensorFlow's takes longer to make than a few hundred images to predict.

    Args:
        inputs: shape (all rows, ..), or several.
        rows: the rows wanted, shape (n,).
        batch_size: rows in a batch.

    Returns:
        Batches, float32: as those of views are, or Keras would trace the network for each.
    """

    def draw() -> Iterator[Inputs]:
        for begin in range(0, len(rows), batch_size):
            found = take(inputs, rows[begin : begin + batch_size])
            yield tf.nest.map_structure(lambda array: np.asarray(array, np.float32), found)

    return ahead(draw())


def _batches(draw: Callable[[], Iterator[Any]], signature: tuple[Any, tf.TensorSpec]) -> Any:
    """What is drawn, as Keras takes it, with no thread of TensorFlow's behind it.

    The one that tunes a pipeline may sleep for up to a minute before it lets a fit end. One that
    runs Python waits for it, as Python does for the thread where a process ends: both for ever.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = tf.data.Dataset.from_generator(lambda: ahead(draw()), output_signature=signature)
    return dataset.with_options(options)


def _changing(augmentation: Augmentation, source: Source) -> Callable[..., Any]:
    """The changes to a batch, compiled here, since Keras' state is this thread's."""

    def change(images: tf.Tensor, targets: tf.Tensor, number: tf.Tensor) -> tuple[Any, Any]:
        return augmentation.mix(augmentation.change(images, number), targets, number)

    signature = (*source.signature(), tf.TensorSpec((), tf.int64))
    compiled: Callable[..., Any] = tf.function(
        change, autograph=False, input_signature=signature
    ).get_concrete_function()
    return compiled


def _float_of(spec: Any) -> Any:
    return tf.nest.map_structure(lambda one: tf.TensorSpec(one.shape, tf.float32), spec)
