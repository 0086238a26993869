"""What a blend is made from: several members' predictions of the same rows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.competition.findings import TargetKind
from engine.training.scores import EPSILON

Array = NDArray[np.floating]
# Some rows: their positions, or all of them without a copy.
Rows = NDArray[np.integer] | slice
ALL = slice(None)

# Half precision and rounding to a few decimals leave sums this far from 1.
_SUM_TOLERANCE = 0.02


@dataclass(frozen=True, eq=False)
class Members:
    """Predictions of M members, and what is true.

    Args:
        predictions: probabilities, (M, rows, outputs), each row as predicted by a fit that never
            saw it; the outputs of a multiclass row sum to 1.
        targets: hard labels, (rows, 1), (rows, classes) one-hot, or (rows, labels).
        kind: what a prediction is.
        groups: integers, (rows,): the fold of each row; where there is just one fold, parts of
            its rows, drawn with the classes in proportion.
        tests: probabilities, (fits, M, test rows, outputs): what the members' fits of each group,
            in the order of the groups' numbers, say of the test images; one entry where there is
            just one fold; None where there are no test images.

    Raises:
        ValueError: the shapes don't belong together, or something is not a probability.
    """

    predictions: Array
    targets: Array
    kind: TargetKind
    groups: NDArray[np.integer]
    tests: Array | None = None

    def __post_init__(self) -> None:
        shape = self.predictions.shape
        if len(shape) != 3 or 0 in shape:
            raise ValueError(f"members must be (M, rows, outputs), none of them 0, not {shape}")
        if self.targets.shape != shape[1:] or self.groups.shape != shape[1:2]:
            raise ValueError(f"targets {self.targets.shape}, groups {self.groups.shape}: {shape}")
        for member in self.predictions:
            _check_probabilities(member, self.kind)
        if self.tests is not None:
            self._check_tests(self.tests)

    def _check_tests(self, tests: Array) -> None:
        count, _, outputs = self.predictions.shape
        if tests.ndim != 4 or tests.shape[1] != count or tests.shape[3] != outputs:
            raise ValueError(f"tests must be (fits, {count}, rows, {outputs}), not {tests.shape}")
        if len(tests) not in (1, len(np.unique(self.groups))):
            raise ValueError(f"tests of {len(tests)} fits: neither one nor one for every group")
        for fit in tests:
            for member in fit:
                _check_probabilities(member, self.kind)

    @property
    def count(self) -> int:
        """How many members there are."""
        return len(self.predictions)

    def without(self, member: int) -> "Members":
        """The others, copied.

        Args:
            member: the position of the one to leave out.
        """
        tests = None if self.tests is None else np.delete(self.tests, member, axis=1)
        return replace(self, predictions=np.delete(self.predictions, member, axis=0), tests=tests)


def _check_probabilities(predictions: Array, kind: TargetKind) -> None:
    if predictions.size == 0:
        return
    # A NaN fails both comparisons.
    if not (predictions.min() > -EPSILON * 10 and predictions.max() < 1 + EPSILON * 10):
        raise ValueError("a member predicts something that is no probability")
    if kind is TargetKind.MULTICLASS:
        sums = predictions.sum(axis=1, dtype=np.float64)
        if np.abs(sums - 1).max() > _SUM_TOLERANCE:
            raise ValueError("a member's probabilities of a row's classes don't sum to 1")


def probabilities_of_truth(members: Members, rows: NDArray[np.integer]) -> NDArray[np.float32]:
    """What each member gave to what turned out true, all that the log-loss of a mean depends on.

    A mean of the members gives the truth the same mean of these, so that the log-loss of any
    weighted mean is the mean of `-log(weights @ truth)`: the other classes aren't needed.

    Args:
        members: M members.
        rows: positions of the rows wanted.

    Returns:
        Probabilities, (M, rows), within 1e-7 of 0 and 1; (M, rows x labels) when multilabel.
    """
    targets = members.targets[rows]
    cells = len(rows) if members.kind is TargetKind.MULTICLASS else targets.size
    truth = np.empty((members.count, cells), np.float32)
    classes = targets.argmax(axis=1)
    for found, predictions in zip(truth, members.predictions, strict=True):
        if members.kind is TargetKind.MULTICLASS:
            found[:] = predictions[rows, classes]
        else:
            # p where the label is 1, else 1 - p.
            found[:] = np.abs(predictions[rows] - (1 - targets)).ravel()
    return np.clip(truth, EPSILON, 1 - EPSILON, out=truth)
