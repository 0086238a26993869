"""What is fitted on out-of-fold predictions is fitted on some parts and scored on another."""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from engine.competition.competition import Competition
from engine.competition.targets import strata
from engine.predictions.stored import SideBySide

_PARTS = 5


def parts_of(found: SideBySide, competition: Competition) -> NDArray[np.integer]:
    """The folds of the rows; where there is just one fold, parts drawn with equal class shares.

    Args:
        found: predictions of some rows.
        competition: what is true of them.

    Returns:
        Integers, (rows,).
    """
    if len(found.folds) > 1:
        return found.fold_of_row
    classes = strata(competition.targets[found.rows], competition.kind)
    common = np.bincount(classes)[classes] >= _PARTS
    parts = np.arange(len(classes)) % _PARTS
    if common.sum() >= _PARTS:
        splitter = StratifiedKFold(_PARTS, shuffle=True, random_state=0)
        rows = np.flatnonzero(common)
        for part, (_, held_out) in enumerate(splitter.split(rows, classes[rows])):
            parts[rows[held_out]] = part
    return parts
