"""The test images, as an experiment answers them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition, load_competition
from engine.competition.findings import Exhibit, TargetKind
from engine.jobs.workspace import Workspace
from engine.predictions.stored import load_fold

# A label is told of where it is more likely than not.
_LIKELY = 0.5


def answered(
    folder: Path, workspace: Workspace, experiment: str, folds: Sequence[int], count: int
) -> tuple[Exhibit, ...]:
    """Test images with their answers, those first of which the experiment is least sure.

    Args:
        folder: the competition.
        workspace: where the runs lie.
        experiment: the experiment's id.
        folds: those it has done, whose answers are averaged; none leaves the images unanswered, in
            a shuffled order that is the same every time.
        count: how many, at most.

    Returns:
        The images that are there; each with its answer.

    Raises:
        UserError: the competition can't be loaded, or predictions are missing.
    """
    competition = load_competition(folder, workspace)
    found = [load_fold(workspace, experiment, fold, competition) for fold in folds]
    if not found or any(one.is_rank for one in found):
        order = np.random.default_rng(0).permutation(len(competition.test_ids))
        answers = [""] * len(order)
    else:
        means = np.mean([one.test.astype(np.float64) for one in found], axis=0)
        order = np.argsort(_sureness(means, competition), kind="stable")
        answers = [_told(row, competition) for row in means]
    shown = [int(place) for place in order if competition.test_paths[place] is not None]
    return tuple(
        Exhibit(
            id=competition.test_ids[place],
            path=str(competition.test_paths[place]),
            answer=answers[place],
        )
        for place in shown[:count]
    )


def _sureness(means: NDArray[np.float64], competition: Competition) -> NDArray[np.float64]:
    """How far an answer is from tossing a coin, or of several labels the nearest one."""
    if competition.kind is TargetKind.MULTICLASS:
        return np.asarray(means.max(axis=1))
    return np.asarray(abs(means - _LIKELY).min(axis=1))


def _told(row: NDArray[np.float64], competition: Competition) -> str:
    if np.isnan(row).any():
        return "not seen"
    if competition.kind is TargetKind.BINARY:
        row = np.array([1 - row[0], row[0]])
    elif competition.kind is TargetKind.MULTILABEL:
        likely = [
            f"{name} {share:.0%}"
            for name, share in zip(competition.classes, row, strict=True)
            if share > _LIKELY
        ]
        return ", ".join(likely) or "none"
    best = int(row.argmax())
    return f"{competition.classes[best]} {row[best]:.0%}"
