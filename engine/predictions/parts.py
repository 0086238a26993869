"""What is fitted on out-of-fold predictions is fitted on some parts and scored on another."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition
from engine.competition.findings import TargetKind
from engine.competition.folds import known_groups, split
from engine.predictions.stored import SideBySide
from engine.predictions.thresholds import ways_to_fit

_PARTS = 5


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
    if len(np.unique(groups)) < 2:
        groups = np.arange(len(groups))
    return _dealt(competition.targets[found.rows], competition.kind, groups)


def answering_parts(competition: Competition, table: Path) -> NDArray[np.integer]:
    """Parts of all labelled images, by which answers are decided within a fold as on export.

    Args:
        competition: what is true of them.
        table: `folds.csv`, which says what belongs together.

    Returns:
        Integers, (labelled images,); images that belong together are of one. All are of one where
        the metric needs nothing fitted.

    Raises:
        UserError: the table is malformed.
    """
    targets, kind = competition.targets, competition.kind
    if not ways_to_fit(kind, competition.metric, targets.shape[1]):
        return np.zeros(len(targets), np.intp)
    return _dealt(targets, kind, known_groups(competition, table))


def _dealt(
    targets: NDArray[np.floating], kind: TargetKind, groups: NDArray[np.integer]
) -> NDArray[np.integer]:
    count = min(_PARTS, len(np.unique(groups)))
    if count < 2:
        return np.zeros(len(groups), np.intp)
    return split(targets, kind, groups, count, seed=0)
