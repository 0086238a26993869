"""Ids may be a part of the files' names, between what all of these begin and end with."""

from pathlib import Path

import pytest

from engine.competition.affixes import Affixes, between
from engine.competition.competition import load_competition
from engine.errors import UserError
from tests.unit.competition.builders import pictures, table, workspace

KINDS = ("cat", "dog", "owl")
ROWS = range(9)


def pets(
    root: Path, train: str, test: str, answers: range = range(20, 24), folder: str = "{}"
) -> Path:
    pictures(root / folder.format("train"), [train.format(row) for row in ROWS])
    pictures(root / folder.format("test"), [test.format(row) for row in answers], 100)
    table(root / "train.csv", "id,label", *(f"{row},{KINDS[row % 3]}" for row in ROWS))
    table(root / "sample_submission.csv", "id,label", *(f"{row},cat" for row in answers))
    return root


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        ("{}_thumbnail.png", "{}_thumbnail.png", 1),
        ("img_{}.png", "img_{}.png", 1),
        ("train_{:04d}.png", "test_{:04d}.png", 2),
        ("pet ({}).png", "pet ({}).png", 1),
        ("{}.png", "img{}.png", 1),
        ("x_{}_y.png", "{}.png", 1),
    ],
)
@pytest.mark.parametrize("answers", [range(20, 24), range(100, 101)])
def test_ids_are_found_between(
    tmp_path: Path, train: str, test: str, said: int, answers: range
) -> None:
    data = pets(tmp_path / "data", train, test, answers)
    found = load_competition(data, workspace(tmp_path))
    assert found.ids == tuple(map(str, ROWS))
    assert [path.name for path in found.paths] == [train.format(row) for row in ROWS]
    assert [path and path.name for path in found.test_paths] == [test.format(r) for r in answers]
    notes = [one for one in found.findings if "parts of the files' names" in one.happened]
    assert len(notes) == len(found.findings) == said
    assert {one.severity for one in notes} == {"note"}


def test_the_note_tells_what_was_taken_away(tmp_path: Path) -> None:
    data = pets(tmp_path / "data", "img_{}_small.png", "img_{}_small.png")
    (note,) = load_competition(data, workspace(tmp_path)).findings
    assert note.happened == (
        "The ids in train.csv are parts of the files' names, without `img_` and `_small`: "
        "`0` is train/img_0_small.png."
    )


def test_small_copies_are_the_images_where_there_are_no_others(tmp_path: Path) -> None:
    name = "{}_thumbnail.png"
    data = pets(tmp_path / "data", name, name, folder="{}_thumbnails")
    found = load_competition(data, workspace(tmp_path))
    assert found.layout == (
        "train.csv names the images in train_thumbnails/; test images in test_thumbnails/"
    )
    assert None not in found.test_paths
    # Beside large ones they are not used.
    pictures(data / "train_images", [f"{row}.png" for row in ROWS], 200)
    pictures(data / "test_images", [f"{row}.png" for row in range(20, 24)], 300)
    found = load_competition(data, workspace(tmp_path))
    assert {path.parent.name for path in found.paths} == {"train_images"}


def test_class_folders_with_a_sample_of_numbers(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for place, kind in enumerate(KINDS):
        pictures(data / "train" / kind, [f"img_{place * 3 + i}.png" for i in range(3)], place * 10)
    pictures(data / "test", [f"img_{row}.png" for row in range(1, 5)], 100)
    table(data / "sample_submission.csv", "id,label", *(f"{row},cat" for row in range(1, 5)))
    found = load_competition(data, workspace(tmp_path))
    assert [path and path.name for path in found.test_paths] == [
        f"img_{r}.png" for r in range(1, 5)
    ]
    assert found.classes == KINDS


def test_a_row_without_an_image_says_that_no_row_is_meant(tmp_path: Path) -> None:
    data = pets(tmp_path / "data", "img_{}.png", "img_{}.png")
    (data / "train" / "img_4.png").unlink()
    with pytest.raises(UserError, match="None of the 9 rows"):
        load_competition(data, workspace(tmp_path))


def test_answers_that_are_not_all_there_are_missing(tmp_path: Path) -> None:
    data = pets(tmp_path / "data", "{}.png", "img_{}.png")
    (data / "test" / "img_21.png").unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.test_paths == (None,) * 4
    assert "4 of 4" in found.findings[0].happened


@pytest.mark.parametrize(
    ("ids", "files", "affixes"),
    [
        (["10", "11"], ["img_10.png", "img_11.png"], ("img_", "")),
        (["ISIC_1", "ISIC_2"], ["train_ISIC_1.png", "train_ISIC_2.png"], ("train_", "")),
        (["abc", "abd"], ["x-abc.png", "x-abd.png"], ("x-", "")),
        (["a_l", "b_l"], ["a_l_2.png", "b_l_2.png"], ("", "_2")),
        (["1", "1"], ["img_1.png", "img_2.png"], None),
        (["a1", "a2"], ["b1.png", "b2.png"], None),
        (["1"], [], None),
        ([], ["img_1.png"], None),
    ],
)
def test_what_stands_around_ids(
    ids: list[str], files: list[str], affixes: tuple[str, str] | None
) -> None:
    found = between(ids, files)
    assert (found and found[0]) == (affixes and Affixes(*affixes))
