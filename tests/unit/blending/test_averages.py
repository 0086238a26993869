"""Averages of members, with answers worked out by hand."""

import numpy as np
import pytest
from scipy.stats import gmean

from engine.blending.averages import geometric, mean, rank, weighted_mean
from engine.competition.findings import TargetKind
from engine.training.scores import auc
from tests.unit.blending.drawing import drawn

BINARY, MULTICLASS, MULTILABEL = TargetKind.BINARY, TargetKind.MULTICLASS, TargetKind.MULTILABEL
KINDS = pytest.mark.parametrize("kind", list(TargetKind))


@KINDS
def test_means_are_numpys(kind: TargetKind) -> None:
    members = drawn(kind, [1, 2, 0])
    weights = np.array([0.5, 0.2, 0.3])
    rows = np.array([7, 3, 900])
    expected = np.average(members.predictions, axis=0, weights=weights)
    np.testing.assert_allclose(mean(members.predictions), members.predictions.mean(0), rtol=1e-5)
    np.testing.assert_allclose(
        weighted_mean(members.predictions, weights, rows), expected[rows], rtol=1e-6
    )


@KINDS
def test_the_geometric_mean_of_the_same_is_the_same(kind: TargetKind) -> None:
    (member,) = drawn(kind, [1.5]).predictions
    np.testing.assert_allclose(geometric(np.array([member] * 3), kind), member, rtol=1e-5)


def test_the_geometric_mean_of_classes_is_renormalised() -> None:
    members = drawn(MULTICLASS, [1, 2])
    expected = gmean(members.predictions.astype(float), axis=0)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(geometric(members.predictions, MULTICLASS), expected, rtol=1e-6)


@pytest.mark.parametrize("kind", [BINARY, MULTILABEL])
def test_the_geometric_mean_of_odds(kind: TargetKind) -> None:
    predictions = np.array([[[0.5]], [[0.8]]])
    # Odds of 1 and 4: their geometric mean is 2.
    assert geometric(predictions, kind)[0, 0] == pytest.approx(2 / 3)
    assert geometric(1 - predictions, kind)[0, 0] == pytest.approx(1 / 3)


def test_ranks_go_from_0_to_1_and_equals_share_theirs() -> None:
    predictions = np.array([[[0.2], [0.9], [0.4], [0.4]], [[0.1], [0.2], [0.3], [0.4]]])
    expected = np.mean([[0, 1, 0.5, 0.5], [0, 1 / 3, 2 / 3, 1]], axis=0)
    np.testing.assert_allclose(rank(predictions, BINARY)[:, 0], expected)
    assert rank(predictions[:, :1], BINARY).tolist() == [[0]]


def test_ranks_don_t_mind_how_sure_a_member_is() -> None:
    members = drawn(BINARY, [1, 1])
    predictions = members.predictions.copy()
    predictions[0] = predictions[0] ** 8
    expected = auc(members.targets, rank(members.predictions, BINARY))
    assert auc(members.targets, rank(predictions, BINARY)) == pytest.approx(expected)
    assert auc(members.targets, mean(predictions)) != pytest.approx(expected)


def test_ranks_of_classes_sum_to_1_in_every_row() -> None:
    # The first row is the last of both classes, as two members see it.
    predictions = np.array([[[0.2, 0.1], [0.9, 0.2], [0.4, 0.3]]] * 2)
    expected = [[0.5, 0.5], [2 / 3, 1 / 3], [1 / 3, 2 / 3]]
    np.testing.assert_allclose(rank(predictions, MULTICLASS), expected)
    members = drawn(MULTICLASS, [1, 1.2, 0.8])
    found = rank(members.predictions, MULTICLASS)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    alone = max(auc(members.targets, one) or 0 for one in members.predictions)
    assert (auc(members.targets, found) or 0) > alone
