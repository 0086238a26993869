"""The stored predictions of finished experiments, fold by fold and side by side."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.competition.competition import Competition
from engine.errors import UserError
from engine.jobs.tasks import PREDICTIONS
from engine.jobs.workspace import Workspace
from engine.predictions.subject import SUBJECT, Subject, places

Floats = NDArray[np.floating]
Rows = NDArray[np.integer]


@dataclass(frozen=True)
class FoldPredictions:
    """What one fit predicted.

    Args:
        train_rows: the labelled rows it was trained on.
        rows: the held-out rows it predicted, shape (n,), in ascending order.
        validation: of those, float32, (n, outputs).
        test: of the test images, float32, (test images, outputs); NaN where it saw none.
        blank: the test images that had no pixels when it predicted them.
        is_rank: whether these are mean ranks, which tell an order and no probability.
        is_dated: whether an older program left them, which does not say what had no pixels.
    """

    train_rows: Rows
    rows: Rows
    validation: Floats
    test: Floats
    blank: Rows
    is_rank: bool = False
    is_dated: bool = False


@dataclass(frozen=True)
class SideBySide:
    """Several experiments on the rows that all of them predicted.

    Args:
        folds: the folds that all have done, in order.
        rows: the held-out rows of those folds, fold by fold, (n,).
        fold_of_row: which fold each of them is of, (n,).
        validation: float32, (experiments, n, outputs).
        tests: float32, (folds, experiments, test images, outputs).
        train_rows: for each fold, all rows that any of the experiments was trained on there.
        blank: the test images that had no pixels when any of them predicted.
        is_rank: whether what any of them predicted are mean ranks.
    """

    folds: tuple[int, ...]
    rows: Rows
    fold_of_row: Rows
    validation: Floats
    tests: Floats
    train_rows: tuple[Rows, ...]
    blank: Rows
    is_rank: bool


def task_of(fold: int) -> str:
    """The name of a fold's task."""
    return f"fold{fold}"


def how_to_replace(experiment: str) -> str:
    """What helps where the files that a run left are gone: another run has an id of its own.

    Args:
        experiment: its id.
    """
    return (
        f"run experiment {experiment} again, and use the new run in its place: "
        f"`hydra-tui rerun {experiment}`."
    )


def load_fold(
    workspace: Workspace, experiment: str, fold: int, competition: Competition
) -> FoldPredictions:
    """What an experiment's fit of one fold predicted, of the competition as it is now.

    Args:
        workspace: where the runs lie.
        experiment: its id.
        fold: which.
        competition: what rows and outputs are counted by; images that are gone are left out.

    Raises:
        UserError: the file is missing, or is of other images or classes.
    """
    path = workspace.task(experiment, task_of(fold)) / PREDICTIONS
    return read_predictions(path, experiment, competition)


def read_predictions(path: Path, experiment: str, competition: Competition) -> FoldPredictions:
    """As `load_fold`, of any file of predictions.

    Args:
        path: the file.
        experiment: whose it is.
        competition: what rows and outputs are counted by.

    Raises:
        UserError: the file is missing, or is of other images or classes.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = FoldPredictions(
                stored["train_rows"], stored["validation_rows"], stored["validation"],
                stored["test"], np.array([], np.intp), is_dated=True,
            )  # fmt: skip
            # Older files say nothing of what they are of.
            subject = Subject.read(stored[SUBJECT]) if SUBJECT in stored.files else None
    except FileNotFoundError:
        raise UserError(
            f"{path} is not there: the predictions of experiment {experiment} are missing.",
            "the files its run left.",
            how_to_replace(experiment),
        ) from None
    if subject is not None:
        return _as_of_now(found, subject, experiment, competition)
    if np.concatenate([found.rows, found.train_rows]).max(initial=-1) >= len(competition.ids):
        raise UserError(
            f"Experiment {experiment} was run on more images than there are now.",
            "the images it was run on.",
            how_to_replace(experiment),
        )
    return found


def outputs_of(
    workspace: Workspace, experiment: str, fold: int, competition: Competition
) -> tuple[str, ...]:
    """The classes in the order of the outputs of a fit's network, which stays as it was trained.

    Args:
        workspace: where the runs lie.
        experiment: its id.
        fold: which.
        competition: whose classes they are where nothing else was noted.
    """
    with (
        suppress(FileNotFoundError),
        np.load(workspace.task(experiment, task_of(fold)) / PREDICTIONS) as stored,
    ):
        if SUBJECT in stored.files:
            return Subject.read(stored[SUBJECT]).classes
    return competition.classes


def _as_of_now(
    found: FoldPredictions, subject: Subject, experiment: str, competition: Competition
) -> FoldPredictions:
    outputs = competition.targets.shape[1]
    if not subject.has_classes_of(competition) or found.validation.shape[1] != outputs:
        raise UserError(
            f"Experiment {experiment} predicted {', '.join(subject.classes)}; "
            f"the competition has {', '.join(competition.classes)} now.",
            "the classes it was trained for.",
            how_to_replace(experiment),
        )
    if subject.kind not in (None, competition.kind):
        raise UserError(
            f"Experiment {experiment} predicted {subject.kind} targets; the competition's are "
            f"{competition.kind} now.",
            "the kind of target it was trained for; `target` in hydra.toml sets it.",
            how_to_replace(experiment),
        )
    rows = places(subject.ids, competition.ids)
    held_out, trained = rows[found.rows], rows[found.train_rows]
    order = np.argsort(held_out)[np.count_nonzero(held_out < 0) :]
    if len(found.rows) and not len(order):
        raise UserError(
            f"None of the images that experiment {experiment} was judged by is there now.",
            "the images it was run on.",
            how_to_replace(experiment),
        )
    test = np.full((len(competition.test_ids), outputs), np.nan, np.float32)
    of_test = places(competition.test_ids, subject.test_ids)
    test[of_test >= 0] = subject.columns(found.test, competition)[of_test[of_test >= 0]]
    blank = places(subject.blank, competition.test_ids)
    return FoldPredictions(
        train_rows=np.sort(trained[trained >= 0]),
        rows=held_out[order],
        validation=subject.columns(found.validation, competition)[order],
        test=test,
        blank=blank[blank >= 0],
        is_rank=subject.is_rank,
    )


def side_by_side(
    workspace: Workspace,
    experiments: Sequence[tuple[str, Sequence[int]]],
    competition: Competition,
) -> SideBySide:
    """Put experiments beside each other on the folds that all of them have done.

    Args:
        workspace: where the runs lie.
        experiments: each one's id and the folds it has done.
        competition: what rows and outputs are counted by.

    Returns:
        Their predictions of the same rows.

    Raises:
        UserError: they have no fold in common, were run on different folds or images, or the
            predictions of one are missing.
    """
    names = [name for name, _ in experiments]
    common = sorted(set.intersection(*(set(folds) for _, folds in experiments)))
    if not common:
        told = "; ".join(f"{name}: {_told(folds)}" for name, folds in experiments)
        raise UserError(
            f"Experiments {', '.join(names)} have no fold in common ({told}).",
            "experiments that predicted the same held-out rows.",
            "run them on the same number of folds: `--folds 5`.",
        )
    by_fold = [[load_fold(workspace, name, fold, competition) for name in names] for fold in common]
    for fold, found in zip(common, by_fold, strict=True):
        _refuse_strangers(names, found, fold)
    return SideBySide(
        folds=tuple(common),
        rows=np.concatenate([found[0].rows for found in by_fold]),
        fold_of_row=np.concatenate(
            [np.full(len(found[0].rows), fold) for fold, found in zip(common, by_fold, strict=True)]
        ),
        validation=np.stack(
            [
                np.concatenate([found[place].validation for found in by_fold])
                for place in range(len(names))
            ]
        ),
        tests=np.stack([np.stack([one.test for one in found]) for found in by_fold]),
        train_rows=tuple(
            np.unique(np.concatenate([one.train_rows for one in found])) for found in by_fold
        ),
        blank=np.unique(np.concatenate([one.blank for found in by_fold for one in found])),
        is_rank=any(one.is_rank for found in by_fold for one in found),
    )


def _refuse_strangers(names: Sequence[str], found: Sequence[FoldPredictions], fold: int) -> None:
    """Folds may have been drawn anew, and images added, between two experiments."""
    first = found[0]
    for name, one in zip(names[1:], found[1:], strict=True):
        same_rows = np.array_equal(one.rows, first.rows)
        if not same_rows or one.test.shape != first.test.shape:
            raise UserError(
                f"Experiments {names[0]} and {name} did not predict the same "
                f"{'test images' if same_rows else f'rows in fold {fold}'}.",
                "experiments of one folds.csv and one set of images.",
                f"run the older one again: `hydra-tui rerun {min(names[0], name, key=int)}`.",
            )


def _told(folds: Sequence[int]) -> str:
    return "folds " + ", ".join(map(str, sorted(folds))) if folds else "none done"
