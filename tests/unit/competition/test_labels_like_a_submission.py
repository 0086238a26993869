"""Labels may have the sample's header and ids, and a name that says nothing."""

from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.errors import UserError
from engine.jobs.workspace import Workspace
from tests.unit.competition.builders import pictures, table

KINDS = ("cat", "dog", "owl")
ROWS = range(12)


def counted(data: Path, header: str = "id,label", filler: str = "cat") -> Path:
    """Both parts are counted from 0."""
    pictures(data / "train", [f"{row}.png" for row in ROWS])
    pictures(data / "test", [f"{row}.png" for row in ROWS], first_seed=100)
    table(data / "sample_submission.csv", header, *(f"{row},{filler}" for row in ROWS))
    return data


def kinds(data: Path, name: str = "annotations.csv") -> None:
    table(data / name, "id,label", *(f"{row},{KINDS[row % 3]}" for row in ROWS))


def test_they_are_read_where_there_are_no_others(tmp_path: Path) -> None:
    data = counted(tmp_path / "data")
    kinds(data)
    table(data / "cameras.csv", "camera,maker", "c1,one", "c2,two")
    found = load_competition(data, Workspace(tmp_path / "work"))
    assert (found.label_file, found.classes, len(found.ids)) == ("annotations.csv", KINDS, 12)
    assert {path and path.parent.name for path in found.test_paths} == {"test"}


@pytest.mark.parametrize(
    ("header", "cells"), [("id,cat,dog,owl", "0.2,0.7,0.1"), ("id,owl", "0.75")]
)
def test_probabilities_are_no_labels(tmp_path: Path, header: str, cells: str) -> None:
    data = counted(tmp_path / "data", header, cells)
    table(data / "best.csv", header, *(f"{row},{cells}" for row in ROWS))
    with pytest.raises(UserError, match="No labels recognised") as caught:
        load_competition(data, Workspace(tmp_path / "work"))
    assert "best.csv" in caught.value.happened


def test_class_folders_say_more(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for row in ROWS:
        pictures(data / "train" / KINDS[row % 3], [f"{row}.png"], first_seed=row)
    pictures(data / "test", [f"{row}.png" for row in ROWS], first_seed=100)
    for name in ("sample_submission.csv", "best.csv"):
        table(data / name, "id,label", *(f"{row},cat" for row in ROWS))
    found = load_competition(data, Workspace(tmp_path / "work"))
    assert (found.label_file, found.targets.sum(axis=0).tolist()) == (None, [4, 4, 4])


def test_what_names_no_image_is_called_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "train", ["a.png", "b.png"])
    pictures(data / "test", [f"{row}.png" for row in ROWS], first_seed=100)
    table(data / "sample_submission.csv", "id,label", *(f"{row},cat" for row in ROWS))
    kinds(data)
    with pytest.raises(UserError, match=r"None of the 12 rows of annotations\.csv names one of"):
        load_competition(data, Workspace(tmp_path / "work"))
