"""An id that is spelled like several files, and like none exactly, is not called missing."""

from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.competition.names import ImageIndex
from engine.errors import UserError
from tests.unit.competition.builders import flowers, picture, pictures, table, workspace


def shouted(root: Path) -> Path:
    """Files in capitals, ids in both kinds of letters."""
    pictures(root / "train", [f"IMG_{row}.PNG" for row in range(8)])
    pictures(root / "test", [f"IMG_{row}.PNG" for row in range(4)], 100)
    table(root / "train.csv", "id,tulip", *(f"Img_{row},{row % 2}" for row in range(8)))
    table(root / "sample_submission.csv", "id,tulip", *(f"Img_{row},0.5" for row in range(4)))
    return root


def test_what_an_id_may_be_is_told(tmp_path: Path) -> None:
    data = shouted(tmp_path / "data")
    picture(data / "train" / "img_0.jpg", 50)
    picture(data / "test" / "img_3.jpg", 51)
    found = load_competition(data, workspace(tmp_path))
    assert len(found.ids) == 7
    assert [path is None for path in found.test_paths] == [False, False, False, True]
    train, test = (one for one in found.findings if one.severity == "warning")
    assert "Ids in train.csv that may mean several files: 1" in train.happened
    assert "`Img_0` may be train/IMG_0.PNG or train/img_0.jpg" in train.happened
    assert (train.files, train.count, train.severity) == (("Img_0",), 1, "warning")
    assert "`Img_3` may be test/IMG_3.PNG or test/img_3.jpg" in test.happened
    assert not any("without an image" in one.happened for one in found.findings)
    assert not any("are missing" in one.happened for one in found.findings)


def test_where_every_id_is_unclear_that_is_the_error(tmp_path: Path) -> None:
    data = shouted(tmp_path / "data")
    pictures(data / "train", [f"IMG_{row}.JPG" for row in range(8)], 50)
    with pytest.raises(UserError) as caught:
        load_competition(data, workspace(tmp_path))
    assert "`Img_0` may be train/IMG_0.JPG or train/IMG_0.PNG" in caught.value.happened
    assert "None of the" not in caught.value.happened


def test_classes_are_no_unclear_ids(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    for row in range(1, 9):
        picture(data / "train" / "images" / f"{row}.png", 50 + row)
    table(data / "train_labels.csv", "name,tulip", *(f"a{i},{i % 2 + 1}" for i in range(1, 9)))
    with pytest.raises(UserError, match="None of the 8 rows"):
        load_competition(data, workspace(tmp_path))


@pytest.mark.parametrize(
    ("identifier", "alike"),
    [
        ("Img_1", ("IMG_1.JPG", "img_1.png", "sub/img_1.gif")),
        ("img_1", ()),
        ("Img_2", ()),
        ("Img_3", ()),
        ("1", ("01.png", "001.png")),
        ("1.0", ("01.png", "001.png")),
        ("other/Img_1.jpg", ()),
    ],
)
def test_alike_are_the_files_of_a_spelling(identifier: str, alike: tuple[str, ...]) -> None:
    files = ["IMG_1.JPG", "img_1.png", "sub/img_1.gif", "IMG_2.png", "01.png", "001.png"]
    assert ImageIndex(files).alike(identifier) == alike
