"""The chart that `show` prints."""

from app.command_line.plotting import curve_lines
from tests.functional.staging import record


def test_curves_are_printed_without_colours() -> None:
    text = "\n".join(curve_lines(record(1).tasks))
    assert "log-loss over epochs" in text
    assert "train" in text
    assert "val" in text
    assert "\x1b" not in text


def test_without_a_curve_nothing_is_printed() -> None:
    assert curve_lines(()) == []
