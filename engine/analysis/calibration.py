"""Whether answers are right as often as they are sure."""

import numpy as np
from numpy.typing import NDArray

from engine.analysis.answers import Array, is_right, sureness
from engine.analysis.reports import Bin, Calibration, Reliability
from engine.blending.temperature import cross_fit_temperature
from engine.competition.findings import TargetKind
from engine.training.scores import row_log_loss

BINS = 15


def reliability(
    targets: Array, predictions: Array, kind: TargetKind, bins: int = BINS
) -> Reliability:
    """Compare confidence and accuracy, bin by bin (Guo et al., 2017).

    An answer is the likeliest class, and its confidence that class's probability; when multilabel,
    every yes or no to a label is an answer. The expected calibration error is the mean distance of
    the bins' confidence and accuracy, each bin weighted by its answers.

    Args:
        targets: hard labels, (rows, 1), (rows, classes) one-hot, or (rows, labels).
        predictions: probabilities of the same shape.
        kind: what a prediction is.
        bins: of equal width, from 0 to 1.

    Returns:
        The bins, lowest confidence first, the error and the log-loss.
    """
    sure = sureness(predictions, kind).astype(np.float64).ravel()
    right = is_right(targets, predictions, kind).ravel()
    # The edges belong to the bin below them, 0 to the first.
    places = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    found = tuple(
        _bin(number / bins, (number + 1) / bins, sure[places == number], right[places == number])
        for number in range(bins)
    )
    gaps = [
        abs(one.confidence - one.accuracy) * one.count
        for one in found
        if one.confidence is not None and one.accuracy is not None
    ]
    return Reliability(
        bins=found,
        error=sum(gaps) / len(sure),
        log_loss=float(row_log_loss(targets, predictions, kind).mean()),
    )


def _bin(lower: float, upper: float, sure: Array, right: NDArray[np.bool_]) -> Bin:
    return Bin(
        lower=lower,
        upper=upper,
        count=len(sure),
        confidence=float(sure.mean()) if len(sure) else None,
        accuracy=float(right.mean()) if len(sure) else None,
    )


def calibration(
    targets: Array, predictions: Array, kind: TargetKind, groups: NDArray[np.integer]
) -> Calibration:
    """Reliability as it is, and after each group is tempered by the others.

    Args:
        targets: hard labels, (rows, 1), (rows, classes) one-hot, or (rows, labels).
        predictions: out-of-fold probabilities of the same shape.
        kind: what a prediction is.
        groups: integers, (rows,): the fold of each row, or parts drawn with the classes in
            proportion.

    Returns:
        Both, and the temperature fitted on all rows.

    Raises:
        ValueError: all rows are of one group.
    """
    tempered = cross_fit_temperature(predictions, targets, kind, groups)
    return Calibration(
        before=reliability(targets, predictions, kind),
        after=reliability(targets, tempered.predictions, kind),
        temperature=tempered.temperature,
    )
