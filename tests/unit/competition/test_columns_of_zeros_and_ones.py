"""Samples of 0 and 1 in several columns: a metric of classes is answered by classes."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import Competition, load_competition
from engine.competition.findings import Finding
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, table, workspace

TAGS = ("1,1,0", "0,1,1", "0,0,1", "1,0,1")
CLASSES = ("1,0,0", "0,1,0", "0,0,1", "0,1,0")
ZEROS = ("b0.png,0,0,1", "b1.png,0,0,0")
SHARES = ("b0.png,0.5,0.5,0.5", "b1.png,0.5,0.5,0.5")


def insects(
    tmp_path: Path, rows: tuple[str, ...], sample: tuple[str, ...], *settings: str
) -> Competition:
    data, header = tmp_path / "data", "image,bee,butterfly,moth"
    pictures(data / "train", [f"a{row}.png" for row in range(12)])
    pictures(data / "test", ["b0.png", "b1.png"], first_seed=100)
    table(data / "train.csv", header, *(f"a{i}.png,{rows[i % len(rows)]}" for i in range(12)))
    table(data / "sample_submission.csv", header, *sample)
    return load_competition(data, workspace(tmp_path, "\n".join(("[competition]", *settings))))


def of_the_sample(found: Competition) -> list[Finding]:
    return [one for one in found.findings if one.happened.startswith("sample_submission.csv")]


@pytest.mark.parametrize(
    ("rows", "metric", "written"),
    [
        (TAGS, "macro_f1", ["b0.png,1,1,0", "b1.png,0,0,1"]),
        (TAGS, "accuracy", ["b0.png,1,1,0", "b1.png,0,0,1"]),
        (CLASSES, "macro_f1", ["b0.png,0,1,0", "b1.png,0,0,1"]),
        (CLASSES, "quadratic_kappa", ["b0.png,0,1,0", "b1.png,0,0,1"]),
    ],
)
def test_a_metric_of_classes_is_answered_by_0_and_1(
    tmp_path: Path, rows: tuple[str, ...], metric: str, written: list[str]
) -> None:
    found = insects(tmp_path, rows, ZEROS, f'metric = "{metric}"')
    assert found.submission is not None
    assert found.submission.answers == "class"
    (note,) = of_the_sample(found)
    assert note.severity == "note"
    assert "answers 0 and 1 only: 0 or 1 is written, for" in note.happened
    assert '`answers = "probability"`' in note.fix
    values = np.array([[0.55, 0.7, 0.1], [0.1, 0.2, 0.9]])
    if rows is CLASSES:
        values /= values.sum(axis=1, keepdims=True)
    write_submission(found, found.test_ids, values, tmp_path / "mine.csv")
    assert (tmp_path / "mine.csv").read_text(encoding="utf-8").splitlines()[1:] == written


@pytest.mark.parametrize(
    ("rows", "sample", "settings"),
    [
        (TAGS, SHARES, ('metric = "macro_f1"',)),
        (TAGS, ZEROS, ('metric = "auc"',)),
        (TAGS, ZEROS, ('metric = "macro_f1"', 'answers = "probability"')),
        (CLASSES, ZEROS, ()),
    ],
)
def test_other_metrics_samples_and_the_users_word_ask_for_probabilities(
    tmp_path: Path, rows: tuple[str, ...], sample: tuple[str, ...], settings: tuple[str, ...]
) -> None:
    found = insects(tmp_path, rows, sample, *settings)
    assert found.submission is not None
    assert found.submission.answers == "probability"


def test_tags_that_may_be_answered_by_either_are_told_of(tmp_path: Path) -> None:
    (note,) = of_the_sample(insects(tmp_path, TAGS, ZEROS))
    assert "probabilities are assumed, scored by log-loss" in note.happened
    assert '`answers = "class"`' in note.fix


def test_zeros_and_ones_are_told_by_their_values(tmp_path: Path) -> None:
    """Pandas writes whole floats with a point."""
    floats = ("b0.png,0.0,0.0,1.0", "b1.png,0.0,0.0,0.0")
    found = insects(tmp_path, TAGS, floats, 'metric = "macro_f1"')
    assert found.submission is not None
    assert found.submission.answers == "class"
    (note,) = of_the_sample(found)
    assert "answers 0.0 and 1.0 only: 0 or 1 is written, for" in note.happened


@pytest.mark.parametrize(
    ("settings", "answers", "written"),
    [
        (('metric = "macro_f1"',), "class", "0 or 1 is written, for"),
        ((), "probability", "probabilities are assumed, scored by log-loss"),
    ],
)
def test_what_is_written_into_a_blank_sample_is_told(
    tmp_path: Path, settings: tuple[str, ...], answers: str, written: str
) -> None:
    found = insects(tmp_path, TAGS, ("b0.png,,,", "b1.png,,,"), *settings)
    assert found.submission is not None
    assert found.submission.answers == answers
    (note,) = of_the_sample(found)
    assert f"answers nothing: {written}" in note.happened


def test_columns_of_classes_are_hardly_ever_answered_by_them(tmp_path: Path) -> None:
    assert of_the_sample(insects(tmp_path, CLASSES, ZEROS)) == []
