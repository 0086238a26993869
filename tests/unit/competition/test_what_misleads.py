"""Columns, folders and texts that look like something else than they are."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import load_competition
from engine.competition.folds import frozen_folds
from engine.competition.summary import summarise
from engine.competition.tables import read_table
from engine.errors import UserError
from tests.unit.competition.builders import pictures, silent, table, workspace


def patients(tmp_path: Path, column: str = "patient") -> Path:
    data = tmp_path / "data"
    pictures(data / "train", [f"{row}.png" for row in range(24)])
    rows = (f"{row}.png,p{row // 2},{row % 2}" for row in range(24))
    table(data / "train.csv", f"id,{column},sick", *rows)
    pictures(data / "test", ["90.png", "91.png"], 500)
    table(data / "sample_submission.csv", "id,sick", "90.png,0.5", "91.png,0.5")
    return data


def test_folds_that_tear_the_groups_asked_for_later_say_so(tmp_path: Path) -> None:
    data, place = patients(tmp_path), workspace(tmp_path, '[folds]\ngroup_column = ""\n')
    frozen_folds(load_competition(data, place), place.folds, 5, 0)
    assert load_competition(data, place).findings == ()
    # By itself, too: a patient is the same one in all images.
    (place.root / "hydra.toml").unlink()
    asked = workspace(tmp_path)
    summary = summarise(data, asked, silent)
    (torn,) = summary.findings
    assert torn.severity == "warning"
    assert "one `patient` in several folds: 10 of 12 are torn" in torn.happened
    assert '`group_column = ""`' in torn.fix
    assert not summary.grouped
    asked.folds.unlink()
    frozen_folds(load_competition(data, asked), asked.folds, 5, 0)
    summary = summarise(data, asked, silent)
    (told,) = summary.findings
    assert told.severity == "note"
    assert "folds keep its rows together" in told.happened
    assert summary.grouped


@pytest.mark.parametrize("place", ["train", "images/train"])
def test_folders_of_patients_are_no_classes(tmp_path: Path, place: str) -> None:
    """A table has the answers, and names the folders: no image of it could be told right."""
    data = tmp_path / "data"
    for patient in range(6):
        pictures(data / place / f"{patient:03}", [f"slice-{n}.png" for n in range(3)], 10 * patient)
    pictures((data / place).parent / "test" / "100", ["slice-0.png"], 500)
    table(data / "train_labels.csv", "patient,sick", *(f"{n:03},{n % 2}" for n in range(6)))
    table(data / "sample_submission.csv", "patient,sick", "100,0.5")
    with pytest.raises(UserError, match=r"has `sick` for folders of images, by `patient`") as told:
        load_competition(data, workspace(tmp_path))
    # Who says where the images lie has looked at it.
    assert f'`train = "{place}"`' in told.value.fix
    said = load_competition(data, workspace(tmp_path, f'[competition]\ntrain = "{place}"\n'))
    assert len(said.classes) == 6


@pytest.mark.parametrize(
    "rows", [("label,name", "0,Cat", "1,DOG"), ("name,label", "cat,a", "dog,b"), ("n,label", "x,0")]
)
def test_a_map_of_the_classes_is_no_table_of_patients(
    tmp_path: Path, rows: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    for number, kind in enumerate(("cat", "dog")):
        pictures(data / "train" / kind, [f"{n}.png" for n in range(6)], 10 * number)
    pictures(data / "test", ["0.png"], 500)
    table(data / "labels.csv", *rows)
    table(data / "sample_submission.csv", "id,label", "0.png,0")
    assert load_competition(data, workspace(tmp_path)).classes == ("cat", "dog")


def test_a_table_of_class_folders_may_name_other_images(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for number, kind in enumerate(("cat", "dog")):
        pictures(data / "train" / kind, [f"{n}.png" for n in range(6)], 10 * number)
    pictures(data / "test", ["0.png"], 500)
    rows = (f"x{n},{('cat', 'dog')[n % 2]}" for n in range(6))
    table(data / "train_labels.csv", "id,kind", *rows)
    table(data / "sample_submission.csv", "id,kind", "0.png,cat")
    assert load_competition(data, workspace(tmp_path)).classes == ("cat", "dog")


def test_a_sample_may_say_which_leaderboard_a_row_counts_for(tmp_path: Path) -> None:
    data = patients(tmp_path)
    rows = ("90.png,0.5,Public", "91.png,0.5,Private")
    table(data / "sample_submission.csv", "id,sick,Usage", *rows)
    found = load_competition(data, workspace(tmp_path)).submission
    assert found is not None
    assert found.answer_columns == ("sick",)


def test_a_column_of_parts_is_no_label(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "images", [f"{row}.png" for row in range(12)])
    rows = (f"{('TRAIN', 'TEST')[row % 2]},{row}.png,{row % 3}" for row in range(12))
    table(data / "blood.csv", *rows)
    assert load_competition(data, workspace(tmp_path)).classes == ("0", "1", "2")


@pytest.mark.parametrize(("encoding", "name"), [("cp1252", "“gut” 5 €"), ("latin-1", "\x81é")])
def test_text_as_windows_writes_it(tmp_path: Path, encoding: str, name: str) -> None:
    place = tmp_path / "train.csv"
    place.write_bytes(f"id,kind\na,{name}\n".encode(encoding))
    assert read_table(place).rows == (("a", name),)


def test_a_cell_may_hold_a_mask(tmp_path: Path) -> None:
    mask = " ".join(map(str, np.arange(40_000)))
    assert read_table(table(tmp_path / "train.csv", "id,rle", f"a,{mask}")).rows[0][1] == mask


def test_a_class_that_reads_like_no_label_is_quoted(tmp_path: Path) -> None:
    data = patients(tmp_path)
    rows = (f"{row}.png,{('null', 'ripe', 'raw')[row % 3]}" for row in range(24))
    table(data / "train.csv", "id,sick", *rows)
    table(data / "sample_submission.csv", "id,sick", "90.png,ripe", "91.png,raw")
    (told,) = load_competition(data, workspace(tmp_path)).findings
    assert told.happened.startswith("Images with an empty label: 8 (first: `0.png`, line 2")
    assert told.happened.endswith("which says `null`).")
    assert "call that class otherwise" in told.fix
