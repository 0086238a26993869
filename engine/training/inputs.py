"""What a model is fed for some rows: images, or a trunk's activations."""

from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]


class Joined:
    """Two arrays, one behind the other, of which only the rows asked for are read.

    Args:
        first: shape (n, ..), often a memory map.
        second: shape (m, ..), of the same type.
    """

    def __init__(self, first: NDArray[np.generic], second: NDArray[np.generic]) -> None:
        self._first, self._second = first, second
        self.shape = (len(first) + len(second), *first.shape[1:])
        self.dtype = first.dtype

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def __getitem__(self, rows: Rows) -> NDArray[np.generic]:
        border = len(self._first)
        if not len(rows) or rows.max() < border:
            return self._first[rows]
        taken = np.empty((len(rows), *self.shape[1:]), self.dtype)
        behind = rows >= border
        taken[~behind] = self._first[rows[~behind]]
        taken[behind] = self._second[rows[behind] - border]
        return taken


Array = NDArray[np.generic]
Number = TypeVar("Number", bound=np.generic)
Inputs = Array | tuple[Array, ...]


def joined(first: NDArray[Number], second: NDArray[Number]) -> NDArray[Number]:
    """Images, or activations, with those of others behind them."""
    # Of an array's interface it has what batches are drawn by.
    return cast(NDArray[Number], Joined(first, second))


def take(inputs: Inputs, rows: Rows) -> Inputs:
    """Some rows of a model's inputs.

    Args:
        inputs: shape (all rows, ..); several for a model of several inputs.
        rows: the rows wanted, shape (n,).

    Returns:
        The same, of n rows, in memory.
    """
    if isinstance(inputs, tuple):
        return tuple(array[rows] for array in inputs)
    return inputs[rows]


@dataclass(frozen=True)
class Bank:
    """Several augmented views of every image, seen once by the trunk.

    Args:
        views: each the trunk's activations of all rows, one array (rows, ..) a tensor.
        seed: the experiment's seed.
    """

    views: tuple[tuple[Array, ...], ...]
    seed: int

    def draw(self, rows: Rows, epoch: int) -> Inputs:
        """One view of each row, which depends on the seed, the epoch and the row alone.

        Args:
            rows: the rows wanted, shape (n,).
            epoch: the epoch over all phases, from 0.

        Returns:
            Inputs of n rows.
        """
        random = np.random.default_rng([self.seed, epoch])
        chosen = random.integers(len(self.views), size=len(self.views[0][0]))[rows]
        return tuple(_mixed(arrays, chosen, rows) for arrays in zip(*self.views, strict=True))


def _mixed(
    arrays: tuple[Array, ...], chosen: NDArray[np.integer], rows: Rows
) -> NDArray[np.generic]:
    """Row by row from the chosen one of several arrays."""
    drawn = np.empty((len(rows), *arrays[0].shape[1:]), arrays[0].dtype)
    for number, array in enumerate(arrays):
        mask = chosen == number
        drawn[mask] = array[rows[mask]]
    return drawn
