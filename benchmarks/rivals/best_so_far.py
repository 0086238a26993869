"""Keeps the predictions of the best epoch so far, so that a fit may be ended at any time.

Runs in the environment of whoever is measured: Keras and NumPy only.
"""

import json
import os
from pathlib import Path

import keras
import numpy as np


class BestSoFar(keras.callbacks.Callback):
    """Predicts the withheld images whenever the validation loss is the lowest of all fits.

    Args:
        images: the file of the withheld images, uint8, (rows, side, side, 3); a path, since
            Keras Tuner copies its callbacks for every trial.
        answers: the file that is written: probabilities, float32, (rows,).
    """

    def __init__(self, images: str, answers: str) -> None:
        super().__init__()
        self._images = images
        self._answers = Path(answers)

    def on_epoch_end(self, epoch, logs=None):  # type: ignore[no-untyped-def] # as Keras has it
        """Keep the answers where the epoch is the best."""
        loss = (logs or {}).get("val_loss")
        known = self._answers.with_suffix(".json")
        lowest = json.loads(known.read_text()) if known.exists() else float("inf")
        if loss is None or not float(loss) < lowest:
            return
        images = np.load(self._images, mmap_mode="r")
        keep(self._answers, self.model.predict(images, batch_size=32, verbose=0))
        known.write_text(json.dumps(float(loss)))


def keep(answers: Path, predicted: np.ndarray) -> None:
    """Write predictions so that whoever ends the process never leaves half a file.

    Args:
        answers: the file.
        predicted: probabilities, (rows, 1) or (rows,).
    """
    half = answers.with_name("half.npy")
    np.save(half, np.asarray(predicted, np.float32).reshape(-1))
    os.replace(half, answers)
