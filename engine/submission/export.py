"""From an experiment's stored predictions to its submission."""

from collections.abc import Sequence
from os.path import commonpath
from pathlib import Path

import numpy as np

from engine.competition.competition import Competition, load_competition
from engine.competition.folds import known_groups
from engine.competition.hygiene import examine
from engine.errors import UserError
from engine.jobs.workspace import Workspace
from engine.predictions.deciding import Fitted, fit_decision
from engine.predictions.parts import Kinship, parts_of
from engine.predictions.stored import how_to_replace, load_fold, side_by_side
from engine.submission.place import taken
from engine.submission.writer import SubmissionCheck, write_submission


def export_submission(
    folder: Path,
    workspace: Workspace,
    experiment: str,
    folds: Sequence[int],
    path: Path,
    guess: bool = False,
) -> SubmissionCheck:
    """Average the folds' test predictions and write them as the sample wants them.

    Args:
        folder: the competition.
        workspace: where the runs lie.
        experiment: the experiment's id.
        folds: those it has done.
        path: the CSV to write.
        guess: whether test images that can't be read are answered by the class shares.

    Returns:
        What was written, after it was checked.

    Raises:
        UserError: predictions are missing, a test image can't be read and is not to be guessed,
            the CSV is not valid, or the competition has something else in its place.
    """
    competition = load_competition(folder, workspace)
    _refuse_competitions_own(competition, path, experiment)
    if not competition.test_ids:
        raise UserError(
            f"{competition.name} has no test images.",
            "a folder of images to predict.",
            "put them into `test/`, or name the folder in hydra.toml: [competition] test.",
        )
    unreadable = examine(competition, workspace, lambda _done, _total: None).unreadable_test
    found = [load_fold(workspace, experiment, fold, competition) for fold in folds]
    answers = [one.test.astype(np.float64) for one in found]
    if len(answers[0]) != len(competition.test_ids):
        raise UserError(
            f"Experiment {experiment} predicted {len(answers[0])} test images; "
            f"there are {len(competition.test_ids)} now.",
            "the test images it was run with.",
            how_to_replace(experiment),
        )
    mean = np.mean(answers, axis=0)
    came_later = np.isnan(mean).any(axis=1)
    blank = {int(place) for one in found for place in one.blank}
    if any(one.is_dated for one in found):
        blank |= set(unreadable)
    came_later[[place for place in blank if place not in unreadable]] = True
    if came_later.any():
        names = [competition.test_ids[place] for place in np.flatnonzero(came_later)]
        raise UserError(
            f"Experiment {experiment} has not seen {len(names)} of the {len(mean)} test images, "
            f"such as `{names[0]}`: they came later, or could not be read.",
            "the test images it was run with.",
            how_to_replace(experiment),
        )
    fitted = _fitted(competition, workspace, experiment, folds)
    # What was predicted while it could be read stays predicted.
    answered = set(range(len(mean))) - blank
    return write_submission(
        competition, competition.test_ids, mean, path, unreadable, answered, guess, fitted
    )


def _refuse_competitions_own(competition: Competition, path: Path, experiment: str) -> None:
    """The CSV must neither lie among the images, nor be what the competition is read from."""
    root, file = competition.folder.resolve(), path.resolve()
    labelled = {image.parent.resolve() for image in competition.paths}
    test = {image.parent.resolve() for image in competition.test_paths if image is not None}
    rooms = {Path(commonpath(folders)) for folders in (labelled, test) if folders}
    # Images may lie right beside the CSVs.
    among = {one for one in rooms | labelled | test if root in one.parents}
    if among.intersection(file.parents):
        raise taken(f"{file} would lie among the competition's images.", experiment)
    form = competition.submission
    tables = (competition.label_file, form.file if form is not None else None)
    if file.name in tables and root in file.parents:
        raise taken(f"{file} is the competition's own.", experiment)


def _fitted(
    competition: Competition, workspace: Workspace, experiment: str, folds: Sequence[int]
) -> Fitted | None:
    """How probabilities become classes, where the sample asks for those."""
    form = competition.submission
    if form is None or form.answers != "class":
        return None
    found = side_by_side(workspace, [(experiment, folds)], competition)
    return fit_decision(
        competition.targets[found.rows],
        found.validation[0],
        Kinship(
            known_groups(competition, workspace.folds)[found.rows],
            parts_of(found, competition, workspace.folds),
        ),
        competition.kind,
        competition.metric,
        form.is_one_cell,
    )
