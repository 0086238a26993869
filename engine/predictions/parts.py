"""Rows that belong together: scored by what has seen none of them, and counted as one."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition
from engine.competition.findings import TargetKind
from engine.competition.folds import known_folds, known_groups, split
from engine.predictions.stored import SideBySide
from engine.predictions.thresholds import ways_to_fit

_PARTS = 5


@dataclass(frozen=True, eq=False)
class Kinship:
    """What is to be known of some rows before they are scored.

    Args:
        groups: integers, (rows,), equal for images of one patient and copies of one picture: they
            say less than as many that have nothing to do with each other.
        parts: integers, (rows,): what is fitted is scored on a part by a fit on the others.
    """

    groups: NDArray[np.integer]
    parts: NDArray[np.integer]

    def of(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "Kinship":
        """That of some of the rows.

        Args:
            rows: positions, or a mask.
        """
        return Kinship(self.groups[rows], self.parts[rows])


def parts_of(found: SideBySide, competition: Competition, table: Path) -> NDArray[np.integer]:
    """The folds of the rows; where there is just one fold, parts drawn as folds are.

    Who has seen one image of a patient, or one copy of a picture, knows of the others: parts keep
    them together, or what is fitted on some would be scored on what it has seen.

    Args:
        found: predictions of some rows.
        competition: what is true of them.
        table: `folds.csv`, which says what belongs together.

    Returns:
        Integers, (rows,). Where all rows belong together, no part can be kept from the others,
        and rows are dealt one by one.

    Raises:
        UserError: the table is malformed.
    """
    if len(found.folds) > 1:
        return found.fold_of_row
    groups = known_groups(competition, table)[found.rows]
    return _parted(competition.targets[found.rows], competition.kind, groups)


def kinship(competition: Competition, table: Path) -> Kinship:
    """What belongs together among the labelled images.

    Answers are decided within a fold as on export, by parts of that fold that tear no group: dealt
    over all rows, from the same seed, they would be the folds themselves, and leave nothing to fit
    on. All images are of one part where the metric needs nothing fitted.

    Args:
        competition: what is true of them.
        table: `folds.csv`, which says what belongs together.

    Raises:
        UserError: the table is malformed.
    """
    targets, kind = competition.targets, competition.kind
    groups = known_groups(competition, table)
    if not ways_to_fit(kind, competition.metric, targets.shape[1]):
        return Kinship(groups, np.zeros(len(targets), np.intp))
    parts, folds = np.zeros(len(targets), np.intp), known_folds(competition, table)
    for fold in np.unique(folds) if folds is not None else ():
        rows = np.flatnonzero(folds == fold)
        parts[rows] = _parted(targets[rows], kind, groups[rows])
    return Kinship(groups, parts)


def _parted(
    targets: NDArray[np.floating], kind: TargetKind, groups: NDArray[np.integer]
) -> NDArray[np.integer]:
    if len(np.unique(groups)) < 2:
        groups = np.arange(len(groups))
    count = min(_PARTS, len(np.unique(groups)))
    if count < 2:
        return np.zeros(len(groups), np.intp)
    return split(targets, kind, groups, count, seed=0)
