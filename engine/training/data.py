"""What one fold trains on, is validated on, and predicts."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.blending.pseudo_labels import PseudoLabels
from engine.competition.competition import Competition, load_competition
from engine.competition.decoding import MISSING
from engine.competition.depth import white_of
from engine.competition.findings import TargetKind
from engine.competition.folds import frozen_folds
from engine.competition.images import DecodedImages, decode_images
from engine.competition.settings import load_settings
from engine.competition.source import competition_folder
from engine.competition.targets import strata
from engine.errors import UserError
from engine.events.types import Note
from engine.jobs.tasks import TaskOrder
from engine.jobs.workspace import Workspace
from engine.predictions.parts import Kinship, kinship
from engine.training.inputs import Rows
from engine.training.pseudo import pseudo_labels
from engine.training.reporter import Report, progress
from engine.training.stopping import StopSignal


@dataclass(frozen=True)
class FoldData:
    """One fold, decoded.

    Args:
        competition: what is predicted.
        train: the labelled images, (rows, side, side, 3) uint8.
        test: the images to predict, likewise; those without pixels are black.
        train_rows: rows to train on.
        validation_rows: rows held out.
        folds: integers, (rows,): each row's fold, as `folds.csv` has it.
        kin: what belongs together among the labelled images.
        pseudo: test images that are trained on under predicted labels.
    """

    competition: Competition
    train: DecodedImages
    test: DecodedImages
    train_rows: Rows
    validation_rows: Rows
    folds: NDArray[np.integer]
    kin: Kinship
    pseudo: PseudoLabels

    @property
    def blank(self) -> list[int]:
        """Positions of the test images without pixels."""
        paths = self.competition.test_paths
        missing = [place for place, path in enumerate(paths) if path is None]
        return sorted({*missing, *self.test.unreadable})

    @property
    def fitted_rows(self) -> Rows:
        """All rows to train on; test images are counted behind the labelled ones."""
        return np.concatenate([self.train_rows, len(self.competition.ids) + self.pseudo.rows])

    @property
    def targets(self) -> NDArray[np.float32]:
        """Labels of all labelled images, then of the test images; 0 where nobody knows."""
        known = np.asarray(self.competition.targets, np.float32)
        if not len(self.pseudo.rows):
            return known
        predicted = np.zeros((len(self.test.array), known.shape[1]), np.float32)
        predicted[self.pseudo.rows] = self.pseudo.targets
        return np.concatenate([known, predicted])


def load_fold(order: TaskOrder, report: Report, stop: StopSignal) -> FoldData:
    """Recognise, freeze the folds, decode.

    Args:
        order: which fold, of which data, at which size.
        report: is told of progress.
        stop: may stop it between images.

    Returns:
        The fold.

    Raises:
        UserError: the competition can't be used, or has fewer folds.
        StopRequested: it was stopped.
    """
    workspace, spec = Workspace(Path(order.workspace)), order.spec
    competition = load_competition(competition_folder(order.data, workspace), workspace)
    settings = load_settings(workspace).folds
    folds = frozen_folds(competition, workspace.folds, settings.count, settings.seed)
    count = int(folds.max()) + 1
    if order.fold >= count:
        raise UserError(
            f"Fold {order.fold} was asked for, but {workspace.folds.name} has {count} folds.",
            f"folds from 1 to {count} in a spec.",
            f"set folds={count}, or `count` under [folds] in hydra.toml before the first run.",
        )
    brightest = progress(report, "looking for the brightest pixel", stop.check)
    white = white_of(competition, workspace, brightest)
    what = f"decoding images at {spec.image_size} px"
    train = decode_images(
        competition.paths,
        spec.image_size,
        workspace.cache,
        progress(report, what, stop.check),
        white,
    )
    test = decode_images(
        competition.test_paths,
        spec.image_size,
        workspace.cache,
        progress(report, f"{what} (test)", stop.check),
        white,
    )
    if train.unreadable:
        report(Note(text=_left_out(train.unreadable.values())))
    readable = np.ones(len(folds), dtype=bool)
    readable[list(train.unreadable)] = False
    trusted = readable & ~np.isin(competition.ids, spec.leave_out)
    train_rows = np.flatnonzero(trusted & (folds != order.fold))
    train_rows = _share(train_rows, spec.rows, competition, spec.seed)
    validation_rows = np.flatnonzero(readable & (folds == order.fold))
    able = np.array([path is not None for path in competition.test_paths], dtype=bool)
    able[list(test.unreadable)] = False
    pseudo = pseudo_labels(order, competition, train_rows, validation_rows, able)
    if spec.pseudo.source:
        report(Note(text=f"{len(pseudo.rows)} test images are trained on under predicted labels"))
    kin = kinship(competition, workspace.folds)
    return FoldData(competition, train, test, train_rows, validation_rows, folds, kin, pseudo)


def _left_out(reasons: Collection[str]) -> str:
    """How many labelled images have no pixels, and why; at least one has none."""
    absent = sum(reason == MISSING for reason in reasons)
    damaged = len(reasons) - absent
    told = [
        f"{count} {'image' if count == 1 else 'images'} {what}"
        for count, what in (
            (absent, "is missing" if absent == 1 else "are missing"),
            (damaged, "can't be decoded"),
        )
        if count
    ]
    return f"{' and '.join(told)}: left out"


def _share(rows: Rows, share: float, competition: Competition, seed: int) -> Rows:
    """A stratified share of the rows, at least two of each class where there are."""
    if share == 1.0:
        return rows
    classes = strata(competition.targets[rows], competition.kind)
    least = 2
    if competition.kind is TargetKind.MULTILABEL:
        # Combinations of labels are often unique; those too rare for a share are one stratum.
        least = 1
        sizes = np.bincount(classes)
        classes = np.where(sizes[classes] * share < 1, len(sizes), classes)
    random = np.random.default_rng(seed)
    chosen = []
    for stratum in np.unique(classes):
        members = random.permutation(rows[classes == stratum])
        chosen.append(members[: max(round(share * len(members)), least)])
    return np.sort(np.concatenate(chosen))
