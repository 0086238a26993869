"""What a fit needs to go on where it was."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import keras
import numpy as np
from numpy.typing import NDArray

from engine.experiment.frozen import Frozen
from engine.files import write_atomically
from engine.training.arrays import write_arrays
from engine.training.optimizers import inner_optimizer, loss_scale

_POINTER = "checkpoint.json"
# Saving may take at most this share of the training time.
_SHARE = 0.05


class Position(Frozen):
    """How far a fit has got.

    Args:
        phase: the phase under way.
        first: the epoch that phase began with, over all phases.
        epoch: epochs finished, over all phases.
        batch: batches finished in the epoch under way.
        best: the best validation log-loss of this phase; None before the first.
        waited: epochs since then.
        flat: epochs since then, or since a plateau last lowered the rate.
        accumulation: batches whose gradients are added up, where the memory is short.
    """

    phase: int = 0
    first: int = 0
    epoch: int = 0
    batch: int = 0
    best: float | None = None
    waited: int = 0
    flat: int = 0
    accumulation: int = 1

    @property
    def is_within_phase(self) -> bool:
        """Whether the phase has begun."""
        return self.epoch > self.first or self.batch > 0


class Checkpoint:
    """Saves and restores a fit in its task's folder.

    Weights go to new files first and a small pointer file, replaced atomically, names the
    current ones: a crash at any moment leaves the last whole checkpoint.

    Args:
        folder: the task's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved_at = time.monotonic()
        self._cost = 0.0

    @property
    def is_damaged(self) -> bool:
        """Whether what was saved can't be read, as after a disk's fault: then all begins anew."""
        return (self._folder / _POINTER).exists() and self._pointer() is None

    def position(self) -> Position:
        """How far the fit had got; the very beginning when nothing was saved."""
        pointer = self._pointer()
        return Position() if pointer is None else Position.model_validate(pointer["position"])

    def is_due(self) -> bool:
        """Whether saving now keeps its share of the time small."""
        return time.monotonic() - self._saved_at > self._cost / _SHARE

    def save(
        self,
        position: Position,
        model: keras.Model,
        optimizer: keras.optimizers.Optimizer | None,
        best: Mapping[int, NDArray[Any]] | None,
    ) -> None:
        """Save everything.

        Args:
            position: how far the fit has got.
            model: the whole model.
            optimizer: its state matters in the middle of a phase.
            best: the best weights of the phase so far, by their place among the model's.

        Raises:
            UserError: the disk is full; the checkpoint before is intact.
        """
        began = time.monotonic()
        old = self._pointer()
        number = 0 if old is None else int(old["number"]) + 1
        arrays = {f"model_{i}": value for i, value in enumerate(model.get_weights())}
        arrays |= {f"seed_{i}": np.asarray(seed) for i, seed in enumerate(_seeds(model))}
        if optimizer is not None:
            for name, variables in _state(optimizer).items():
                arrays |= {f"{name}_{i}": np.asarray(one) for i, one in enumerate(variables)}
        arrays |= {f"best_{i}": value for i, value in (best or {}).items()}
        path = self._file(number)
        write_arrays(path, arrays)
        pointer = {"number": number, "position": position.model_dump()}
        write_atomically(self._folder / _POINTER, json.dumps(pointer))
        if old is not None:
            self._remove(int(old["number"]))
        self._saved_at = time.monotonic()
        self._cost = self._saved_at - began

    def restore(self, model: keras.Model) -> None:
        """Put the saved weights and random states into a model of the same spec."""
        if (pointer := self._pointer()) is not None:
            number = int(pointer["number"])
            model.set_weights(list(self._arrays(number, "model").values()))
            seeds = self._arrays(number, "seed").values()
            for seed, value in zip(_seeds(model), seeds, strict=True):
                seed.assign(value)

    def restore_optimizer(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Put the saved state into a built optimizer of the same phase."""
        if (pointer := self._pointer()) is not None:
            for name, variables in _state(optimizer).items():
                saved = self._arrays(int(pointer["number"]), name).values()
                # Nothing of the scale, where another version or precision has saved it.
                for variable, value in zip(variables, saved, strict=False):
                    variable.assign(value)

    def best(self) -> dict[int, NDArray[Any]] | None:
        """The best weights of the phase under way by their place, if it keeps them."""
        pointer = self._pointer()
        return None if pointer is None else self._arrays(int(pointer["number"]), "best") or None

    def clear(self) -> None:
        """Forget it all: the fit is done."""
        if (pointer := self._pointer()) is not None:
            # The pointer first: one that names nothing could never be gone on from.
            (self._folder / _POINTER).unlink()
            self._remove(int(pointer["number"]))

    def _pointer(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads((self._folder / _POINTER).read_text("utf-8"))
        except (FileNotFoundError, JSONDecodeError):
            return None
        return found if is_zipfile(self._file(int(found["number"]))) else None

    def _arrays(self, number: int, prefix: str) -> dict[int, NDArray[Any]]:
        """What was saved under a name, in its order."""
        with np.load(self._file(number), allow_pickle=False) as stored:
            names = (name.rpartition("_") for name in stored.files)
            places = sorted(int(place) for name, _, place in names if name == prefix)
            return {place: stored[f"{prefix}_{place}"] for place in places}

    def _file(self, number: int) -> Path:
        return self._folder / f"checkpoint-{number}.npz"

    def _remove(self, number: int) -> None:
        with suppress(FileNotFoundError):
            self._file(number).unlink()


def _state(optimizer: keras.optimizers.Optimizer) -> dict[str, list[keras.Variable]]:
    """What an optimizer goes on from, by the names under which it is saved."""
    return {"optimizer": inner_optimizer(optimizer).variables, "scale": loss_scale(optimizer)}


def _seeds(model: keras.Model) -> list[keras.Variable]:
    """The random states of dropout and its like, which are not among the weights."""
    weights = {id(weight) for weight in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
