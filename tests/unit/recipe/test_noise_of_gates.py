"""How large a difference must be, where a gate judges it."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from engine.experiment.compare import Verdict
from engine.experiment.record import ExperimentRecord, Scores
from engine.experiment.spec import Stage
from engine.recipe.noise import unpaired_metric
from engine.recipe.stages import GateState, Rung, climb
from tests.unit.recipe.made_up import done, photographs


def regularize(*records: ExperimentRecord) -> Rung:
    ladder = climb(photographs(), records, frozenset())
    return next(one for one in ladder if one.stage is Stage.REGULARIZE)


def test_what_was_made_from_another_run_is_paired_with_the_overfit_one_too() -> None:
    heart = done("1", Stage.OVERFIT, 0.22, train=0.001)
    other = done("2", Stage.REGULARIZE, 0.3, "head.dropout=0.5", parent="1")
    told = {"overfit": "1", "overfit_gain": 0.02, "overfit_gain_error": 0.005}
    spec = ("head.dropout=0.25",)
    unknown = done("3", Stage.REGULARIZE, 0.2, *spec, parent="2")
    paired = done("3", Stage.REGULARIZE, 0.2, *spec, parent="2", scores=told)
    found = [regularize(heart, other, one) for one in (unknown, paired)]
    assert [(one.state, one.reading) for one in found] == [
        (GateState.SHUT, "0.200 vs 0.220 of 1, noise 0.028: within noise"),
        (GateState.OPEN, "0.200 vs 0.220 of 1, noise 0.010: better"),
    ]
    # Another one is to be beaten by now.
    later = done("4", Stage.OVERFIT, 0.22, "head.units=512", train=0.0005)
    assert regularize(heart, other, paired, later).reading.endswith(
        "of 4, noise 0.028: within noise"
    )


@pytest.mark.parametrize(("skill", "share"), [(1.0, 0.5), (2.0, 0.5), (2.0, 0.1)])
def test_areas_vary_as_much_as_is_said(skill: float, share: float) -> None:
    random, rows = np.random.default_rng(0), 200
    areas = []
    for _ in range(400):
        truth = np.arange(rows) < share * rows
        areas.append(roc_auc_score(truth, skill * truth + random.normal(size=rows)))
    scores = Scores(
        metric="auc",
        val_metric=float(np.mean(areas)),
        val_rows=rows,
        majority_accuracy=max(share, 1 - share),
    )
    found = unpaired_metric(scores, scores, "auc")
    assert found is not None
    assert found.error is not None
    assert (found.gain, found.verdict) == (0.0, Verdict.NOISE)
    # Wider where few are of one class: which of them are the positives is not known.
    assert 0.9 < found.error / float(np.std(areas)) < 1.5


def test_without_a_score_nothing_is_known() -> None:
    scores = Scores(metric="auc", val_rows=200)
    assert unpaired_metric(scores, scores, "auc") is None


def test_a_mean_recall_varies_as_the_rare_rows_do() -> None:
    scores = Scores(
        metric="balanced_accuracy", val_metric=0.8, val_rows=1000, majority_accuracy=0.99
    )
    found = unpaired_metric(scores, scores, "balanced_accuracy")
    assert found is not None
    # Ten rows tell one of two recalls.
    assert found.error == pytest.approx((0.8 * 0.2 / 10) ** 0.5 / 2, rel=0.02)
    even = scores.model_copy(update={"majority_accuracy": 0.5})
    found = unpaired_metric(even, even, "balanced_accuracy")
    assert found is not None
    assert found.error == pytest.approx((0.8 * 0.2 / 1000) ** 0.5)
