"""Cross-fitted scores show what in-sample scores hide."""

from dataclasses import replace

import numpy as np
import pytest

from engine.blending.averages import geometric, mean, rank, weighted_mean
from engine.blending.crossfit import Recipe, cross_fit
from engine.blending.members import Members
from engine.blending.methods import MetaLearner, Method, check_method
from engine.blending.selection import select
from engine.blending.weighting import log_loss_weights
from engine.competition.findings import MetricName, TargetKind
from engine.errors import UserError
from engine.predictions.scoring import score
from tests.unit.blending.drawing import FOLDS, drawn

KINDS = pytest.mark.parametrize("kind", list(TargetKind))
FITTED = (Method.WEIGHTED, Method.SELECTION, Method.STACK)
OF_PROBABILITIES: tuple[MetricName, ...] = ("log_loss", "accuracy", "auc")
METRICS: tuple[MetricName, ...] = (*OF_PROBABILITIES, "macro_f1", "quadratic_kappa")


@KINDS
@pytest.mark.parametrize("metric", OF_PROBABILITIES)
def test_scores_are_those_of_every_fit(kind: TargetKind, metric: MetricName) -> None:
    members = drawn(kind, [1, 1.5, 0.5], rows=200)
    blend = cross_fit(members, Recipe(Method.WEIGHTED), metric)
    fitted = (members.targets, blend.predictions)
    assert blend.cross_fitted == pytest.approx(score(fitted, fitted, kind, metric).val_metric)


@KINDS
def test_averages_fit_nothing(kind: TargetKind) -> None:
    members = drawn(kind, [1, 1.5], tests=6)
    assert members.tests is not None
    for method, average in (
        (Method.MEAN, mean),
        (Method.GEOMETRIC, lambda predictions: geometric(predictions, kind)),
        (Method.RANK, lambda predictions: rank(predictions, kind)),
    ):
        blend = cross_fit(members, Recipe(method), "auc")
        assert blend.cross_fitted == blend.in_sample
        np.testing.assert_allclose(blend.predictions, average(members.predictions), atol=1e-6)
        assert blend.tests is not None
        for found, tests in zip(blend.tests, members.tests, strict=True):
            np.testing.assert_allclose(found, average(tests), atol=1e-6)
        assert blend.weights == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("metric", METRICS)
def test_ranks_are_for_auc_alone(metric: MetricName) -> None:
    if metric == "auc":
        check_method(Method.RANK, metric)
        return
    with pytest.raises(UserError, match="ranks forget"):
        cross_fit(drawn(TargetKind.BINARY, [1, 2]), Recipe(Method.RANK), metric)


@pytest.mark.slow
@KINDS
def test_a_forest_of_weak_members_is_exposed(kind: TargetKind) -> None:
    members = drawn(kind, [0.1] * 8, rows=300, seed=1)
    # Two groups, which take half the trees of five.
    members = replace(members, groups=members.groups % 2)
    forest = cross_fit(members, Recipe(Method.STACK, MetaLearner.FOREST), "log_loss")
    plain = cross_fit(members, Recipe(Method.MEAN), "log_loss")
    assert forest.in_sample is not None
    assert forest.cross_fitted is not None
    assert plain.cross_fitted is not None
    # By its in-sample score it is far better than the plain mean, and it is worse.
    assert forest.in_sample < 0.7 * plain.cross_fitted
    assert forest.cross_fitted > plain.cross_fitted
    assert forest.weights is None


def leaking(kind: TargetKind, fold: int) -> Members:
    """A second member that knows the truth within one fold, and is sure and wrong elsewhere."""
    members = drawn(kind, [1, 0], rows=500)
    inside = members.groups == fold
    known = np.clip(members.targets, 0.001, 0.999)
    if kind is TargetKind.MULTICLASS:
        known /= known.sum(axis=1, keepdims=True)
    members.predictions[1] = drawn(kind, [4], rows=500, seed=9).predictions[0]
    members.predictions[1, inside] = known[inside]
    return members


@KINDS
@pytest.mark.parametrize("method", FITTED)
def test_a_fold_s_rows_don_t_fit_what_blends_them(kind: TargetKind, method: Method) -> None:
    members = leaking(kind, fold=2)
    inside = members.groups == 2
    blend = cross_fit(members, Recipe(method), "log_loss")
    whole = replace(members, groups=members.groups * 0 + (np.arange(len(members.groups)) % 5))
    believed = cross_fit(whole, Recipe(method), "log_loss")
    # Groups that mix the leak into all fits believe it; the fold's own blend never saw it.
    truth = members.targets[inside].astype(bool)
    gained = believed.predictions[inside][truth].mean() - blend.predictions[inside][truth].mean()
    assert gained > 0.02


@KINDS
@pytest.mark.parametrize("method", FITTED)
def test_a_fold_s_truth_changes_nothing_that_blends_it(kind: TargetKind, method: Method) -> None:
    members = drawn(kind, [1, 1.2, 0.8], rows=200)
    inside = members.groups == 2
    targets = members.targets.copy()
    targets[inside] = np.roll(targets[inside], 1, axis=0)
    blend, other = (
        cross_fit(some, Recipe(method), "log_loss").predictions
        for some in (members, replace(members, targets=targets))
    )
    np.testing.assert_array_equal(blend[inside], other[inside])
    assert not np.array_equal(blend[~inside], other[~inside])


@KINDS
def test_every_group_is_blended_by_the_weights_of_the_others(kind: TargetKind) -> None:
    members = drawn(kind, [1, 1.2, 0.8], rows=300, tests=7)
    assert members.tests is not None
    for method, fit in ((Method.WEIGHTED, log_loss_weights), (Method.SELECTION, select)):
        blend = cross_fit(members, Recipe(method), "log_loss")
        assert blend.tests is not None
        assert blend.weights is not None
        mean_weights = np.zeros(3)
        for fold in range(FOLDS):
            weights = fit(members, np.flatnonzero(members.groups != fold))
            rows = np.flatnonzero(members.groups == fold)
            expected = weighted_mean(members.predictions, weights, rows)
            np.testing.assert_allclose(blend.predictions[rows], expected, atol=1e-6)
            tests = weighted_mean(members.tests[fold], weights)
            np.testing.assert_allclose(blend.tests[fold], tests, atol=1e-6)
            mean_weights += weights / FOLDS
        assert blend.weights.tolist() == pytest.approx(mean_weights.tolist())


@pytest.mark.parametrize("method", list(Method))
def test_a_holdout_s_test_predictions_are_blended_by_all_its_rows(method: Method) -> None:
    members = drawn(TargetKind.MULTICLASS, [1, 1.2, 0.8], rows=300, tests=7)
    assert members.tests is not None
    members = replace(members, tests=members.tests[:1])
    blend = cross_fit(members, Recipe(method), "auc")
    assert blend.tests is not None
    assert members.tests is not None
    assert blend.tests.shape == (1, 7, 4)
    if method is Method.WEIGHTED:
        weights = log_loss_weights(members, np.arange(300))
        expected = weighted_mean(members.tests[0], weights)
        np.testing.assert_allclose(blend.tests[0], expected, atol=1e-6)


def test_one_group_is_too_few_to_fit() -> None:
    members = replace(drawn(TargetKind.BINARY, [1, 2], rows=20), groups=np.zeros(20, int))
    assert cross_fit(members, Recipe(Method.MEAN), "log_loss").tests is None
    with pytest.raises(ValueError, match="two groups"):
        cross_fit(members, Recipe(Method.WEIGHTED), "log_loss")
