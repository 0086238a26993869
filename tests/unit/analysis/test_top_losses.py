"""The costliest rows, in order."""

import math

import numpy as np
import pytest

from engine.analysis.losses import confident_errors, surest_errors, top_losses
from engine.analysis.reports import RowLoss
from engine.competition.findings import TargetKind

IDS = ("a.png", "b.png", "c.png", "d.png")


def test_classes() -> None:
    targets = np.eye(3)[[0, 1, 2, 0]]
    predictions = np.array(
        [[0.9, 0.05, 0.05], [0.95, 0.04, 0.01], [0.1, 0.6, 0.3], [0.5, 0.3, 0.2]], np.float32
    )
    given = (IDS, targets, predictions, TargetKind.MULTICLASS, ("x", "y", "z"))
    worst, second = top_losses(*given, count=2)
    assert (worst.id, worst.truth, worst.answer) == ("b.png", ("y",), ("x",))
    assert worst.loss == pytest.approx(-math.log(0.04))
    assert worst.confidence == pytest.approx(0.95)
    assert second.id == "c.png"
    assert [row.id for row in top_losses(*given, count=9)] == ["b.png", "c.png", "d.png", "a.png"]
    assert [row.id for row in confident_errors(*given, above=0.6, count=9)] == ["b.png", "c.png"]
    assert [row.id for row in confident_errors(*given, above=0.9, count=9)] == ["b.png"]
    assert confident_errors(*given, above=0.99, count=9) == ()
    assert RowLoss.model_validate_json(worst.model_dump_json()) == worst


def test_of_many_confident_errors_the_surest_are_listed_by_what_they_cost() -> None:
    targets, wrong = np.eye(3)[[0] * 4], [0.91, 0.97, 0.95, 0.93]
    # The less sure of the two surest costs more: it gave the truth next to nothing.
    predictions = np.array([[0.04 if one == 0.97 else 0.01, one, 0] for one in wrong])
    given = (IDS, targets, predictions, TargetKind.MULTICLASS, ("x", "y", "z"))
    assert [row.id for row in confident_errors(*given, 0.9, 2)] == ["c.png", "b.png"]
    assert (surest_errors(*given[1:4]) == wrong).all()


def test_a_row_is_told_in_few_words_of_however_many_classes() -> None:
    names = tuple(f"class {number}" for number in range(1000))
    predictions = np.full((1, 1000), 0.001)
    (row,) = top_losses(("a",), np.eye(1000)[:1], predictions, TargetKind.MULTICLASS, names, 1)
    assert len(row.model_dump_json()) < 300


def test_binary_errors_on_both_sides() -> None:
    targets = np.array([[0], [1], [1], [0.0]])
    predictions = np.array([[0.96], [0.02], [0.9], [0.6]])
    given = (IDS, targets, predictions, TargetKind.BINARY, ("rose", "tulip"))
    low, high = confident_errors(*given, above=0.9, count=9)
    assert (low.id, low.truth, low.answer) == ("b.png", ("tulip",), ("rose",))
    assert low.confidence == pytest.approx(0.98)
    assert (high.id, high.answer) == ("a.png", ("tulip",))


def test_labels_are_right_or_wrong_each_by_itself() -> None:
    targets = np.array([[1, 0], [1, 1], [0, 0], [1, 0.0]])
    predictions = np.array([[0.99, 0.6], [0.9, 0.05], [0.1, 0.2], [0.8, 0.1]])
    given = (IDS, targets, predictions, TargetKind.MULTILABEL, ("leaf", "bloom"))
    # The first is surest of what is right; its one error is a weak one.
    (error,) = confident_errors(*given, above=0.9, count=9)
    assert (error.id, error.truth, error.answer) == ("b.png", ("leaf", "bloom"), ("leaf",))
    assert error.confidence == pytest.approx(0.95)
    by_id = {row.id: row for row in top_losses(*given, count=4)}
    assert by_id["a.png"].confidence == pytest.approx(0.6)
    assert by_id["c.png"].confidence == pytest.approx(0.8)
    assert (by_id["c.png"].truth, by_id["c.png"].answer) == ((), ())
