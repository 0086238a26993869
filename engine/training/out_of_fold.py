"""Out-of-fold predictions: every row as predicted by the one fit that never saw it."""

import csv
import io
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition
from engine.competition.findings import TargetKind
from engine.competition.locks import exclusive
from engine.errors import UserError
from engine.files import write_atomically
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.predictions.stored import read_predictions

OUT_OF_FOLD = "out_of_fold.csv"


def write_out_of_fold(
    workspace: Workspace, experiment: str, competition: Competition, folds: NDArray[np.integer]
) -> Path:
    """Gather the held-out predictions of the folds that are done; called as each of them ends.

    Args:
        workspace: where the runs lie.
        experiment: the experiment's id.
        competition: whose rows were predicted.
        folds: integers, (rows,): each row's fold, as `folds.csv` has it.

    Returns:
        The table, in the run's folder: id, fold and one column an output, a row for every row
        of the competition, in its order; cells are empty while a row's fold is not done.

    Raises:
        UserError: the disk is full.
    """
    with exclusive(workspace.locks / f"out-of-fold-{experiment}.lock"):
        return gather_out_of_fold(workspace.runs / experiment, competition, folds)


def gather_out_of_fold(run: Path, competition: Competition, folds: NDArray[np.integer]) -> Path:
    """The same of a run that nobody else writes to.

    Args:
        run: its folder.
        competition: whose rows were predicted.
        folds: integers, (rows,): each row's fold; below 0 where that is not known, of rows that
            are not predicted.

    Raises:
        UserError: the disk is full.
    """
    path = run / OUT_OF_FOLD
    write_atomically(path, _table(competition, folds, _gathered(run, competition)))
    return path


def _gathered(run: Path, competition: Competition) -> NDArray[np.float32]:
    """(rows, outputs), NaN where nobody has predicted yet."""
    gathered = np.full(competition.targets.shape, np.nan, np.float32)
    for file in sorted(run.glob(f"*/{PREDICTIONS}")):
        # A competition that has changed since then is another's affair.
        with suppress(UserError):
            found = read_predictions(file, run.name, competition)
            gathered[found.rows] = found.validation
    return gathered


def _table(
    competition: Competition, folds: NDArray[np.integer], predictions: NDArray[np.float32]
) -> str:
    is_binary = competition.kind is TargetKind.BINARY
    outputs = competition.classes[1:] if is_binary else competition.classes
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "fold", *outputs])
    for name, fold, row in zip(competition.ids, folds, predictions, strict=True):
        cells = ["" if np.isnan(value) else f"{value:.7g}" for value in row]
        writer.writerow([name, int(fold) if fold >= 0 else "", *cells])
    return text.getvalue()
