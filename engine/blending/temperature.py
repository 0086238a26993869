"""Temperature: how much surer, or less sure, predictions should be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from engine.blending.logits import from_logits, logits
from engine.blending.members import ALL, Array, Rows
from engine.competition.findings import TargetKind
from engine.training.scores import EPSILON

# Natural logarithms of the temperatures looked at: a twentieth to twenty.
_RANGE = (-3.0, 3.0)


@dataclass(frozen=True, eq=False)
class Tempered:
    """Predictions at the temperature that suits them.

    Args:
        predictions: probabilities, (rows, outputs): each row at the temperature fitted on the
            other groups.
        temperature: that fitted on all rows, for images that no row shows.
        by_group: that fitted on the other groups, of each group in the order of their numbers: for
            what a group's fits say of images, and must not tell of its own rows.
    """

    predictions: NDArray[np.float64]
    temperature: float
    by_group: tuple[float, ...]


def apply_temperature(
    predictions: Array, temperature: float, kind: TargetKind
) -> NDArray[np.float64]:
    """Divide the logits of predictions by a temperature.

    Args:
        predictions: probabilities, (rows, outputs).
        temperature: above 1 makes them less sure, below 1 surer.
        kind: what a prediction is.

    Returns:
        Probabilities of the same shape, which rank the classes as before.
    """
    return from_logits(logits(predictions, kind) / temperature, kind)


def fit_temperature(predictions: Array, targets: Array, kind: TargetKind) -> float:
    """The temperature with the smallest log-loss (Guo et al., 2017).

    Args:
        predictions: probabilities, (rows, outputs), of rows that their fits never saw.
        targets: hard labels of the same shape.
        kind: what a prediction is.

    Returns:
        A temperature between 0.05 and 20.
    """
    log_loss = _log_loss_of(predictions, targets, kind)
    # It is convex in the inverse, and so has one valley in the logarithm too.
    found = minimize_scalar(
        lambda log: log_loss(float(np.exp(log))),
        bounds=_RANGE,
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(np.exp(found.x))


def _log_loss_of(predictions: Array, targets: Array, kind: TargetKind) -> Callable[[float], float]:
    """The log-loss at a temperature, as every fit is scored.

    By how far the logits lie above that of the truth, which is found once: a look at a temperature
    is then a third of what tempering and scoring takes.
    """
    values = logits(predictions, kind)
    if kind is TargetKind.MULTICLASS:
        above = values - (values * targets).sum(axis=1, keepdims=True)
    else:
        above = np.where(targets > 0.5, -values, values)

    def log_loss(temperature: float) -> float:
        odds = np.exp(above / temperature)
        losses = np.log(odds.sum(axis=1)) if kind is TargetKind.MULTICLASS else np.log1p(odds)
        return float(np.clip(losses, -np.log(1 - EPSILON), -np.log(EPSILON)).mean())

    return log_loss


def temper_groups(
    predictions: Array,
    targets: Array,
    kind: TargetKind,
    groups: NDArray[np.integer],
    others: Sequence[Array] | None = None,
    most_rows: int | None = None,
) -> tuple[NDArray[np.float64], tuple[float, ...]]:
    """Temper every group by the temperature of the others.

    Args:
        predictions: out-of-fold probabilities, (rows, outputs).
        targets: hard labels of the same shape.
        kind: what a prediction is.
        groups: integers, (rows,): the fold of each row, or parts drawn with the classes in
            proportion.
        others: for each group, predictions of the other rows that nothing of the group has
            fitted; by default those of `predictions`, where nothing was fitted to blend them.
        most_rows: by how many rows a temperature is fitted at most, drawn evenly and the same for
            all predictions of the same rows; by default by all.

    Returns:
        Probabilities, (rows, outputs): each row at the temperature fitted on the other groups;
        and these temperatures, of each group in the order of their numbers.

    Raises:
        ValueError: all rows are of one group.
    """
    if len(np.unique(groups)) < 2:
        raise ValueError("a temperature is fitted on other groups, and there is only one")
    tempered, temperatures = np.empty(predictions.shape), []
    for number, group in enumerate(np.unique(groups)):
        inside = groups == group
        outside = np.flatnonzero(~inside)
        drawn: Rows = ALL
        if most_rows is not None and most_rows < len(outside):
            # By chance, for rows may come class by class, or in turns.
            drawn = np.random.default_rng(0).choice(len(outside), most_rows, replace=False)
        some = outside[drawn]
        known = predictions[some] if others is None else others[number][drawn]
        temperatures.append(fit_temperature(known, targets[some], kind))
        tempered[inside] = apply_temperature(predictions[inside], temperatures[-1], kind)
    return tempered, tuple(temperatures)


def cross_fit_temperature(
    predictions: Array,
    targets: Array,
    kind: TargetKind,
    groups: NDArray[np.integer],
    others: Sequence[Array] | None = None,
) -> Tempered:
    """Temper every group by the temperature of the others, and find that of all rows.

    Args:
        predictions: out-of-fold probabilities, (rows, outputs).
        targets: hard labels of the same shape.
        kind: what a prediction is.
        groups: as `temper_groups` takes them.
        others: as `temper_groups` takes them.

    Returns:
        Tempered predictions, the temperature of all rows, and those without each group.

    Raises:
        ValueError: all rows are of one group.
    """
    tempered, by_group = temper_groups(predictions, targets, kind, groups, others)
    return Tempered(tempered, fit_temperature(predictions, targets, kind), by_group)
