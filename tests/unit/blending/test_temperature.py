"""Temperatures that are known because predictions were drawn at another."""

import numpy as np
import pytest

from engine.blending.temperature import (
    apply_temperature,
    cross_fit_temperature,
    fit_temperature,
)
from engine.competition.findings import TargetKind
from engine.training.scores import row_log_loss
from tests.unit.blending.drawing import drawn

KINDS = pytest.mark.parametrize("kind", list(TargetKind))


@KINDS
@pytest.mark.parametrize("wrong", [0.5, 1, 3])
def test_a_wrong_temperature_is_found(kind: TargetKind, wrong: float) -> None:
    members = drawn(kind, [1.2], rows=8000)
    spoilt = apply_temperature(members.predictions[0], 1 / wrong, kind)
    found = fit_temperature(spoilt, members.targets, kind)
    assert found == pytest.approx(wrong, rel=0.08)
    mended = apply_temperature(spoilt, wrong, kind)
    # What was spoilt to beyond 1e-7 of 0 or 1 comes back a little inside.
    np.testing.assert_allclose(mended, members.predictions[0], atol=0.01)


@KINDS
def test_no_temperature_scores_better_than_the_one_found(kind: TargetKind) -> None:
    members = drawn(kind, [1.2], rows=2000)
    # Some so sure that the score cuts their losses off.
    spoilt = apply_temperature(members.predictions[0], 0.2, kind)
    found = fit_temperature(spoilt, members.targets, kind)

    def score(temperature: float) -> float:
        mended = apply_temperature(spoilt, temperature, kind)
        return float(row_log_loss(members.targets, mended, kind).mean())

    looked_at = np.exp(np.linspace(-1, 3, 401))
    assert score(found) <= min(map(score, looked_at)) + 1e-7


@KINDS
def test_a_group_is_tempered_by_the_others(kind: TargetKind) -> None:
    members = drawn(kind, [1.5], rows=2000)
    predictions, inside = members.predictions[0].astype(float), members.groups == 3
    predictions[inside] = apply_temperature(predictions[inside], 0.2, kind)
    found = cross_fit_temperature(predictions, members.targets, kind, members.groups)
    others = fit_temperature(predictions[~inside], members.targets[~inside], kind)
    expected = apply_temperature(predictions[inside], others, kind)
    np.testing.assert_allclose(found.predictions[inside], expected)
    assert others == pytest.approx(1, abs=0.15)
    assert found.temperature > others


def test_it_costs_overconfident_rows_nothing_but_their_surety() -> None:
    kind = TargetKind.MULTICLASS
    members = drawn(kind, [1.5], rows=2000)
    spoilt = apply_temperature(members.predictions[0], 1 / 3, kind)
    found = cross_fit_temperature(spoilt, members.targets, kind, members.groups)
    assert (found.predictions.argmax(axis=1) == spoilt.argmax(axis=1)).all()
    before, after = (
        row_log_loss(members.targets, p, kind).mean() for p in (spoilt, found.predictions)
    )
    assert after < before * 0.8


def test_one_group_is_too_few() -> None:
    members = drawn(TargetKind.BINARY, [1], rows=20)
    with pytest.raises(ValueError, match="only one"):
        cross_fit_temperature(
            members.predictions[0], members.targets, members.kind, np.zeros(20, int)
        )
