"""Predictions as workers leave them, for experiments that never ran here."""

from collections.abc import Container, Iterable
from pathlib import Path

import numpy as np

from engine.competition.competition import load_competition
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.predictions.subject import SUBJECT, Subject

# The first so many of the garden's pictures are predicted, the others trained on.
HELD_OUT = 4


def predict(root: Path, experiment: str, shift: float, blank: Iterable[int] = ()) -> None:
    """Predictions of one fold of the garden's eight pictures.

    Args:
        root: the workspace.
        experiment: whose.
        shift: how sure they are, from 0 to 1.
        blank: positions of the test images that could not be read then.
    """
    folder = Workspace(root).task(experiment, "fold0")
    folder.mkdir(parents=True, exist_ok=True)
    subject = Subject.of(load_competition(root, Workspace(root)), blank)
    rows = np.arange(HELD_OUT)
    truth = np.array([1, 0, 1, 0], np.float32)[:, None]
    np.savez(
        folder / PREDICTIONS,
        allow_pickle=False,
        train_rows=np.arange(HELD_OUT, 8),
        validation_rows=rows,
        validation=np.clip(0.5 + (truth - 0.5) * shift, 0.01, 0.99),
        test=np.array([[0.97], [0.02], [0.7], [0.55]], np.float32),
        **{SUBJECT: subject.array},
    )


def freeze_folds(root: Path, held_out: Container[int] = range(HELD_OUT)) -> None:
    """Folds in which some of the garden's pictures validate the first one.

    Args:
        root: the workspace.
        held_out: their positions.
    """
    rows = [f"{row + 1},{0 if row in held_out else 1}," for row in range(8)]
    Workspace(root).folds.write_text("\n".join(["id,fold,group", *rows]) + "\n", encoding="utf-8")
