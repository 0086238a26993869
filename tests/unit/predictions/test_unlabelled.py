"""What test images are told to show, and in which order."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import Competition, load_competition
from engine.competition.findings import TargetKind
from engine.errors import UserError
from engine.jobs.workspace import Workspace
from engine.predictions import unlabelled
from engine.predictions.stored import FoldPredictions
from engine.predictions.unlabelled import answered
from tests.unit.competition.builders import flowers


def answers(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: TargetKind,
    classes: tuple[str, ...],
    *folds: list[list[float]],
    is_rank: bool = False,
) -> list[tuple[str, str]]:
    """Ids and answers of test images that some folds have answered so."""
    competition = replace(
        load_competition(flowers(folder / "garden", test=3), Workspace(folder)),
        kind=kind,
        classes=classes,
    )
    nothing = np.array([], np.intp)

    def stored(_place: Workspace, _experiment: str, fold: int, _of: Competition) -> FoldPredictions:
        test = np.array(folds[fold], np.float32)
        return FoldPredictions(nothing, nothing, test[:0], test, nothing, is_rank)

    monkeypatch.setattr(unlabelled, "load_competition", lambda *_: competition)
    monkeypatch.setattr(unlabelled, "load_fold", stored)
    found = answered(folder, Workspace(folder), "1", range(len(folds)), 9)
    known = competition.test_ids
    return [(str(known.index(one.id)), one.answer) for one in found]


def test_the_least_sure_answers_come_first_whichever_class_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = answers(
        tmp_path, monkeypatch, TargetKind.BINARY, ("rose", "tulip"),
        [[0.9], [0.3], [0.5]], [[1.0], [0.1], [0.6]],
    )  # fmt: skip
    assert found == [("2", "tulip 55%"), ("1", "rose 80%"), ("0", "tulip 95%")]


def test_of_many_classes_the_likeliest_and_of_labels_all_likely_ones_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[0.7, 0.2, 0.1], [0.2, 0.6, 0.9], [0.1, 0.3, 0.2]]
    kinds = ("sun", "rain", "snow")
    found = answers(tmp_path / "a", monkeypatch, TargetKind.MULTICLASS, kinds, rows)
    assert dict(found)["0"] == "sun 70%"
    labels = answers(tmp_path / "b", monkeypatch, TargetKind.MULTILABEL, kinds, rows)
    assert dict(labels) == {"0": "sun 70%", "1": "rain 60%, snow 90%", "2": "none"}


def test_ranks_answer_nothing_and_neither_does_what_was_not_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[0.9], [0.3], [float("nan")]]
    kind, classes = TargetKind.BINARY, ("rose", "tulip")
    ranks = answers(tmp_path / "a", monkeypatch, kind, classes, rows, is_rank=True)
    assert {answer for _, answer in ranks} == {""}
    assert len(ranks) == 3
    seen = answers(tmp_path / "b", monkeypatch, kind, classes, rows)
    assert dict(seen)["2"] == "not seen"


def test_without_predictions_it_says_what_to_do(tmp_path: Path) -> None:
    garden = flowers(tmp_path / "garden")
    with pytest.raises(UserError, match="predictions of experiment 1 are missing"):
        answered(garden, Workspace(tmp_path), "1", [0], 9)
    assert len(answered(garden, Workspace(tmp_path), "", (), 9)) > 1
