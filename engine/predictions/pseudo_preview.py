"""What pseudo-labels would bring, judged by out-of-fold predictions that are as sure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.blending.pseudo_labels import (
    Floats,
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
from engine.experiment.preview import RUNGS
from engine.experiment.spec import PseudoSpec
from engine.jobs.workspace import Workspace
from engine.predictions.stored import side_by_side


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
    for fold, seen in zip(found.folds, found.train_rows, strict=True):
        predicted = found.rows[found.fold_of_row == fold]
        refuse_leak(spec.source, fold, seen, predicted, np.flatnonzero(frozen == fold))
    held_out, kind = found.validation[0], competition.kind
    hygiene = examine(competition, workspace, lambda _done, _total: None)
    able = np.ones(found.tests.shape[2], bool)
    able[list(hygiene.unreadable_test)] = False
    trained_on = np.ones(len(frozen), bool)
    trained_on[list(hygiene.unreadable_training)] = False
    # Training chooses in every fold by what that fold's own fit says.
    each = []
    for fold, tests in zip(found.folds, found.tests[:, 0], strict=True):
        labelled = int((trained_on & (frozen != fold)).sum())
        each.append(_fold(*seen_by_source(able, tests, found.blank), kind, spec, labelled))
    targets = competition.targets[found.rows]
    right = (hardened(held_out, kind) == targets).all(axis=1)
    sure = confidence(held_out, kind)
    least = np.array([one.least for one in each])
    as_sure = sure >= least[np.searchsorted(found.folds, found.fold_of_row)]
    judged = int(as_sure.sum())

    def precision(rows: NDArray[np.bool_]) -> float | None:
        return float(right[rows].mean()) if rows.any() else None

    names = competition.classes[1:] if kind is TargetKind.BINARY else competition.classes
    chosen = np.concatenate([one.targets for one in each])
    means = chosen.mean(axis=0) if len(chosen) else np.zeros(len(names))
    by_fold = [len(one.targets) for one in each]
    return {
        "rows": round(np.mean(by_fold)),
        "by_fold": by_fold,
        "share": float(np.mean([one.share for one in each])),
        "balance": [(name, float(mean)) for name, mean in zip(names, means, strict=True)],
        "precision": precision(as_sure),
        "judged": judged,
        "precision_low": wilson_low(int(right[as_sure].sum()), judged),
        "coverage": [
            (
                threshold,
                round(np.mean([(one.sure >= threshold).sum() for one in each])),
                precision(sure >= threshold),
            )
            for threshold in RUNGS
        ],
    }


@dataclass(frozen=True)
class _Fold:
    """What one fold would be trained on: the chosen images' labels, and how sure all are."""

    targets: NDArray[np.float32]
    share: float
    least: float
    sure: Floats


def _fold(
    able: NDArray[np.bool_], tests: Floats, kind: TargetKind, spec: PseudoSpec, labelled: int
) -> _Fold:
    chosen = choose(tests, kind, spec, labelled, able)
    sure, least = confidence(tests, kind), spec.threshold
    if len(chosen.rows) < (sure[able] >= least).sum():
        # A share caps them: the least sure of those chosen sets the threshold.
        least = float(sure[chosen.rows].min(initial=1.0))
    share = len(chosen.rows) / max(len(chosen.rows) + labelled, 1)
    return _Fold(chosen.targets, share, least, sure[able])


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
