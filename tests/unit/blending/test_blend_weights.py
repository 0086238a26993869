"""Weights that are fitted: of the smallest log-loss, and of ensemble selection."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.blending.averages import weighted_mean
from engine.blending.members import Array, Members, probabilities_of_truth
from engine.blending.metrics import loss, measure
from engine.blending.selection import select
from engine.blending.weighting import log_loss_weights
from engine.competition.findings import MetricName, TargetKind
from engine.training.scores import row_log_loss
from tests.unit.blending.drawing import drawn

KINDS = pytest.mark.parametrize("kind", list(TargetKind))


def all_rows(members: Members) -> NDArray[np.intp]:
    return np.arange(len(members.targets))


def loss_of(members: Members, weights: NDArray[np.float64], metric: MetricName) -> float:
    return loss(metric, members.targets, weighted_mean(members.predictions, weights), members.kind)


@KINDS
def test_noise_gets_no_weight(kind: TargetKind) -> None:
    members = drawn(kind, [2, 0])
    # Sure of itself and always wrong by chance.
    members.predictions[1] = drawn(kind, [2], seed=1).predictions[0]
    for weights in (
        log_loss_weights(members, all_rows(members)),
        select(members, all_rows(members)),
    ):
        assert weights.sum() == pytest.approx(1)
        assert weights[1] < 0.05


@KINDS
def test_two_alike_that_err_apart_share_alike(kind: TargetKind) -> None:
    members = drawn(kind, [1.5, 1.5], rows=4000)
    for weights in (
        log_loss_weights(members, all_rows(members)),
        select(members, all_rows(members)),
    ):
        assert weights == pytest.approx([0.5, 0.5], abs=0.08)


@KINDS
def test_no_weights_have_a_smaller_log_loss(kind: TargetKind) -> None:
    members = drawn(kind, np.linspace(0.2, 2, 8).tolist(), rows=500)
    weights = log_loss_weights(members, all_rows(members))
    truth = probabilities_of_truth(members, all_rows(members)).astype(float)
    # Of a convex function on the simplex: what is still to be gained, at most.
    gap = (truth / (weights @ truth)).mean(axis=1).max() - 1
    assert 0 <= gap < 1e-4
    assert weights.min() >= 0


@KINDS
@pytest.mark.parametrize("objective", ["log_loss", "accuracy", "macro_f1"])
def test_a_selection_is_never_worse_than_the_best_single(
    kind: TargetKind, objective: MetricName
) -> None:
    for seed in range(4):
        members = drawn(kind, [0.1, 1.2, 0.4, 1, 1.1, 0.7, 0.2], rows=60, seed=seed)
        weights = select(members, all_rows(members), objective, steps=12, bags=3)
        best = min(loss_of(members, single, objective) for single in np.eye(members.count))
        assert loss_of(members, weights, objective) <= best + 1e-7
        assert weights.sum() == pytest.approx(1)


@KINDS
def test_the_fast_selection_is_the_plain_one(kind: TargetKind) -> None:
    members = drawn(kind, [0.5, 1, 1.1, 1.2, 0.9], rows=400)
    predictions = members.predictions.astype(float)

    def log_loss(blend: NDArray[np.float64]) -> float:
        return float(row_log_loss(members.targets, blend, kind).mean())

    total, chosen, path = np.zeros(members.targets.shape), [], []
    for size in range(1, 31):
        losses = [log_loss((total + member) / size) for member in predictions]
        chosen.append(int(np.argmin(losses)))
        total += predictions[chosen[-1]]
        path.append(min(losses))
    counts = np.bincount(chosen[: int(np.argmin(path)) + 1], minlength=members.count)
    found = select(members, all_rows(members), steps=30)
    assert found == pytest.approx(counts / counts.sum(), abs=1e-9)


def test_a_selection_for_auc_has_the_better_auc() -> None:
    members = drawn(TargetKind.BINARY, [1, 1.1, 0.9], rows=300)
    # The right order at the wrong height: the log-loss shuns it, AUC doesn't mind.
    members.predictions[1] = members.predictions[1] ** 6
    by_auc, by_log_loss = (
        loss_of(members, select(members, all_rows(members), objective, steps=30), "auc")
        for objective in ("auc", "log_loss")
    )
    assert by_auc < by_log_loss


def test_of_members_that_rank_alike_the_log_loss_chooses() -> None:
    members = drawn(TargetKind.BINARY, [1, 1], rows=100)
    members.predictions[1] = members.predictions[0]
    members.predictions[0] = members.predictions[1] ** 6
    assert select(members, all_rows(members), "auc", steps=12).argmax() == 1


def test_by_a_metric_some_of_many_rows_tell_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scoring every candidate of every step on all of them took minutes."""
    members = drawn(TargetKind.BINARY, [1, 1.1, 0.9], rows=6000)
    rows = []

    def noting(
        metric: MetricName, targets: Array, predictions: Array, kind: TargetKind
    ) -> float | None:
        rows.append(len(targets))
        return measure(metric, targets, predictions, kind)

    monkeypatch.setattr("engine.blending.selection.measure", noting)
    weights = select(members, all_rows(members), "auc", steps=12)
    assert set(rows) == {5000}
    assert loss_of(members, weights, "auc") < loss_of(members, np.array([0, 1, 0]), "auc")
    np.testing.assert_array_equal(weights, select(members, all_rows(members), "auc", steps=12))


def test_bags_are_drawn_by_the_seed() -> None:
    members = drawn(TargetKind.BINARY, np.linspace(0.5, 1.5, 12).tolist(), rows=200)
    first, again, other = (
        select(members, all_rows(members), bags=2, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("objective", ["auc", "quadratic_kappa"])
def test_on_rows_of_one_class_the_log_loss_chooses(objective: MetricName) -> None:
    members = drawn(TargetKind.BINARY, [1, 2], rows=50)
    # All of them answered alike, as the other class' rows might be.
    members.predictions[:] = 0.5 + members.predictions / 2
    rows = np.flatnonzero(members.targets[:, 0] == 1)
    weights = select(members, rows, objective, steps=8)
    best = min(row_log_loss(members.targets[rows], one[rows], members.kind).mean()
               for one in members.predictions)  # fmt: skip
    blend = weighted_mean(members.predictions, weights, rows)
    assert row_log_loss(members.targets[rows], blend, members.kind).mean() <= best + 1e-7
