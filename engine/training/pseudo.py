"""Pseudo-labels of one fold: taken only from fits that never saw its validation rows."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.blending.pseudo_labels import (
    PseudoLabels,
    choose,
    refuse_leak,
    refuse_ranks,
    seen_by_source,
)
from engine.competition.competition import Competition
from engine.errors import UserError
from engine.jobs.tasks import TaskOrder
from engine.jobs.workspace import Workspace
from engine.predictions.stored import load_fold
from engine.training.inputs import Rows


def pseudo_labels(
    order: TaskOrder,
    competition: Competition,
    train_rows: Rows,
    validation_rows: Rows,
    able: NDArray[np.bool_],
) -> PseudoLabels:
    """The test images that a fold is trained on, too.

    Args:
        order: names the source, and the fold.
        competition: what is predicted.
        train_rows: the fold's labelled rows.
        validation_rows: its held-out rows.
        able: whether each test image has pixels, (test images,).

    Returns:
        The images and their labels; none where the spec names no source.

    Raises:
        UserError: the source has not predicted in this fold, predicted ranks or other images, or
            was trained on the rows that are to validate this one.
    """
    spec = order.spec.pseudo
    if not spec.source:
        return PseudoLabels.none(competition.targets.shape[1])
    source = load_fold(Workspace(Path(order.workspace)), spec.source, order.fold, competition)
    refuse_ranks(spec.source, source.is_rank)
    refuse_leak(spec.source, order.fold, source.train_rows, source.rows, validation_rows)
    if source.test.shape != (len(able), competition.targets.shape[1]):
        raise UserError(
            f"Experiment {spec.source} predicted {source.test.shape[0]} test images; there are "
            f"{len(able)} now.",
            "a source that was run on the same test images.",
            f"run the source again: `hydra-tui rerun {spec.source}`.",
        )
    able, test = seen_by_source(able, source.test, source.blank)
    return choose(test, competition.kind, spec, len(train_rows), able)
