"""Errors are those of the answers that are submitted and scored, and can be looked at."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from app.presentation.errors import listings
from engine.analysis.losses import confident_errors, top_losses
from engine.competition.findings import TargetKind
from engine.jobs.tasks import PREDICTIONS
from engine.predictions.errors import analyse_errors, rows_in_cell
from engine.predictions.stored import side_by_side
from engine.training.arrays import write_arrays
from engine.training.scores import quadratic_kappa
from tests.unit.predictions.folded import folded

KAPPA = '[competition]\nmetric = "quadratic_kappa"\n'


def test_the_confusion_of_grades_is_what_is_scored(tmp_path: Path) -> None:
    place = folded(tmp_path, [f"g{row // 2 % 5}" for row in range(60)])
    (tmp_path / "hydra.toml").write_text(KAPPA, "utf-8")
    place.predict("1", (0, 1))
    competition = place.competition
    found = side_by_side(place.workspace, [("1", (0, 1))], competition)
    targets, predicted = competition.targets[found.rows], found.validation[0]
    told = analyse_errors(place.root, place.workspace, "1", (0, 1))
    counts = np.array(told.confusion.matrices[0].counts)
    truth, answer = np.indices((5, 5)).reshape(2, -1)
    kappa = cohen_kappa_score(truth, answer, weights="quadratic", sample_weight=counts.ravel())
    assert kappa == pytest.approx(quadratic_kappa(targets, predicted, TargetKind.MULTICLASS))
    assert np.diag(counts).sum() != (targets.argmax(axis=1) == predicted.argmax(axis=1)).sum()
    for row, column in ((0, 1), (2, 2), (4, 3)):
        cell = ("", f"g{row}", f"g{column}")
        rows = rows_in_cell(place.root, place.workspace, "1", (0, 1), cell)
        assert len(rows) == counts[row, column]
        assert all((one.truth, one.answer) == ((cell[1],), (cell[2],)) for one in rows)


def test_confident_errors_have_pictures_and_no_end(tmp_path: Path) -> None:
    """Beside them no more than fifty top losses have their pictures shown."""
    place = folded(tmp_path, ["ab"[row // 2 % 2] for row in range(480)])
    place.predict("1", (0, 1))
    for fold in (0, 1):
        path = place.workspace.task("1", f"fold{fold}") / PREDICTIONS
        with np.load(path) as stored:
            arrays = dict(stored)
        truth = place.competition.targets[arrays["validation_rows"]]
        arrays["validation"] = np.abs(truth - np.linspace(0.91, 0.99, len(truth))[:, None])
        write_arrays(path, arrays)
    told = analyse_errors(place.root, place.workspace, "1", (0, 1))
    assert (len(told.confident_errors), told.confident_count) == (200, 480)
    assert min(one.confidence for one in told.confident_errors) > 0.955
    assert {one.id for one in told.confident_errors} <= dict(told.images).keys()
    _, sure, _ = listings(told)
    assert sure.title == "Wrong though surer than 90 %: 200 of 480"
    assert all(one.path for one in sure.exhibits)


def test_the_grade_in_the_middle_is_the_answer() -> None:
    """Between the lowest and the highest grade the middle one is expected."""
    targets, predicted = np.eye(3)[[0, 1]], np.array([[0.5, 0.05, 0.45]] * 2)
    given = (("a", "b"), targets, predicted, TargetKind.MULTICLASS, ("low", "middle", "high"))
    first, second = top_losses(*given, count=2, metric="quadratic_kappa")
    assert (first.id, first.answer, first.confidence) == ("b", ("middle",), 0.05)
    assert (second.id, second.truth, second.answer) == ("a", ("low",), ("middle",))
    assert [one.id for one in confident_errors(*given, 0.01, 9, "quadratic_kappa")] == ["a"]
    assert [one.id for one in confident_errors(*given, 0.01, 9)] == ["b"]
