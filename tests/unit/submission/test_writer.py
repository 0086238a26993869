"""The answer file is exactly the sample's, or is not written."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from engine.competition.competition import Competition, load_competition
from engine.competition.findings import MetricName, SubmissionFormat, TargetKind
from engine.errors import UserError
from engine.submission.checking import check_submission
from engine.submission.guessing import is_offered
from engine.submission.writer import write_submission
from tests.unit.competition.builders import flowers, workspace

BINARY, MULTICLASS, MULTILABEL = TargetKind


def competition(
    kind: TargetKind,
    classes: tuple[str, ...],
    columns: tuple[str, ...],
    answers: Literal["probability", "class"] = "probability",
    ids: tuple[str, ...] = ("b", "a"),
    separator: str = ",",
) -> Competition:
    return Competition(
        name="made up",
        folder=Path("nowhere"),
        kind=kind,
        classes=classes,
        ids=(),
        paths=(),
        targets=np.zeros((0, len(classes)), np.float32),
        groups=None,
        test_ids=ids,
        test_paths=tuple(Path(f"test/{name}.jpg") for name in ids),
        submission=SubmissionFormat(
            id_column="id",
            answer_columns=columns,
            answers=answers,
            rows=len(ids),
            file="sample_submission.csv",
            separator=separator,
        ),
        metric="log_loss",
        layout="",
        label_file=None,
        findings=(),
    )


ROSES = competition(BINARY, ("rose", "tulip"), ("tulip",))
PETS = competition(MULTICLASS, ("cat", "dog", "elk"), ("cat", "dog", "elk"))
TAGS = competition(MULTILABEL, ("sun", "rain"), ("sun", "rain"))


@pytest.mark.parametrize(
    ("asked", "probabilities", "text"),
    [
        (ROSES, [[0.25], [1.0]], "id,tulip\nb,0.99999990\na,0.25000000\n"),
        (
            competition(BINARY, ("rose", "tulip"), ("kind",), "class"),
            [[0.25], [0.5]],
            "id,kind\nb,tulip\na,rose\n",
        ),
        (
            PETS,
            [[0.5, 0.25, 0.25], [0, 0, 1]],
            "id,cat,dog,elk\nb,0.00000010,0.00000010,0.99999980\n"
            "a,0.50000000,0.25000000,0.25000000\n",
        ),
        (
            competition(MULTICLASS, ("cat", "dog", "elk"), ("kind",), "class"),
            [[0.5, 0.25, 0.25], [0, 0, 1]],
            "id,kind\nb,elk\na,cat\n",
        ),
        (
            competition(MULTICLASS, ("cat", "dog", "elk"), ("cat", "dog", "elk"), "class"),
            [[0.5, 0.25, 0.25], [0, 0, 1]],
            "id,cat,dog,elk\nb,0,0,1\na,1,0,0\n",
        ),
        (
            TAGS,
            [[0.9, 0.8], [0, 1]],
            "id,sun,rain\nb,0.00000010,0.99999990\na,0.90000000,0.80000000\n",
        ),
        (
            competition(MULTILABEL, ("sun", "rain"), ("tags",), "class"),
            [[0.9, 0.8], [0, 0.1]],
            "id,tags\nb,rain\na,sun rain\n",
        ),
    ],
)
def test_rows_come_in_the_samples_order_and_form(
    tmp_path: Path, asked: Competition, probabilities: list[list[float]], text: str
) -> None:
    path = tmp_path / "submissions" / "x.csv"
    check = write_submission(asked, ("a", "b"), np.array(probabilities), path)
    assert path.read_text() == text
    assert (check.rows, check.columns, check.path) == (2, tuple(text.split()[0].split(",")), path)
    assert len(check.digest) == 64


def test_only_log_loss_is_kept_from_zero(tmp_path: Path) -> None:
    ranked = replace(ROSES, metric="auc")
    write_submission(ranked, ("a", "b"), np.array([[0.0], [1.0]]), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "id,tulip\nb,1\na,0\n"


def test_what_is_scored_by_its_order_keeps_it_among_the_nearly_impossible(tmp_path: Path) -> None:
    ranked = replace(ROSES, metric="auc")
    write_submission(ranked, ("a", "b"), np.array([[2e-11], [3e-11]]), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "id,tulip\nb,3e-11\na,2e-11\n"


def test_an_image_without_any_tag_is_no_answer() -> None:
    tagged = competition(MULTILABEL, ("sun", "rain"), ("tags",), "class")
    with pytest.raises(UserError, match="answers ``"):
        check_submission(tagged, "id,tags\nb,\na,sun rain\n", "x.csv")


def test_grades_are_answered_by_the_nearest_to_the_expected_one(tmp_path: Path) -> None:
    graded = competition(MULTICLASS, ("0", "1", "2"), ("grade",), "class")
    # The likeliest is 0; half of the rest is as far from it as can be.
    chances = np.array([[0.45, 0.15, 0.4], [0.1, 0.2, 0.7]])
    asked_for: dict[MetricName, str] = {"accuracy": "0", "quadratic_kappa": "1"}
    for metric, answer in asked_for.items():
        asked = replace(graded, metric=metric)
        write_submission(asked, ("a", "b"), chances, tmp_path / "x.csv")
        assert (tmp_path / "x.csv").read_text() == f"id,grade\nb,2\na,{answer}\n"


def test_separators_and_awkward_ids_are_kept(tmp_path: Path) -> None:
    ids = ("x; 1", 'say "x"', "0012")
    asked = competition(BINARY, ("0", "1"), ("label",), ids=ids, separator=";")
    write_submission(asked, ids, np.full(3, 0.5), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().splitlines() == [
        "id;label",
        '"x; 1";0.50000000',
        '"say ""x""";0.50000000',
        "0012;0.50000000",
    ]


@pytest.mark.parametrize("classes", [3, 120, 1000])
def test_rows_sum_to_one_as_written(tmp_path: Path, classes: int) -> None:
    names = tuple(f"c{i}" for i in range(classes))
    ids = tuple(str(i) for i in range(50))
    raw = np.random.default_rng(0).random((50, classes)).astype(np.float16)
    raw[0] = 1
    probabilities = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
    asked = competition(MULTICLASS, names, names, ids=ids)
    write_submission(asked, ids, probabilities, tmp_path / "x.csv")
    for line in (tmp_path / "x.csv").read_text().splitlines()[1:]:
        assert abs(sum(float(cell) for cell in line.split(",")[1:]) - 1) < 1e-9


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([[0.5, 0.25, 0.25], [np.nan, 0, 1]], "`b` (row 1) is not a number"),
        ([[0.5, 0.25, np.inf], [0, 0, 1]], "`a` (row 2) is not a number"),
        ([[0.5, 0.7, -0.2], [0, 0, 1]], "`a` (row 2) lies outside 0 to 1"),
        ([[0.5, 0.25, 0.25], [0.5, 0.5, 0.5]], "`b` (row 1) does not sum to 1"),
        ([[0.5, 0.5], [0.5, 0.5]], "shape (2, 2)"),
        ([[0.5, 0.25, 0.25]], "shape (1, 3)"),
    ],
)
def test_faults_are_named_and_the_old_file_stays(
    tmp_path: Path, rows: list[list[float]], says: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("old")
    with pytest.raises(UserError) as caught:
        write_submission(PETS, ("a", "b"), np.array(rows), path)
    assert says in caught.value.happened
    assert path.read_text() == "old"


def test_a_missing_prediction_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="1 of 2 test images have no prediction") as caught:
        write_submission(ROSES, ("a", "c"), np.full(2, 0.5), tmp_path / "x.csv")
    assert "`b`" in caught.value.happened


def test_an_unreadable_or_missing_test_image_stops_the_export(tmp_path: Path) -> None:
    half = np.full(2, 0.5)
    with pytest.raises(UserError, match=r"`a\.jpg` can't be answered: not an image"):
        write_submission(ROSES, ("a", "b"), half, tmp_path / "x.csv", {1: "not an image"})
    missing = replace(ROSES, test_paths=(None, Path("test/a.jpg")))
    with pytest.raises(UserError, match="`b` can't be answered: the file is missing"):
        write_submission(missing, ("a", "b"), half, tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_what_went_missing_after_it_was_predicted_is_answered(tmp_path: Path) -> None:
    missing = replace(ROSES, test_paths=(None, *ROSES.test_paths[1:]))
    sure, reasons = np.array([0.1, 0.9]), {1: "not an image"}
    path = tmp_path / "x.csv"
    with pytest.raises(UserError, match=r"`a\.jpg` can't be answered"):
        write_submission(missing, missing.test_ids, sure, path, reasons, answered={0})
    written = write_submission(missing, missing.test_ids, sure, path, reasons, answered={0, 1})
    assert written.guessed == ()
    answers = [float(line.split(",")[1]) for line in path.read_text().splitlines()[1:]]
    assert answers == pytest.approx([0.1, 0.9])


def test_what_cannot_be_seen_is_answered_by_the_class_shares_when_asked_for(tmp_path: Path) -> None:
    targets = np.array([[1.0], [0.0], [0.0], [0.0]])
    asked = replace(ROSES, test_paths=(None, *ROSES.test_paths[1:]), targets=targets)
    path = tmp_path / "x.csv"
    sure = np.array([0.1, 0.9])
    with pytest.raises(UserError, match="can't be answered") as caught:
        write_submission(asked, asked.test_ids, sure, path)
    assert is_offered(caught.value)
    written = write_submission(asked, asked.test_ids, sure, path, guess=True)
    assert written.guessed == (asked.test_ids[0],)
    answers = [float(line.split(",")[1]) for line in path.read_text().splitlines()[1:]]
    assert answers == pytest.approx([0.25, 0.9])
    assert write_submission(ROSES, ROSES.test_ids, sure, path, guess=True).guessed == ()


def test_every_test_image_that_stops_the_export_has_its_own_reason(tmp_path: Path) -> None:
    asked = competition(BINARY, ("0", "1"), ("label",), ids=tuple("abcdefgh"))
    asked = replace(asked, test_paths=(None, *asked.test_paths[1:]))
    reasons = {2: "cut off", **dict.fromkeys(range(3, 8), "not an image")}
    with pytest.raises(UserError) as caught:
        write_submission(asked, asked.test_ids, np.full(8, 0.5), tmp_path / "x.csv", reasons)
    assert caught.value.happened == (
        "7 test images can't be answered: `a`: the file is missing; `c.jpg`: cut off; "
        "`d.jpg`: not an image; `e.jpg`: not an image; `f.jpg`: not an image; and 2 more."
    )


def test_what_reads_back_otherwise_is_not_put_in_place(tmp_path: Path) -> None:
    asked = competition(BINARY, ("0", "1"), ("label",), ids=("two\nlines", "b"))
    with pytest.raises(UserError, match=r"x\.csv"):
        write_submission(asked, asked.test_ids, np.full(2, 0.5), tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_without_test_images_there_is_nothing_to_answer(tmp_path: Path) -> None:
    asked = replace(ROSES, submission=None, test_ids=(), test_paths=())
    with pytest.raises(UserError, match="no test images"):
        write_submission(asked, (), np.zeros((0, 1)), tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,dog,cat,elk\nb,0,0,1\na,0,0,1\n", "has the columns"),
        ("id,cat,dog,elk\nb,0,0,1\n", "has 1 rows"),
        ("id,cat,dog,elk\na,0,0,1\nb,0,0,1\n", "line 2 answers `a`"),
        ("id,cat,dog,elk\nb,0,0,1\na,0,x,1\n", "line 3 answers `0 x 1`"),
        ("id,cat,dog,elk\nb,0,0,1\na,0,-1,2\n", "line 3 answers -1.0 to 2.0"),
        ("id,cat,dog,elk\nb,0,0,1\na,0,nan,1\n", "line 3 answers"),
        ("id,cat,dog,elk\nb,0,0,0.99999\na,0,0,1\n", "line 2 sums to 0.99999"),
    ],
)
def test_a_file_is_checked_against_the_sample(text: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        check_submission(PETS, text, "x.csv")
    assert says in caught.value.happened


def test_a_class_that_does_not_exist_is_no_answer() -> None:
    asked = competition(MULTICLASS, ("cat", "dog"), ("kind",), "class")
    check_submission(asked, "id,kind\nb,cat\na,dog\n", "x.csv")
    with pytest.raises(UserError, match="line 3 answers `cow`"):
        check_submission(asked, "id,kind\nb,cat\na,cow\n", "x.csv")


def test_a_loaded_competition_is_answered(tmp_path: Path) -> None:
    found = load_competition(flowers(tmp_path / "data"), workspace(tmp_path))
    write_submission(found, found.test_ids, np.full((4, 1), 0.5), tmp_path / "x.csv")
    sample = (tmp_path / "data" / "sample_submission.csv").read_text()
    assert (tmp_path / "x.csv").read_text() == sample.replace("0.5", "0.50000000")
