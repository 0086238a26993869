"""How alike members are and what each adds."""

import numpy as np
import pytest

from engine.blending.crossfit import Recipe
from engine.blending.diversity import correlation, leave_one_out
from engine.blending.members import Array
from engine.blending.methods import Method
from engine.blending.metrics import loss
from engine.blending.temperature import cross_fit_temperature, fit_temperature
from engine.competition.findings import TargetKind
from tests.unit.blending.drawing import drawn

KINDS = pytest.mark.parametrize("kind", list(TargetKind))


@KINDS
def test_correlations_are_numpys_of_the_errors(kind: TargetKind) -> None:
    members = drawn(kind, [1, 2, 0.5], rows=5000)
    errors = (members.predictions - members.targets).reshape(3, -1)
    np.testing.assert_allclose(correlation(members), np.corrcoef(errors), atol=1e-6)


def test_good_members_that_err_apart_agree_and_yet_are_not_alike() -> None:
    members = drawn(TargetKind.BINARY, [3, 3], rows=5000)
    predictions = members.predictions[:, :, 0]
    agreement = np.mean((predictions[0] > 0.5) == (predictions[1] > 0.5))
    assert agreement > 0.85
    assert correlation(members)[0, 1] < 0.25


def test_a_member_without_errors_correlates_with_none() -> None:
    members = drawn(TargetKind.BINARY, [1, 1])
    members.predictions[1] = members.targets
    np.testing.assert_array_equal(correlation(members), np.eye(2))


@pytest.mark.parametrize("metric", ["log_loss", "auc", "accuracy"])
@KINDS
def test_the_good_add_and_the_bad_take_away(kind: TargetKind, metric: str) -> None:
    members = drawn(kind, [2, 2, 0], rows=2000)
    # Sure and wrong by chance.
    members.predictions[2] = drawn(kind, [4], rows=2000, seed=5).predictions[0]
    added = leave_one_out(members, Recipe(Method.MEAN), metric)  # type: ignore[arg-type] # a name
    assert (added[:2] > 0).all()
    assert added[2] < 0


def test_what_members_add_to_a_tempered_blend_is_told_tempered() -> None:
    members = drawn(TargetKind.BINARY, [2, 1], rows=2000)

    def tempered(predictions: Array) -> float:
        kind, targets = members.kind, members.targets
        found = cross_fit_temperature(predictions, targets, kind, members.groups)
        return loss("log_loss", targets, found.predictions, kind)

    added = leave_one_out(members, Recipe(Method.MEAN), "log_loss", is_tempered=True)
    whole = tempered(members.predictions.mean(axis=0))
    expected = [tempered(one) - whole for one in members.predictions[::-1]]
    np.testing.assert_allclose(added, expected, atol=1e-5)
    plain = leave_one_out(members, Recipe(Method.MEAN), "log_loss")
    assert not np.allclose(added, plain, atol=1e-3)


def test_temperatures_of_many_rows_are_fitted_by_some_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    members = drawn(TargetKind.MULTICLASS, [2, 1.5, 1], rows=30_000)
    fitted_by = []

    def fit(predictions: Array, targets: Array, kind: TargetKind) -> float:
        fitted_by.append(len(predictions))
        return fit_temperature(predictions, targets, kind)

    with monkeypatch.context() as patched:
        patched.setattr("engine.blending.temperature.fit_temperature", fit)
        added = leave_one_out(members, Recipe(Method.MEAN), "log_loss", is_tempered=True)
    # The blend and those without a member, each without a group: none of all rows, that none asks.
    groups = len(np.unique(members.groups))
    assert fitted_by == [5000] * (1 + members.count) * groups
    monkeypatch.setattr("engine.blending.diversity._ROWS_FOR_A_TEMPERATURE", None)
    by_all = leave_one_out(members, Recipe(Method.MEAN), "log_loss", is_tempered=True)
    np.testing.assert_allclose(added, by_all, rtol=0.01)
