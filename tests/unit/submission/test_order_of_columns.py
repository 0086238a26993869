"""Answers are written in the order of the sample's columns, its id wherever it stands."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import Competition, load_competition
from engine.competition.findings import SubmissionFormat
from engine.errors import UserError
from engine.submission.checking import check_submission
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, table, workspace

KINDS = ("cat", "dog", "owl")


def pets(tmp_path: Path, header: str, line: str) -> Competition:
    data = tmp_path / "data"
    pictures(data / "train", [f"a{row}.png" for row in range(9)])
    pictures(data / "test", ["b,0.png", "b1.png"], first_seed=100)
    table(data / "train.csv", "id,label", *(f"a{row},{KINDS[row % 3]}" for row in range(9)))
    lines = (line.format(id=name) for name in ('"b,0"', "b1"))
    table(data / "sample_submission.csv", header, *lines)
    return load_competition(data, workspace(tmp_path))


@pytest.mark.parametrize(
    ("header", "line", "lines"),
    [
        ("label,id", "cat,{id}", ["label,id", 'owl,"b,0"', "dog,b1"]),
        ("label,", "cat,{id}", ["label,", 'owl,"b,0"', "dog,b1"]),
        (
            "cat,owl,id,dog",
            "0,0,{id},1",
            [
                "cat,owl,id,dog",
                '0.12500000,0.25000000,"b,0",0.62500000',
                "0.12500000,0.75000000,b1,0.12500000",
            ],
        ),
        # A count of the rows is not written, and takes no place.
        (
            ",cat,id,owl,dog",
            "7,0.3,{id},0.3,0.3",
            [
                "cat,id,owl,dog",
                '0.12500000,"b,0",0.25000000,0.62500000',
                "0.12500000,b1,0.75000000,0.12500000",
            ],
        ),
    ],
)
def test_the_order_is_the_samples(tmp_path: Path, header: str, line: str, lines: list[str]) -> None:
    found = pets(tmp_path, header, line)
    # The classes are in the sample's order, too.
    answers = np.array([[0.125, 0.25, 0.625], [0.125, 0.75, 0.125]])
    check = write_submission(found, found.test_ids, answers, tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text().splitlines() == lines
    assert check.rows == 2


def test_a_remembered_format_without_an_order_has_the_id_first() -> None:
    form = SubmissionFormat.model_validate(
        {"id_column": "id", "answer_columns": ["x"], "answers": "class", "rows": 1, "file": ""}
    )
    assert form.columns == ("id", "x")


def test_a_wrong_id_is_found_where_it_stands(tmp_path: Path) -> None:
    found = pets(tmp_path, "label,id", "cat,{id}")
    with pytest.raises(UserError, match="line 3 answers `b2`"):
        check_submission(found, 'label,id\ncat,"b,0"\ncat,b2\n', "m.csv")


@pytest.mark.parametrize("settings", ["", '[competition]\nid_column = "Image_Name"\n'])
def test_a_first_column_that_counts_the_rows_is_written(tmp_path: Path, settings: str) -> None:
    data = tmp_path / "data"
    pictures(data / "train", [f"a{row}.png" for row in range(9)])
    pictures(data / "test", [f"b{row}.png" for row in range(3)], first_seed=100)
    table(data / "train.csv", "Image_Name,Label", *(f"a{i}.png,{KINDS[i % 3]}" for i in range(9)))
    lines = (f"{row + 1},b{row}.png," for row in range(3))
    table(data / "sample_submission.csv", "S.No.,Image_Name,Prediction", *lines)
    found = load_competition(data, workspace(tmp_path, settings))
    assert found.test_ids == ("b0.png", "b1.png", "b2.png")
    write_submission(found, found.test_ids, np.eye(3), tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text().splitlines() == [
        "S.No.,Image_Name,Prediction",
        "1,b0.png,cat",
        "2,b1.png,dog",
        "3,b2.png,owl",
    ]
