"""Which rows are fed in which order, and what is made of the predictions."""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from engine.competition.competition import Competition
from engine.competition.findings import TargetKind
from engine.experiment.augmentation import AugmentationSpec
from engine.experiment.means import mean_scores
from engine.experiment.record import Scores, Status, TaskRecord
from engine.jobs.tasks import status_of
from engine.predictions.scoring import score
from engine.training.augmentation import Augmentation
from engine.training.data import _share
from engine.training.pipeline import (
    Source,
    batches_in,
    ordered_batches,
    ordered_inputs,
    training_batches,
)
from engine.training.scores import (
    accuracy,
    auc,
    mean_average_precision,
    precisions,
    quadratic_kappa,
    row_log_loss,
)

BINARY, MULTICLASS, MULTILABEL = TargetKind.BINARY, TargetKind.MULTICLASS, TargetKind.MULTILABEL
ROWS = np.arange(3, 23)


def source() -> Source:
    """Every image is filled with its own row's number."""
    numbers = np.arange(25, dtype=np.uint8)
    images = np.broadcast_to(numbers[:, None, None, None], (25, 4, 4, 3)).copy()
    return Source(images, numbers[:, None].astype(np.float32))


def fed(batches: Iterable[Any]) -> list[list[int]]:
    found = []
    for images, targets in batches:
        numbers = [int(image[0, 0, 0]) for image in images.numpy()]
        assert numbers == [int(target[0]) for target in targets.numpy()]
        found.append(numbers)
    return found


def epochs(count: int, seed: int = 0, start: tuple[int, int] = (0, 0)) -> list[list[int]]:
    batches = training_batches(source(), ROWS, 8, seed, start)
    return fed(batches.take(3 * count - start[1]))


def test_every_row_once_an_epoch_each_in_another_order() -> None:
    first, second = epochs(2)[:3], epochs(2)[3:]
    for epoch in (first, second):
        assert [len(batch) for batch in epoch] == [8, 8, 4]
        assert sorted(row for batch in epoch for row in batch) == ROWS.tolist()
    assert first != second
    assert batches_in(ROWS, 8) == 3


def test_nothing_is_left_in_the_systems_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    augmentation = Augmentation(AugmentationSpec(brightness=0.1), 0)
    next(iter(training_batches(source(), ROWS, 8, 0, (0, 0), augmentation)))
    next(iter(ordered_batches(source(), ROWS, 8)))
    assert not list(tmp_path.iterdir())


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    whole = epochs(2)
    assert epochs(2) == whole
    assert epochs(1, start=(1, 0)) == whole[3:]
    assert epochs(1, start=(1, 2)) == whole[5:]
    assert epochs(1, seed=1) != whole[:3]


def test_validation_is_in_order_and_as_it_is() -> None:
    rows = np.array([7, 3, 12, 5])
    assert fed(ordered_batches(source(), rows, 3)) == [[7, 3, 12], [5]]


def test_what_is_predicted_is_in_order_too_and_of_floats_in_memory(tmp_path: Path) -> None:
    rows, path = np.array([7, 3, 12, 5]), tmp_path / "images.npy"
    np.save(path, source().inputs)
    mapped = np.load(path, mmap_mode="r")
    batches = list(ordered_inputs((mapped, mapped + 1), rows, 3))
    for place, wanted in enumerate(([[7, 3, 12], [5]], [[8, 4, 13], [6]])):
        images = [batch[place] for batch in batches]
        assert [[int(image[0, 0, 0]) for image in found] for found in images] == wanted
        assert {(type(found), found.dtype) for found in images} == {(np.ndarray, np.dtype("f4"))}


def drawn(kind: TargetKind, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    if kind is MULTICLASS:
        return np.eye(4)[random.integers(0, 4, 200)], random.dirichlet(np.ones(4), 200)
    columns = 1 if kind is BINARY else 3
    return random.integers(0, 2, (200, columns)).astype(float), random.random((200, columns))


@pytest.mark.parametrize("kind", list(TargetKind))
def test_scores_are_scikit_learns(kind: TargetKind) -> None:
    targets, predictions = drawn(kind)
    found = score((targets, predictions), (targets, predictions), kind, "auc")
    if kind is MULTICLASS:
        labels = targets.argmax(1)
        loss = metrics.log_loss(labels, predictions)
        right = metrics.accuracy_score(labels, predictions.argmax(1))
        area = metrics.roc_auc_score(labels, predictions, multi_class="ovr")
    else:
        columns = list(zip(targets.T, predictions.T, strict=True))
        loss = np.mean([metrics.log_loss(t, p) for t, p in columns])
        right = np.mean([metrics.accuracy_score(t, p >= 0.5) for t, p in columns])
        area = np.mean([metrics.roc_auc_score(t, p) for t, p in columns])
    assert found.val_log_loss == pytest.approx(loss)
    assert found.train_log_loss == pytest.approx(loss)
    assert found.val_accuracy == pytest.approx(right)
    assert found.val_auc == found.val_metric == pytest.approx(area)
    rows = row_log_loss(targets, predictions, kind)
    assert found.val_log_loss_error == pytest.approx(rows.std(ddof=1) / np.sqrt(200))


def test_certain_and_wrong_is_finite() -> None:
    assert row_log_loss(np.ones((1, 1)), np.zeros((1, 1)), BINARY)[0] == pytest.approx(
        16.118, abs=0.01
    )
    assert np.isfinite(row_log_loss(np.eye(2), 1 - np.eye(2), MULTICLASS)).all()


def test_no_auc_where_a_class_is_absent() -> None:
    assert auc(np.ones((5, 1)), np.linspace(0, 1, 5)[:, None]) is None
    assert auc(np.eye(3)[[0, 0]], np.full((2, 3), 1 / 3)) is None


def test_the_auc_of_a_fold_without_a_rare_class_is_that_of_the_others() -> None:
    chances = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.4, 0.5, 0.1], [0.2, 0.7, 0.1]])
    truth = np.eye(3)[[0, 1, 0, 1]]
    assert auc(truth, chances) == auc(truth[:, :2], chances[:, :2]) == 1.0


def test_the_true_class_counts_less_the_later_it_is_named() -> None:
    chances = np.array([[0.1, 0.2, 0.3, 0.4]] * 4)
    assert precisions(np.eye(4), chances, 3).tolist() == [0, 1 / 3, 1 / 2, 1]
    assert precisions(np.eye(4), chances, 5).tolist() == [1 / 4, 1 / 3, 1 / 2, 1]
    assert precisions(np.eye(4), np.full((4, 4), np.nan), 5).tolist() == [0, 0, 0, 0]
    # An answer names what is equally likely in the order of the classes.
    equal = np.full((4, 4), 0.25)
    assert precisions(np.eye(4), equal, 3).tolist() == [1, 1 / 2, 1 / 3, 0]
    found = mean_average_precision(np.eye(4), equal, TargetKind.MULTICLASS, 3)
    assert found == pytest.approx((1 + 1 / 2 + 1 / 3) / 4)


def test_grades_that_a_fold_has_not_keep_their_place() -> None:
    """Without grade 2 a miss by two grades is no miss by one."""
    truth, answers = np.array([0, 1, 3, 3, 0, 1]), np.array([0, 1, 3, 1, 1, 1])
    found = quadratic_kappa(np.eye(4)[truth], np.eye(4)[answers], TargetKind.MULTICLASS)
    worth = 1 - np.subtract.outer(np.arange(4), np.arange(4)) ** 2 / 9
    seen = metrics.confusion_matrix(truth, answers, labels=range(4)) / 6
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0))
    expected = ((worth * seen).sum() - (worth * chance).sum()) / (1 - (worth * chance).sum())
    assert found == pytest.approx(expected)


def test_the_figures_to_beat_come_from_the_training_shares() -> None:
    train = np.array([[1.0], [1.0], [1.0], [0.0]])
    targets = np.array([[1.0], [0.0]])
    found = score((train, train), (targets, np.full((2, 1), 0.5)), BINARY, "accuracy")
    assert found.prior_log_loss == pytest.approx(-(np.log(0.75) + np.log(0.25)) / 2)
    assert found.majority_accuracy == 0.5
    assert accuracy(targets, np.full((2, 1), 0.5), BINARY) == 0.5


def made(targets: NDArray[np.float64], kind: TargetKind) -> Competition:
    return cast(Competition, SimpleNamespace(targets=targets, kind=kind))


def test_a_share_of_the_rows_is_stratified_and_its_own_seeds() -> None:
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    rows = np.arange(100)
    competition = made(np.eye(3)[labels], MULTICLASS)
    half = _share(rows, 0.5, competition, seed=0)
    assert np.bincount(labels[half]).tolist() == [30, 15, 5]
    assert (np.diff(half) > 0).all()
    np.testing.assert_array_equal(half, _share(rows, 0.5, competition, seed=0))
    assert not np.array_equal(half, _share(rows, 0.5, competition, seed=1))
    assert _share(rows, 1.0, competition, seed=0) is rows


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.95, 0.99])
def test_a_share_keeps_two_of_every_class_where_there_are(share: float) -> None:
    labels = np.repeat(np.arange(10), [4, 4, 4, 4, 4, 4, 4, 2, 1, 1])
    chosen = _share(np.arange(32), share, made(np.eye(10)[labels], MULTICLASS), seed=0)
    assert (np.bincount(labels[chosen], minlength=10) >= [2] * 8 + [1, 1]).all()
    assert len(chosen) <= 32


def test_a_share_of_unique_label_combinations_is_still_a_share() -> None:
    targets = np.array([[n >> bit & 1 for bit in range(8)] for n in range(200)], float)
    chosen = _share(np.arange(200), 0.25, made(targets, MULTILABEL), seed=0)
    assert len(chosen) == 50


def task(status: Status, **scores: Any) -> TaskRecord:
    return TaskRecord(name="f", fold=0, status=status, scores=Scores(**scores))


def test_folds_are_averaged_by_their_rows() -> None:
    folds = [
        task(Status.DONE, val_log_loss=0.5, val_log_loss_error=0.3, val_rows=30, val_auc=0.5),
        task(Status.DONE, val_log_loss=1.0, val_log_loss_error=0.4, val_rows=10),
        task(Status.RUNNING),
    ]
    mean = mean_scores(folds)
    assert mean.val_log_loss == pytest.approx(0.625)
    assert mean.val_log_loss_error == pytest.approx(((0.75 * 0.3) ** 2 + (0.25 * 0.4) ** 2) ** 0.5)
    assert (mean.val_rows, mean.val_auc) == (40, None)
    assert mean_scores([task(Status.RUNNING)]) == Scores()


Q, R, D, F, S, I = (  # noqa: E741 (a table of initials)
    Status.QUEUED, Status.RUNNING, Status.DONE, Status.FAILED, Status.STOPPED, Status.INTERRUPTED,
)  # fmt: skip


@pytest.mark.parametrize(
    ("tasks", "status"),
    [
        ((Q, Q), Q), ((R, Q), R), ((D, Q), R), ((D, D), D), ((D, F), F), ((F, Q), F), ((F, R), R),
        ((S, D), S), ((I, S), I), ((I, F), F),
    ],
)  # fmt: skip
def test_an_experiment_stands_as_its_tasks_do(tasks: tuple[Status, ...], status: Status) -> None:
    assert status_of([task(each) for each in tasks]) is status
