"""Batches and the threads behind them: none of TensorFlow's, which would hold up a fit's end."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from engine.ahead import ahead
from engine.experiment.spec import AugmentationSpec
from engine.training.augmentation import Augmentation
from engine.training.pipeline import Source, ordered_batches, training_batches

IMAGES = Source(np.zeros((8, 4, 4, 3), np.uint8), np.ones((8, 1), np.float32))
ROWS = np.arange(8)
# A fit that ends by an exception nobody catches, while its next batch is being made.
UNCAUGHT = """
import keras
import numpy as np
from engine.training.pipeline import Source, training_batches

class Slow(Source):
    def drawn(self, rows, epoch):
        return super().drawn(rows, epoch) + 0 * sum(range(9_000_000))

class Fault(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        raise ValueError("a fault")

source = Slow(np.zeros((64, 4), "float32"), np.zeros((64, 1), "float32"))
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(training_batches(source, np.arange(64), 4, 0), steps_per_epoch=16, callbacks=[Fault()])
"""


@pytest.mark.slow
def test_a_process_ends_also_while_a_batch_is_being_made() -> None:
    """Where a thread of TensorFlow's makes it, that one and Python wait for each other."""
    answer = subprocess.run(
        [sys.executable, "-c", UNCAUGHT], capture_output=True, text=True, timeout=90, check=False
    )
    assert "ValueError: a fault" in answer.stderr
    assert answer.returncode == 1


def test_no_thread_tunes_the_batches() -> None:
    """It sleeps for ever longer, up to a minute, and the end of a fit waits for it to wake."""
    changed = Augmentation(AugmentationSpec(brightness=0.2), 0)
    for batches in (
        training_batches(IMAGES, ROWS, 4, 0),
        training_batches(IMAGES, ROWS, 4, 0, (0, 0), changed),
        ordered_batches(IMAGES, ROWS, 4),
    ):
        assert batches.options().autotune.enabled is False


def test_items_are_made_before_they_are_asked_for() -> None:
    made = []

    def draw() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    items = ahead(draw())
    assert next(items) == 0
    assert next(items) == 1
    # Two were begun with; each that is taken has the next one made.
    assert len(made) >= 2
    assert list(items) == [2, 3, 4]


def test_what_goes_wrong_ahead_is_raised_where_the_items_are_used() -> None:
    def draw() -> Iterator[int]:
        yield 1
        raise MemoryError("too many images")

    items = ahead(draw())
    assert next(items) == 1
    with pytest.raises(MemoryError, match="too many images"):
        next(items)
