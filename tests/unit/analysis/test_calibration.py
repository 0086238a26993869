"""Calibration of predictions that were drawn calibrated, and of such that were spoilt."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.analysis.answers import Array
from engine.analysis.calibration import calibration, reliability
from engine.analysis.reports import Calibration
from engine.blending.temperature import apply_temperature
from engine.competition.findings import TargetKind

Drawn = tuple[Array, Array, NDArray[np.intp]]
KINDS = pytest.mark.parametrize("kind", list(TargetKind))


def drawn(kind: TargetKind, rows: int = 20_000) -> Drawn:
    """Targets that are drawn by the predictions, the predictions, and groups."""
    random = np.random.default_rng(3)
    if kind is TargetKind.MULTICLASS:
        predictions = random.dirichlet(np.full(4, 0.5), rows)
        targets = np.array([random.multinomial(1, p) for p in predictions], float)
    else:
        predictions = random.random((rows, 1 if kind is TargetKind.BINARY else 3))
        targets = (random.random(predictions.shape) < predictions).astype(float)
    return targets, predictions, np.arange(rows) % 5


@KINDS
def test_what_is_calibrated_has_next_to_no_error(kind: TargetKind) -> None:
    targets, predictions, _ = drawn(kind)
    found = reliability(targets, predictions, kind)
    assert found.error < 0.012
    assert sum(one.count for one in found.bins) == targets.shape[0] * (
        3 if kind is TargetKind.MULTILABEL else 1
    )


@KINDS
@pytest.mark.parametrize("sureness", [0.5, 2.5])
def test_a_temperature_mends_too_much_and_too_little_confidence(
    kind: TargetKind, sureness: float
) -> None:
    targets, predictions, groups = drawn(kind)
    spoilt = apply_temperature(predictions, 1 / sureness, kind)
    found = calibration(targets, spoilt, kind, groups)
    assert found.temperature == pytest.approx(sureness, rel=0.1)
    assert found.before.error > 0.05
    assert found.after.error < 0.015
    assert found.after.log_loss < found.before.log_loss
    assert Calibration.model_validate_json(found.model_dump_json()) == found


def test_bins_by_hand() -> None:
    targets = np.array([[1], [1], [0], [0.0]])
    predictions = np.array([[1], [0.9], [0.9], [0.4]])
    found = reliability(targets, predictions, TargetKind.BINARY, bins=5)
    assert [one.count for one in found.bins] == [0, 0, 1, 0, 3]
    assert found.bins[0].confidence is None
    assert found.bins[2].accuracy == 1
    assert found.bins[4].accuracy == pytest.approx(2 / 3)
    assert found.bins[4].confidence == pytest.approx(2.8 / 3)
    assert found.error == pytest.approx((abs(0.6 - 1) + abs(2.8 - 2)) / 4)
