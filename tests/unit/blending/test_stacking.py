"""Stacks, their meta-learners, and rows in which a class is missing."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info, threadpool_limits

from engine.blending.averages import mean
from engine.blending.members import ALL
from engine.blending.methods import MetaLearner
from engine.blending.stacking import fit_stack
from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.training.scores import row_log_loss
from tests.unit.blending.drawing import drawn

KINDS = pytest.mark.parametrize("kind", list(TargetKind))
LEARNERS = pytest.mark.parametrize("learner", list(MetaLearner))


@KINDS
@LEARNERS
def test_a_stack_mends_what_no_mean_can(kind: TargetKind, learner: MetaLearner) -> None:
    if learner is MetaLearner.BOOSTING:
        pytest.importorskip("xgboost")
    members = drawn(kind, [1.5, 1.5], rows=1000)
    wrong = 1 - members.predictions[1]
    # A member that says the contrary is worth as much as one that is right.
    members.predictions[1] = wrong / (3 if kind is TargetKind.MULTICLASS else 1)
    fitted, others = np.arange(700), np.arange(700, 1000)
    stack = fit_stack(members, fitted, learner)
    found = stack(members.predictions, others)
    losses = [
        row_log_loss(members.targets[others], blend, kind).mean()
        for blend in (found, *members.predictions[:, others])
    ]
    assert losses[0] < min(losses[1:]) * 0.97
    assert found.shape == members.targets[others].shape
    if kind is TargetKind.MULTICLASS:
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_small_products_are_left_to_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine two of them waited for each other most of the time."""
    threads: list[int] = []
    fit = LogisticRegression.fit

    def noting(model: LogisticRegression, features: object, truth: object) -> LogisticRegression:
        threads.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return fit(model, features, truth)

    monkeypatch.setattr(LogisticRegression, "fit", noting)
    with threadpool_limits(2, user_api="blas"):
        fit_stack(drawn(TargetKind.BINARY, [1, 1]), np.arange(1000), MetaLearner.LOGISTIC)
    assert threads
    assert set(threads) == {1}


@LEARNERS
def test_a_class_that_no_row_shows_keeps_the_members_probability(learner: MetaLearner) -> None:
    if learner is MetaLearner.BOOSTING:
        pytest.importorskip("xgboost")
    members = drawn(TargetKind.MULTICLASS, [1, 1], rows=400)
    stack = fit_stack(members, np.flatnonzero(members.targets[:, 2] == 0), learner)
    found = stack(members.predictions, ALL)
    np.testing.assert_allclose(found[:, 2], mean(members.predictions)[:, 2], rtol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_a_label_that_is_always_the_same_keeps_the_members_probability() -> None:
    members = drawn(TargetKind.MULTILABEL, [1, 1], rows=200)
    targets = members.targets.copy()
    targets[:, 1] = 1
    stack = fit_stack(replace(members, targets=targets), np.arange(200), MetaLearner.LOGISTIC)
    found = stack(members.predictions, ALL)
    expected = mean(members.predictions)
    np.testing.assert_allclose(found[:, 1], expected[:, 1])
    assert not np.allclose(found[:, 0], expected[:, 0])


def test_boosting_without_xgboost_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xgboost", None)
    members = drawn(TargetKind.BINARY, [1], rows=50)
    with pytest.raises(UserError, match="uv sync --inexact --extra boosting"):
        fit_stack(members, np.arange(50), MetaLearner.BOOSTING)
