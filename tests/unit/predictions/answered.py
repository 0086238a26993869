"""Rows whose plain answers are not the best ones."""

import numpy as np
from numpy.typing import NDArray

from engine.predictions.parts import Kinship

ROWS = 1200

Rows = NDArray[np.floating]


def strangers(parts: NDArray[np.integer]) -> Kinship:
    """Rows none of which belong together, in these parts."""
    return Kinship(np.arange(len(parts)), parts)


def labels(seed: int = 0, common: tuple[float, ...] = (0.05, 0.1, 0.3)) -> tuple[Rows, Rows]:
    """Rare labels, whose calibrated probabilities hardly ever reach 0.5."""
    drawn = np.random.default_rng(seed)
    shares = np.array(common)
    truth = (drawn.random((ROWS, len(shares))) < shares).astype(float)
    logits = np.log(shares / (1 - shares)) + 1.8 * truth - 0.5 + drawn.normal(size=truth.shape)
    return truth, 1 / (1 + np.exp(-logits))


def tags(seed: int = 0) -> tuple[Rows, Rows]:
    """Labels of which most rows have some."""
    return labels(seed, (0.2, 0.4, 0.3, 0.25, 0.35, 0.3))


def classes(shares: list[float], seed: int = 0) -> tuple[Rows, Rows]:
    """Classes of these shares, predicted as one who knows the shares does."""
    drawn = np.random.default_rng(seed)
    truth = np.eye(len(shares))[drawn.choice(len(shares), ROWS, p=shares)]
    odds = np.exp(np.log(shares) + 2 * truth + drawn.normal(size=truth.shape))
    return truth, odds / odds.sum(axis=1, keepdims=True)


def grades(seed: int = 0, rows: int = 6000) -> tuple[Rows, Rows]:
    """Grades in their order, most of them 0, seen through noise."""
    drawn = np.random.default_rng(seed)
    shares = np.array([0.55, 0.1, 0.2, 0.1, 0.05])
    grade = drawn.choice(5, rows, p=shares)
    seen = grade + 0.9 * drawn.normal(size=rows)
    odds = shares * np.exp(-((seen[:, None] - np.arange(5)) ** 2) / 1.6)
    return np.eye(5)[grade], odds / odds.sum(axis=1, keepdims=True)
