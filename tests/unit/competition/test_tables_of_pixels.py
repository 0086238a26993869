"""Tables with a picture a row, as Digit Recognizer has them, are read as images."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.competition.competition import load_competition
from engine.competition.unfolding import pixels_of, unfolded
from engine.errors import UserError
from engine.jobs.workspace import Workspace
from engine.submission.writer import write_submission
from tests.unit.competition.builders import picture, pictures, table, workspace

SIDE = 8
PIXELS = [f"pixel{i}" for i in range(SIDE * SIDE)]


def _rows(count: int, seed: int, width: int = SIDE * SIDE) -> list[str]:
    values = np.random.default_rng(seed).integers(0, 256, (count, width))
    return [",".join(map(str, row)) for row in values]


def _digits(root: Path, first: int = 1) -> Path:
    header = ",".join(["label", *PIXELS])
    table(root / "train.csv", header, *(f"{i % 3},{row}" for i, row in enumerate(_rows(12, 0))))
    table(root / "test.csv", ",".join(PIXELS), *_rows(3, 1))
    table(root / "sample_submission.csv", "ImageId,Label", *(f"{i + first},0" for i in range(3)))
    return root


@pytest.mark.parametrize("first", [0, 1])
def test_rows_become_pictures_in_the_samples_order(tmp_path: Path, first: int) -> None:
    data = _digits(tmp_path / "data", first)
    home = workspace(tmp_path)
    found = load_competition(data, home)
    assert found.classes == ("0", "1", "2")
    assert [str(found.classes[row.argmax()]) for row in found.targets[:4]] == ["0", "1", "2", "0"]
    assert found.test_ids == tuple(str(i + first) for i in range(3))
    for path, row in zip(found.test_paths, _rows(3, 1), strict=True):
        assert path is not None
        assert path.is_relative_to(home.cache)
        assert np.asarray(Image.open(path)).ravel().tolist() == [*map(int, row.split(","))]
    assert sorted(path.name for path in data.iterdir()) == [
        "sample_submission.csv",
        "test.csv",
        "train.csv",
    ]
    assert any("Tables of pixels" in f.happened for f in found.findings)
    write_submission(found, found.test_ids, np.eye(3), tmp_path / "m.csv")
    lines = (tmp_path / "m.csv").read_text().splitlines()
    assert lines == ["ImageId,Label", *(f"{i + first},{i}" for i in range(3))]


def test_pictures_are_written_once(tmp_path: Path) -> None:
    data, home = _digits(tmp_path / "data"), workspace(tmp_path)
    before = load_competition(data, home).paths[0]
    written = before.stat().st_mtime_ns
    assert load_competition(data, home).paths[0] == before
    assert before.stat().st_mtime_ns == written


def test_other_columns_stay_beside_the_names(tmp_path: Path) -> None:
    """Labels of test images are there to be answered, and a few illustrations lie beside."""
    data = tmp_path / "data"
    header = ",".join(["label", *PIXELS])
    for part, seed in (("train", 0), ("test", 1)):
        rows = (f"{i % 3},{row}" for i, row in enumerate(_rows(9, seed)))
        table(data / f"sign_{part}" / f"sign_{part}.csv", header, *rows)
    picture(data / "signs.png", 1)
    found = load_competition(data, workspace(tmp_path))
    assert len(found.paths) == 9
    assert found.test_ids[:2] == ("1.png", "2.png")
    assert found.submission is not None
    assert found.submission.columns == ("image", "label")


def test_colours_take_turns(tmp_path: Path) -> None:
    names = [f"pixel{i:04}" for i in range(3 * SIDE * SIDE)]
    path = table(tmp_path / "rgb.csv", ",".join([*names, "label"]), f"{_rows(1, 0, 192)[0]},4")
    read = pixels_of(path)
    assert read is not None
    assert (read.mode, read.side) == ("RGB", SIDE)
    folder = unfolded(path, read, 1, Workspace(tmp_path))
    image = Image.open(folder / "images" / "1.png")
    assert np.asarray(image).ravel().tolist() == [*map(int, _rows(1, 0, 192)[0].split(","))]
    assert (folder / "rgb.csv").read_text() == "image,label\n1.png,4\n"


def test_pixels_beside_images_are_left_alone(tmp_path: Path) -> None:
    """A set of photographs that has small copies of them in a table, too."""
    data = _digits(tmp_path / "data")
    pictures(data / "images", [f"a{i}.png" for i in range(30)])
    table(data / "labels.csv", "id,label", *(f"a{i},{'xy'[i % 2]}" for i in range(30)))
    (data / "sample_submission.csv").unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.label_file == "labels.csv"
    assert not (workspace(tmp_path).cache / "unfolded").exists()


@pytest.mark.parametrize("cell", ["0.5", "256", "", "x"])
def test_what_is_no_pixel_is_told_with_its_line(tmp_path: Path, cell: str) -> None:
    data = _digits(tmp_path / "data")
    table(data / "test.csv", ",".join(PIXELS), _rows(1, 0)[0], ",".join([cell, *["0"] * 63]))
    with pytest.raises(UserError, match=r"test\.csv, line 3: a cell in the columns of pixels"):
        load_competition(data, workspace(tmp_path))
    cache = workspace(tmp_path).cache / "unfolded"
    assert all(not path.name.startswith((".", "test")) for path in cache.iterdir())


def test_columns_that_make_no_square_are_no_picture(tmp_path: Path) -> None:
    assert pixels_of(table(tmp_path / "a.csv", ",".join(PIXELS[:-1]), "1")) is None
    assert (
        pixels_of(table(tmp_path / "b.csv", ",".join(f"pixel{i}" for i in range(70)), "1")) is None
    )
    assert pixels_of(tmp_path / "absent.csv") is None
