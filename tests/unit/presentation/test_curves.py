"""From records to the points of a chart."""

import math

import pytest

from app.presentation.curves import (
    Series,
    decimated,
    linear_ticks,
    log_ticks,
    smoothed,
    sparkline,
)
from engine.experiment.means import mean_curve
from engine.experiment.record import Status, TaskRecord


def series(*values: float) -> Series:
    return Series("val", tuple(range(1, len(values) + 1)), values, 0)


def test_a_short_curve_is_left_whole() -> None:
    curve = series(3.0, 1.0, 2.0)
    assert decimated(curve, 2) is curve


def test_a_long_curve_keeps_its_extremes_in_their_order() -> None:
    values = [math.sin(i / 40) for i in range(1000)]
    values[333], values[777] = 9.0, -9.0
    short = decimated(series(*values), 50)
    assert len(short.values) <= 100
    assert (max(short.values), min(short.values)) == (9.0, -9.0)
    assert list(short.epochs) == sorted(set(short.epochs))
    assert all(
        values[epoch - 1] == value for epoch, value in zip(short.epochs, short.values, strict=True)
    )


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        (0.09, 2.0, 4, (0.1, 0.3, 1.0)),
        (0.1, 0.5, 4, (0.1, 0.2, 0.3, 0.5)),
        (0.0001, 3.0, 3, (0.0001, 0.01, 1.0)),
        # No two values of one digit between them.
        (0.21, 0.22, 4, (0.21, 0.215, 0.22)),
        (0.3, 0.3, 4, (0.3,)),
    ],
)
def test_log_ticks_are_round_and_fit(
    low: float, high: float, count: int, expected: tuple[float, ...]
) -> None:
    assert log_ticks(low, high, count) == pytest.approx(expected)


def test_linear_ticks_are_round_and_inside() -> None:
    assert linear_ticks(0.13, 1.02, 4) == pytest.approx((0.5, 1.0))
    assert linear_ticks(1, 12, 4) == pytest.approx((5, 10))
    assert linear_ticks(2.0, 2.0, 3) == pytest.approx((2.0,))


def test_a_sparkline_goes_from_its_lowest_to_its_highest() -> None:
    assert sparkline([0.0, 0.5, 1.0], 10) == "▁▅█"
    assert sparkline([1.0, 1.0], 10) == "▁▁"
    assert sparkline([], 10) == ""
    long = sparkline([float(i) for i in range(100)], 10)
    assert (len(long), long[0], long[-1]) == (10, "▁", "█")


def fold(number: int, status: Status, *values: float | None) -> TaskRecord:
    history = {"val_log_loss": values} if values else {}
    return TaskRecord(name=f"fold{number}", fold=number, status=status, history=history)


def test_a_fold_that_is_done_counts_on_with_what_it_has_kept() -> None:
    # An easy fold that goes on alone would make the mean fall.
    done = (fold(0, Status.DONE, 1.0, 0.5, 0.25, 0.5), fold(1, Status.DONE, 1.5, 3.0))
    assert mean_curve(done, "val_log_loss") == (1.25, 1.0, 0.875, 1.0)
    assert mean_curve(done, "accuracy") == ()
    # Its best epoch is that of the last phase, and of all figures.
    begun = done[1].model_copy(
        update={
            "phase_starts": (0, 1),
            "history": {
                "val_log_loss": (1.0, 3.0, 4.0),
                "accuracy": (0.1, 0.5, 0.7),
                "learning_rate": (0.1, 0.2, 0.2),
            },
        }
    )
    also = fold(0, Status.DONE, 1.0, 1.0, 1.0, 1.0)
    assert mean_curve((also, begun), "val_log_loss") == (1.0, 2.0, 2.0, 2.0)
    also.history["accuracy"] = (0.5, 0.5, 0.5, 0.5)
    assert mean_curve((also, begun), "accuracy") == (0.3, 0.5, 0.5, 0.5)
    also.history["learning_rate"] = (0.1, 0.2, 0.2, 0.0)
    assert mean_curve((also, begun), "learning_rate") == (0.1, 0.2, 0.2, 0.0)


def test_a_mean_over_folds_that_kept_nothing_ends_where_the_first_of_them_does() -> None:
    stopped = (fold(0, Status.DONE, 1.0, 0.5, 0.25), fold(1, Status.STOPPED, 3.0, 1.5))
    assert mean_curve(stopped, "val_log_loss") == (2.0, 1.0)
    batches = tuple(
        TaskRecord(name=f"fold{n}", fold=n, status=Status.DONE, history={"loss": (1.0,) * (5 - n)})
        for n in range(2)
    )
    assert len(mean_curve(batches, "loss")) == 4
    some = (fold(0, Status.DONE, 1.0, None), fold(1, Status.DONE, 3.0, 1.5), fold(2, Status.DONE))
    assert mean_curve(some, "val_log_loss") == (2.0, 1.5)


def test_a_fold_that_runs_has_no_part_in_the_mean_of_those_that_ended() -> None:
    runs = fold(1, Status.RUNNING, 3.0, 2.0)
    assert mean_curve((fold(0, Status.DONE, 1.0, 0.5, 0.25), runs), "val_log_loss") == (
        1.0,
        0.5,
        0.25,
    )
    others = (fold(0, Status.RUNNING, 1.0), runs, fold(2, Status.QUEUED))
    assert mean_curve(others, "val_log_loss") == (2.0,), "while none has ended, it is of all"


def test_smoothing_begins_with_the_first_value_and_lags_behind() -> None:
    assert smoothed((2.0, 2.0, 2.0), 0.9) == pytest.approx((2.0, 2.0, 2.0))
    assert smoothed((1.0, 3.0), 0.5) == pytest.approx((1.0, (0.25 * 1 + 0.5 * 3) / 0.75))
    assert smoothed((1.0, 3.0), 0.0) == (1.0, 3.0)
    assert smoothed((), 0.9) == ()


def test_a_curve_tells_what_was_measured_even_when_it_is_smoothed() -> None:
    curve = Series("val", (1, 2, 4), (1.0, 2.0, 3.0), 0)
    assert (curve.at(2), curve.at(3), curve.at(9), curve.at(None)) == (2.0, None, None, 3.0)
    raw = Series("val", (1, 2), (1.0, 1.5), 0, raw=(1.0, 2.0))
    assert (raw.at(2), raw.at(None)) == (2.0, 2.0)
