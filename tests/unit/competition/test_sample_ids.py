"""The sample's column that names the test images need not be its first."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import load_competition
from engine.errors import UserError
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, table, workspace

KINDS = ("cat", "dog", "owl")
HEADER = "image,label"


def pets(folder: Path, labels: str = HEADER) -> Path:
    pictures(folder / "train", [f"{row}.png" for row in range(9)])
    pictures(folder / "test", [f"{row}.png" for row in range(100, 104)], first_seed=100)
    table(folder / "train.csv", labels, *(f"{row}.png,{KINDS[row % 3]}" for row in range(9)))
    return folder


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (",image,label", "{place},{row}.png,cat"),
        ("Unnamed: 0,image,label", "{place},{row}.png,cat"),
        ("label,image", "cat,{row}.png"),
        ("index,image,label", "{row},{row}.png,cat"),
    ],
)
def test_what_names_the_images_is_the_id(tmp_path: Path, header: str, line: str) -> None:
    data = pets(tmp_path / "data")
    lines = [line.format(place=place, row=100 + place) for place in range(4)]
    table(data / "sample_submission.csv", header, *lines)
    found = load_competition(data, workspace(tmp_path))
    assert [path and path.stem for path in found.test_paths] == ["100", "101", "102", "103"]
    assert found.submission is not None
    assert found.submission.id_column == "image"


@pytest.mark.parametrize(
    ("header", "lines"),
    [(",image,label", [HEADER, "100.png,dog"]), ("label,image", ["label,image", "dog,100.png"])],
)
def test_the_answers_are_written_by_their_names(
    tmp_path: Path, header: str, lines: list[str]
) -> None:
    data = pets(tmp_path / "data")
    places = {"image": "{row}.png", "label": "cat", "": "0"}
    line = ",".join(places[name] for name in header.split(","))
    rows = (line.format(row=row) for row in range(100, 104))
    table(data / "sample_submission.csv", header, *rows)
    found = load_competition(data, workspace(tmp_path))
    write_submission(found, found.test_ids, np.eye(3)[[1, 0, 0, 0]], tmp_path / "m.csv")
    assert (tmp_path / "m.csv").read_text().splitlines()[:2] == lines


def test_a_first_column_that_names_images_stays_the_id(tmp_path: Path) -> None:
    data = pets(tmp_path / "data")
    rows = (f"{row},{203 - row},cat" for row in range(100, 104))
    table(data / "sample_submission.csv", "id,image,label", *rows)
    settings = '[competition]\nanswers = "class"\n'
    with pytest.raises(UserError, match="asks for image, label") as caught:
        load_competition(data, workspace(tmp_path, settings))
    assert "`id_column`, if `id` does not" in str(caught.value)


def test_where_nothing_is_found_the_remedy_names_the_setting(tmp_path: Path) -> None:
    data = pets(tmp_path / "data")
    table(data / "sample_submission.csv", HEADER, "x1,cat", "x2,dog")
    (finding, *_) = load_competition(data, workspace(tmp_path)).findings
    assert "2 of 2" in finding.happened
    assert "`id_column`" in finding.fix


def test_a_column_that_tells_no_rows_apart_is_no_remedy(tmp_path: Path) -> None:
    data = pets(tmp_path / "data")
    table(data / "sample_submission.csv", HEADER, "x1,cat", "x2,cat")
    (finding, *_) = load_competition(data, workspace(tmp_path)).findings
    assert "2 of 2" in finding.happened
    assert "id_column" not in finding.fix
    assert "test/ are called otherwise, such as 100.png" in finding.fix
