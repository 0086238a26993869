"""A sample's column of image names may have no header, as pandas writes an index."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import Competition, load_competition
from engine.errors import UserError
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, table, workspace

KINDS = ("cat", "dog", "owl")
TEST = range(4)


def pets(tmp_path: Path, *sample: str, labels: str = "image,label", has_test: bool = True) -> Path:
    data = tmp_path / "data"
    pictures(data / "train", [f"a{row}.png" for row in range(9)])
    if has_test:
        pictures(data / "test", [f"b{row}.png" for row in TEST], first_seed=100)
    lines = (f"a{row},{KINDS[row % 3]}" for row in range(9))
    if labels != "image,label":
        lines = (f"a{row},{row % 2},{int(row % 3 == 0)},{row // 5}" for row in range(9))
    table(data / "train.csv", labels, *lines)
    table(data / "sample_submission.csv", *sample)
    return data


def written(found: Competition, answers: np.ndarray, path: Path) -> list[str]:
    write_submission(found, found.test_ids, answers, path)
    return path.read_text().splitlines()


@pytest.mark.parametrize("name", ["", "Unnamed: 0"])
def test_the_names_are_the_ids_and_the_header_stays(tmp_path: Path, name: str) -> None:
    data = pets(tmp_path, f"{name},label", *(f"b{row},cat" for row in TEST))
    found = load_competition(data, workspace(tmp_path))
    assert [path and path.stem for path in found.test_paths] == ["b0", "b1", "b2", "b3"]
    lines = written(found, np.eye(3)[[1, 0, 0, 2]], tmp_path / "m.csv")
    assert lines == [f"{name},label", "b0,dog", "b1,cat", "b2,cat", "b3,owl"]


def test_no_answer_is_taken_for_the_ids(tmp_path: Path) -> None:
    sample = (",cat,dog,owl", *(f"b{row},0,0,0" for row in TEST))
    data = pets(tmp_path, *sample, labels="image,cat,dog,owl")
    found = load_competition(data, workspace(tmp_path))
    assert found.classes == KINDS
    lines = written(found, np.full((4, 3), 0.25), tmp_path / "m.csv")
    assert lines[:2] == [",cat,dog,owl", "b0,0.25000000,0.25000000,0.25000000"]


@pytest.mark.parametrize(
    ("header", "line", "expected"),
    [
        (",label", "b{row},cat", "column 1"),
        (",image,label", "{row},b{row},cat", "image"),
        ("image,,label", "b{row},{row},cat", "image"),
    ],
)
def test_before_the_test_images_are_there(
    tmp_path: Path, header: str, line: str, expected: str
) -> None:
    rows = (line.format(row=row) for row in TEST)
    data = pets(tmp_path, header, *rows, has_test=False)
    found = load_competition(data, workspace(tmp_path))
    assert found.submission is not None
    assert found.submission.id_column == expected


def test_an_answer_without_a_header_stays(tmp_path: Path) -> None:
    data = pets(tmp_path, "image,", *(f"b{row},cat" for row in TEST))
    found = load_competition(data, workspace(tmp_path))
    lines = written(found, np.eye(3)[[1, 0, 0, 2]], tmp_path / "m.csv")
    assert lines[:2] == ["image,", "b0,dog"]


def test_the_labels_may_have_none_either(tmp_path: Path) -> None:
    data = pets(tmp_path, ",label", *(f"b{row},cat" for row in TEST))
    table(data / "train.csv", ",label", *(f"a{row},{KINDS[row % 3]}" for row in range(9)))
    found = load_competition(data, workspace(tmp_path))
    assert (found.classes, found.ids[:2]) == (KINDS, ("a0", "a1"))


def test_a_count_of_the_rows_labels_no_images(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "train", [f"{row}.png" for row in range(9)])
    table(data / "train.csv", ",camera,label", *(f"{row},c{row},cat" for row in range(9)))
    with pytest.raises(UserError, match="None of the 9 rows"):
        load_competition(data, workspace(tmp_path))


def test_a_submission_of_such_ids_is_no_label_file(tmp_path: Path) -> None:
    data = tmp_path / "data"
    numbers = (3, 1, 4, 0, 5, 2)
    pictures(data / "train", [f"{row}.png" for row in numbers])
    pictures(data / "test", [f"{row}.png" for row in numbers], first_seed=100)
    table(data / "sample_submission.csv", ",label", *(f"{row},cat" for row in numbers))
    table(data / "best.csv", ",label", *(f"{row},dog" for row in numbers))
    table(data / "listing.csv", "id,label", *(f"{row},{KINDS[row % 3]}" for row in numbers))
    found = load_competition(data, workspace(tmp_path))
    assert (found.label_file, found.classes) == ("listing.csv", KINDS)


@pytest.mark.parametrize("end", ["", " ", "  "])
@pytest.mark.parametrize("gap", [" ", "   ", "\t", ","])
def test_a_text_file_of_names_and_numbers_has_the_labels(
    tmp_path: Path, gap: str, end: str
) -> None:
    data = pets(tmp_path, "image,label", *(f"b{row}.png,0" for row in TEST))
    (data / "train.csv").unlink()
    table(data / "list.txt", *(f"a{row}.png{gap}{row % 3}{end}" for row in range(9)))
    found = load_competition(data, workspace(tmp_path, '[competition]\nlabels = "list.txt"\n'))
    assert found.classes == ("0", "1", "2")
    assert len(found.paths) == 9
