"""A curve over folds ends at the score that the table shows."""

import pytest

from engine.experiment.means import mean_curve, mean_scores
from engine.experiment.record import Scores, Status, TaskRecord


def fold(number: int, rows: int | None, *losses: float) -> TaskRecord:
    return TaskRecord(
        name=f"fold{number}",
        fold=number,
        status=Status.RUNNING if rows is None else Status.DONE,
        scores=Scores(val_log_loss=min(losses), val_rows=rows),
        history={"val_log_loss": losses},
        phase_starts=(0,),
    )


def test_folds_weigh_in_curves_as_they_do_in_scores() -> None:
    folds = [fold(0, 10, 0.9, 0.5), fold(1, 30, 0.7, 0.3, 0.2)]
    curve = mean_curve(folds, "val_log_loss")
    assert curve[0] == pytest.approx((10 * 0.9 + 30 * 0.7) / 40)
    assert min(curve) == pytest.approx(mean_scores(folds).val_log_loss)


def test_folds_that_run_weigh_alike() -> None:
    folds = [fold(0, None, 0.9, 0.5), fold(1, None, 0.7, 0.3)]
    assert mean_curve(folds, "val_log_loss") == pytest.approx((0.8, 0.4))


def test_folds_scored_by_two_metrics_have_a_mean_by_the_last() -> None:
    """Between them the competition's metric was corrected."""
    scores = Scores(val_log_loss=0.3, val_accuracy=0.9, metric="log_loss", val_metric=0.3)
    corrected = scores.model_copy(update={"metric": "accuracy", "val_metric": 0.8})
    folds = [
        fold(number, 10, 0.3).model_copy(update={"scores": one})
        for number, one in enumerate((scores, corrected))
    ]
    found = mean_scores(folds)
    assert found.metric == "accuracy"
    assert found.val_metric == pytest.approx(0.85)


def test_folds_that_tell_no_noise_tell_it_together() -> None:
    """A fold of a single patient has a loss, and no error of it."""
    losses = (0.2, 0.3, 0.4, 0.5, 0.6)
    folds = [fold(number, 10, loss) for number, loss in enumerate(losses)]
    usual = 0.15811388 / 5**0.5
    assert mean_scores(folds).val_log_loss_error == pytest.approx(usual)
    assert mean_scores(folds[:1]).val_log_loss_error is None
