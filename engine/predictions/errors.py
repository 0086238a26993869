"""Where an experiment errs: all analyses of its out-of-fold predictions, as one report."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.analysis.answers import decided
from engine.analysis.calibration import calibration
from engine.analysis.confusion import confusion
from engine.analysis.losses import confident_errors, surest_errors, top_losses
from engine.analysis.mislabelled import likely_mislabelled
from engine.analysis.reports import ErrorAnalysis, RowLoss
from engine.competition.competition import load_competition
from engine.jobs.workspace import Workspace
from engine.predictions.parts import parts_of
from engine.predictions.stored import side_by_side

_TOP = 50
_CONFIDENT = 0.9
# More than a person looks at.
_MOST_CONFIDENT = 200
_IN_A_CELL = _MOST_CONFIDENT


def rows_in_cell(
    data: Path,
    workspace: Workspace,
    experiment: str,
    folds: Sequence[int],
    cell: tuple[str, str, str],
) -> tuple[RowLoss, ...]:
    """The out-of-fold rows of one cell of a confusion matrix.

    Args:
        data: the competition's folder.
        workspace: where the runs lie.
        experiment: its id.
        folds: those it has done.
        cell: the matrix's label, empty over classes; the truth's name; the answer's.

    Returns:
        The largest loss first; no more than a person looks at.

    Raises:
        UserError: its predictions are missing, or the competition can't be loaded.
    """
    competition = load_competition(data, workspace)
    found = side_by_side(workspace, [(experiment, folds)], competition)
    targets, predictions = competition.targets[found.rows], found.validation[0]
    kind, classes = competition.kind, competition.classes
    metric = competition.metric
    named = [decided(targets, kind), decided(predictions, kind, metric)]
    label, truth, answer = cell
    has = [
        values[:, classes.index(label)] == (name == "yes")
        if label
        else values[:, classes.index(name)]
        for values, name in zip(named, (truth, answer), strict=True)
    ]
    inside = np.flatnonzero(has[0] & has[1])
    ids = [competition.ids[row] for row in found.rows[inside]]
    return top_losses(ids, targets[inside], predictions[inside], kind, classes, _IN_A_CELL, metric)


def analyse_errors(
    data: Path, workspace: Workspace, experiment: str, folds: Sequence[int]
) -> ErrorAnalysis:
    """Look at what an experiment predicted of the rows that its fits never saw.

    Args:
        data: the competition's folder.
        workspace: where the runs lie.
        experiment: its id.
        folds: those it has done.

    Returns:
        Confusion, top losses, confident errors, calibration, and labels that may be wrong.

    Raises:
        UserError: its predictions are missing, or the competition can't be loaded.
    """
    competition = load_competition(data, workspace)
    found = side_by_side(workspace, [(experiment, folds)], competition)
    targets, predictions = competition.targets[found.rows], found.validation[0]
    kind, classes, metric = competition.kind, competition.classes, competition.metric
    ids = [competition.ids[row] for row in found.rows]
    paths = {name: path for name, path in zip(competition.ids, competition.paths, strict=True)}
    worst = top_losses(ids, targets, predictions, kind, classes, _TOP, metric)
    suspects = likely_mislabelled(ids, targets, predictions, kind, classes)
    sure = confident_errors(
        ids, targets, predictions, kind, classes, _CONFIDENT, _MOST_CONFIDENT, metric
    )
    shown = {row.id for row in (*worst, *sure)} | {suspect.id for suspect in suspects}
    return ErrorAnalysis(
        experiment=experiment,
        confusion=confusion(targets, predictions, kind, classes, metric),
        top_losses=worst,
        confident_errors=sure,
        confident_count=int(
            (surest_errors(targets, predictions, kind, metric) >= _CONFIDENT).sum()
        ),
        calibration=calibration(
            targets, predictions, kind, parts_of(found, competition, workspace.folds)
        ),
        suspects=suspects,
        images=tuple((name, str(paths[name])) for name in sorted(shown)),
    )
