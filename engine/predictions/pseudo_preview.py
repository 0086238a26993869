"""What pseudo-labels would bring, judged by out-of-fold predictions that are as sure."""

from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np

from engine.blending.pseudo_labels import (
    choose,
    confidence,
    hardened,
    refuse_leak,
    refuse_ranks,
    seen_by_source,
)
from engine.competition.competition import load_competition
from engine.competition.findings import TargetKind
from engine.competition.folds import frozen_folds
from engine.competition.hygiene import examine
from engine.competition.settings import load_settings
from engine.experiment.compare import TWO_SIDED_95
from engine.experiment.spec import PseudoSpec
from engine.jobs.workspace import Workspace
from engine.predictions.stored import side_by_side

_LADDER = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


def preview(data: Path, workspace: Workspace, folds: Sequence[int], spec: PseudoSpec) -> Any:
    """Count what would be labelled, and how right that would be.

    Args:
        data: the competition's folder.
        workspace: where the runs lie.
        folds: those that the source has done.
        spec: the source and how its predictions are taken.

    Returns:
        Plain values, as `PseudoPreview` takes them.

    Raises:
        UserError: the source's predictions are missing, are ranks, or it was trained on rows that
            the frozen folds hold out.
    """
    competition = load_competition(data, workspace)
    found = side_by_side(workspace, [(spec.source, folds)], competition)
    refuse_ranks(spec.source, found.is_rank)
    settings = load_settings(workspace).folds
    frozen = frozen_folds(competition, workspace.folds, settings.count, settings.seed)
    # What training would refuse is refused before anything is queued.
    for fold, trained_on in zip(found.folds, found.train_rows, strict=True):
        predicted = found.rows[found.fold_of_row == fold]
        refuse_leak(spec.source, fold, trained_on, predicted, np.flatnonzero(frozen == fold))
    tests, held_out = found.tests[:, 0].mean(axis=0), found.validation[0]
    kind = competition.kind
    unreadable = examine(competition, workspace, lambda _done, _total: None).unreadable_test
    able = np.array([row not in unreadable for row in range(len(tests))], dtype=bool)
    able, tests = seen_by_source(able, tests, found.blank)
    # Every run trains on all folds but one, however many of them the source has done.
    labelled = round(np.mean([(frozen != fold).sum() for fold in range(int(frozen.max()) + 1)]))
    chosen = choose(tests, kind, spec, labelled, able)
    targets = competition.targets[found.rows]
    right = (hardened(held_out, kind) == targets).all(axis=1)
    sure, sure_tests = confidence(held_out, kind), confidence(tests, kind)
    least = spec.threshold
    if len(chosen.rows) < (sure_tests[able] >= least).sum():
        # A share caps them: the least sure of those chosen sets the threshold.
        least = float(sure_tests[chosen.rows].min(initial=1.0))

    judged = int((sure >= least).sum())

    def precision(threshold: float) -> float | None:
        mask = sure >= threshold
        return float(right[mask].mean()) if mask.any() else None

    names = competition.classes[1:] if kind is TargetKind.BINARY else competition.classes
    means = chosen.targets.mean(axis=0) if len(chosen.rows) else np.zeros(len(names))
    return {
        "rows": len(chosen.rows),
        "share": len(chosen.rows) / max(len(chosen.rows) + labelled, 1),
        "balance": [(name, float(mean)) for name, mean in zip(names, means, strict=True)],
        "precision": precision(least),
        "judged": judged,
        "precision_low": wilson_low(int(right[sure >= least].sum()), judged),
        "coverage": [
            (threshold, int((sure_tests[able] >= threshold).sum()), precision(threshold))
            for threshold in _LADDER
        ],
    }


def wilson_low(right: int, rows: int) -> float | None:
    """The lower end of a share's 95 % interval (Wilson 1927), which holds also where all are right.

    Args:
        right: how many are.
        rows: of how many.

    Returns:
        The share that is hardly undercut; None of no rows.
    """
    if not rows:
        return None
    share, z = right / rows, TWO_SIDED_95**2 / rows
    middle, reach = share + z / 2, sqrt(z * (share * (1 - share) + z / 4))
    return (middle - reach) / (1 + z)
