"""Members that don't belong together are refused, and what the truth was given."""

from dataclasses import replace

import numpy as np
import pytest

from engine.blending.averages import weighted_mean
from engine.blending.members import probabilities_of_truth
from engine.competition.findings import TargetKind
from engine.training.scores import row_log_loss
from tests.unit.blending.drawing import drawn

KINDS = pytest.mark.parametrize("kind", list(TargetKind))


@KINDS
def test_the_truth_s_probability_is_all_that_the_log_loss_of_a_mean_needs(kind: TargetKind) -> None:
    members = drawn(kind, [1, 2, 0])
    weights, rows = np.array([0.2, 0.7, 0.1]), np.arange(100, 400)
    found = -np.log(weights @ probabilities_of_truth(members, rows)).mean()
    blend = weighted_mean(members.predictions, weights, rows)
    expected = row_log_loss(members.targets[rows], blend, kind).mean()
    assert found == pytest.approx(expected, rel=1e-6)


def test_shapes_and_probabilities_are_looked_at() -> None:
    members = drawn(TargetKind.MULTICLASS, [1, 2], rows=50, tests=4)
    assert members.tests is not None
    nan = members.predictions.copy()
    nan[1, 3, 0] = np.nan
    for wrong, told in (
        ({"predictions": members.predictions[:, :-1]}, "targets"),
        ({"groups": members.groups[:-1]}, "groups"),
        ({"predictions": members.predictions[0]}, "must be"),
        ({"predictions": members.predictions[:0]}, "none of them 0"),
        ({"predictions": nan}, "no probability"),
        ({"predictions": members.predictions * 2}, "no probability"),
        ({"predictions": members.predictions / 2}, "sum to 1"),
        ({"tests": members.tests[:, :1]}, "tests must be"),
        ({"tests": members.tests[:3]}, "tests of 3 fits"),
        ({"tests": members.tests - 1}, "no probability"),
    ):
        with pytest.raises(ValueError, match=told):
            replace(members, **wrong)


def test_the_others() -> None:
    members = drawn(TargetKind.BINARY, [1, 2, 3], rows=50, tests=4)
    others = members.without(1)
    assert members.tests is not None
    assert others.tests is not None
    assert others.count == 2
    np.testing.assert_array_equal(others.predictions, members.predictions[[0, 2]])
    np.testing.assert_array_equal(others.tests, members.tests[:, [0, 2]])
