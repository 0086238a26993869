"""Competitions whose folds are frozen, with predictions of them that no network made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition, load_competition
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.predictions.subject import SUBJECT, Subject
from engine.training.arrays import write_arrays
from tests.unit.competition.builders import pictures, table


@dataclass(frozen=True)
class Folded:
    """A competition in its own workspace, and the fold of every row."""

    root: Path
    folds: NDArray[np.integer]

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @property
    def competition(self) -> Competition:
        return load_competition(self.root, self.workspace)

    def label(self, labels: Sequence[str]) -> None:
        """Write the label file, anew where there is one."""
        rows = (f"{row}.png,{label}" for row, label in enumerate(labels))
        table(self.root / "train.csv", "id,kind", *rows)

    def predict(self, experiment: str, folds: Iterable[int], noise: float = 1.0) -> None:
        """Have predicted the rows of some folds, and every test image, noisily."""
        competition, random = self.competition, np.random.default_rng(int(experiment))
        outputs = competition.targets.shape[1]
        for fold in folds:
            folder = self.workspace.task(experiment, f"fold{fold}")
            folder.mkdir(parents=True)
            held_out = np.flatnonzero(self.folds == fold)
            told = 2 * competition.targets[held_out]
            arrays: dict[str, NDArray[np.generic]] = {
                "train_rows": np.flatnonzero(self.folds != fold),
                "validation_rows": held_out,
                "validation": _shares(told + noise * random.normal(size=told.shape)),
                "test": _shares(random.normal(size=(len(competition.test_ids), outputs))),
                SUBJECT: Subject.of(competition, ()).array,
            }
            write_arrays(folder / PREDICTIONS, arrays)


def folded(
    root: Path,
    labels: Sequence[str],
    test: int = 0,
    count: int = 2,
    groups: Sequence[str] | None = None,
) -> Folded:
    """Write a competition, and its folds, in which rows of one group share a fold.

    Args:
        root: its folder.
        labels: one a row.
        test: how many images are to be predicted.
        count: of folds.
        groups: one a row, empty where a row is alone; by default all are.
    """
    names = groups or [""] * len(labels)
    numbers = {group: number for number, group in enumerate(dict.fromkeys(names))}
    folds = (
        np.arange(len(labels)) % count
        if groups is None
        else np.array(
            [numbers[group] % count if group else row % count for row, group in enumerate(names)]
        )
    )
    pictures(root / "train", [f"{row}.png" for row in range(len(labels))])
    if test:
        pictures(root / "test", [f"t{row}.png" for row in range(test)], first_seed=5000)
    place = Folded(root, folds)
    place.label(labels)
    rows = (f"{row}.png,{folds[row]},{group}" for row, group in enumerate(names))
    table(place.workspace.folds, "id,fold,group", *rows)
    return place


def _shares(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    if logits.shape[1] == 1:
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)
    powers = np.exp(logits)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
