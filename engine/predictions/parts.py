"""What is fitted on out-of-fold predictions is fitted on some parts and scored on another."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition
from engine.competition.folds import known_groups, split
from engine.predictions.stored import SideBySide

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
    count = min(_PARTS, len(np.unique(groups)))
    if count < 2:
        return np.zeros(len(groups), np.intp)
    return split(competition.targets[found.rows], competition.kind, groups, count, seed=0)
