"""From an experiment's stored predictions to its submission."""

from pathlib import Path

import numpy as np

from engine.competition.competition import load_competition
from engine.competition.images import decode_images
from engine.errors import UserError
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.submission.writer import SubmissionCheck, write_submission


def export_submission(
    folder: Path, workspace: Workspace, experiment: str, tasks: list[str], size: int, path: Path
) -> SubmissionCheck:
    """Average the folds' test predictions and write them as the sample wants them.

    Args:
        folder: the competition.
        workspace: where the runs lie.
        experiment: the experiment's id.
        tasks: its finished tasks.
        size: the side the images were decoded at, pixels.
        path: the CSV to write.

    Returns:
        What was written, after it was checked.

    Raises:
        UserError: predictions are missing, a test image can't be decoded, the CSV is not valid.
    """
    competition = load_competition(folder, workspace)
    if not competition.test_ids:
        raise UserError(
            f"{competition.name} has no test images.",
            "a folder of images to predict.",
            "put them into `test/`, or name the folder in hydra.toml: [competition] test.",
        )
    decoded = decode_images(
        competition.test_paths, size, workspace.cache, lambda _done, _total: None
    )
    answers = [_test_predictions(workspace, experiment, task) for task in tasks]
    if len(answers[0]) != len(competition.test_ids):
        raise UserError(
            f"Experiment {experiment} predicted {len(answers[0])} test images; "
            f"there are {len(competition.test_ids)} now.",
            "the test images it was run with.",
            f"run it again: `hydra-tui rerun {experiment}`.",
        )
    mean = np.mean(answers, axis=0)
    return write_submission(
        competition, competition.test_ids, mean, path, unreadable=decoded.unreadable
    )


def _test_predictions(workspace: Workspace, experiment: str, task: str) -> np.ndarray:
    path = workspace.task(experiment, task) / PREDICTIONS
    try:
        with np.load(path, allow_pickle=False) as stored:
            return np.asarray(stored["test"], dtype=np.float64)
    except FileNotFoundError:
        raise UserError(
            f"{path} is not there: the predictions of experiment {experiment} are missing.",
            "the files its run left.",
            f"run it again: `hydra-tui rerun {experiment}`.",
        ) from None
