"""The sample's ids need not be names of files: a table of the test images tells which are which."""

from pathlib import Path

import pytest

from engine.competition.competition import Competition, load_competition
from engine.errors import UserError
from tests.unit.competition.builders import pictures, table, workspace

KINDS = ("cat", "dog", "owl")
# The file of each id from 0 to 3.
FILES = (2, 0, 3, 1)


def pets(root: Path, header: str = "id,image,label", is_asked: bool = True) -> Path:
    """Files counted from 0 in both folders, and ids that are numbers of their own."""
    pictures(root / "train", [f"{row}.png" for row in range(9)])
    pictures(root / "test", [f"{row}.png" for row in range(4)], 100)
    lines = (f"{row * 4 % 9},{row}.png,{KINDS[row % 3]}" for row in range(9))
    table(root / "train.csv", header, *lines)
    if is_asked:
        table(root / "test.csv", "id,image", *(f"{i},{FILES[i]}.png" for i in range(4)))
    table(root / "sample_submission.csv", "id,label", *(f"{i},cat" for i in range(4)))
    return root


def answered(found: Competition) -> list[str]:
    return [path.name for path in found.test_paths if path]


@pytest.mark.parametrize("header", ["id,image,label", "ID,Image,label", "key,image,label"])
def test_numbers_are_the_files_that_the_test_table_says(tmp_path: Path, header: str) -> None:
    found = load_competition(pets(tmp_path / "data", header), workspace(tmp_path))
    assert answered(found) == [f"{file}.png" for file in FILES]
    assert [path.name for path in found.paths] == [f"{row}.png" for row in range(9)]
    assert found.findings == ()


@pytest.mark.parametrize("test", ["test.csv", "test_metadata.csv", "info/Test.csv"])
def test_ids_that_are_no_files_are_read_by_paths(tmp_path: Path, test: str) -> None:
    root = tmp_path / "data"
    pictures(root / "train", [f"img{row}.png" for row in range(9)])
    pictures(root / "test", [f"img{row}.png" for row in range(4)], 100)
    lines = (f"{row + 70},train/img{row}.png,{KINDS[row % 3]}" for row in range(9))
    table(root / "train.csv", "id,file_path,label", *lines)
    table(root / test, "id,file_path", *(f"{900 + i},test/img{FILES[i]}.png" for i in range(4)))
    table(root / "sample_submission.csv", "id,label", *(f"{900 + i},cat" for i in range(4)))
    found = load_competition(root, workspace(tmp_path))
    assert answered(found) == [f"img{file}.png" for file in FILES]
    assert found.findings == ()


def test_class_folders_beside_a_test_table(tmp_path: Path) -> None:
    root = pets(tmp_path / "data")
    (root / "train.csv").unlink()
    for row in range(9):
        kind = root / "train" / KINDS[row % 3]
        kind.mkdir(exist_ok=True)
        (root / "train" / f"{row}.png").rename(kind / f"{row}.png")
    found = load_competition(root, workspace(tmp_path))
    assert answered(found) == [f"{file}.png" for file in FILES]


def test_an_answer_for_several_images_is_told_of(tmp_path: Path) -> None:
    """RSNA: two views of a breast are answered once."""
    root = pets(tmp_path / "data", "patient,image,label")
    table(root / "test.csv", "side,image", *(f"p{i // 2},{FILES[i]}.png" for i in range(4)))
    table(root / "sample_submission.csv", "side,label", "p0,cat", "p1,cat")
    found = load_competition(root, workspace(tmp_path))
    assert answered(found) == ["2.png", "3.png"]
    (finding,) = (one for one in found.findings if one.severity == "warning")
    assert "several images of: 2 (first: `p0`; test/2.png is used, test/0.png is not)" in (
        finding.happened
    )
    assert finding.files == ("p0", "p1")


def test_what_the_test_table_does_not_have_is_missing(tmp_path: Path) -> None:
    root = pets(tmp_path / "data")
    table(root / "test.csv", "id,image", "0,2.png", "1,77.png", "3,1.png")
    found = load_competition(root, workspace(tmp_path))
    assert [path and path.name for path in found.test_paths] == ["2.png", None, None, "1.png"]
    assert found.findings[0].files == ("1", "2")


def test_without_a_test_table_nothing_is_guessed(tmp_path: Path) -> None:
    root = pets(tmp_path / "data", is_asked=False)
    with pytest.raises(UserError) as caught:
        load_competition(root, workspace(tmp_path))
    error = caught.value
    assert "asks for answers by `id`, but train.csv names the images by `image`" in error.happened
    assert "the columns `id` and `image`" in error.expected
    assert '`id_column = "id"`' in error.fix
    table(root / "test.csv", "id,photographer", "0,ann", "1,bob")
    table(root / "test_broken.csv", "id,image", "0,1.png,2,3")
    with pytest.raises(UserError, match="no table says which test image"):
        load_competition(root, workspace(tmp_path))


def test_the_user_may_say_that_ids_are_the_files_numbers(tmp_path: Path) -> None:
    root = pets(tmp_path / "data", is_asked=False)
    said = workspace(tmp_path, '[competition]\nid_column = "id"\n')
    assert answered(load_competition(root, said)) == [f"{row}.png" for row in range(4)]


def test_ids_that_agree_with_the_files_need_no_test_table(tmp_path: Path) -> None:
    root = pets(tmp_path / "data", is_asked=False)
    lines = (f"{row},{row}.png,{KINDS[row % 3]}" for row in range(9))
    table(root / "train.csv", "id,image,label", *lines)
    found = load_competition(root, workspace(tmp_path))
    assert answered(found) == [f"{row}.png" for row in range(4)]
    assert found.findings == ()


def test_names_that_are_no_numbers_need_no_test_table(tmp_path: Path) -> None:
    root = pets(tmp_path / "data", is_asked=False)
    pictures(root / "test", [f"t{row}.png" for row in range(4)], 200)
    table(root / "sample_submission.csv", "id,label", *(f"t{row},cat" for row in range(4)))
    found = load_competition(root, workspace(tmp_path))
    assert answered(found) == [f"t{row}.png" for row in range(4)]


def test_without_test_images_nothing_can_be_mistaken(tmp_path: Path) -> None:
    root = pets(tmp_path / "data", is_asked=False)
    for path in (root / "test").iterdir():
        path.unlink()
    found = load_competition(root, workspace(tmp_path))
    assert found.test_paths == (None,) * 4
    assert found.findings[0].fix == "download the test images too."


def test_one_table_of_ids_and_files_for_both_parts(tmp_path: Path) -> None:
    root = tmp_path / "data"
    pictures(root / "images", [f"{row}.png" for row in range(13)])
    lines = [f"{row * 3 % 13},{row}.png,{KINDS[row % 3] if row < 9 else ''}" for row in range(13)]
    table(root / "train.csv", "id,image,label", *lines)
    ids = [row * 3 % 13 for row in range(9, 13)]
    table(root / "sample_submission.csv", "id,label", *(f"{one},cat" for one in ids))
    found = load_competition(root, workspace(tmp_path))
    assert answered(found) == [f"{row}.png" for row in range(9, 13)]
    assert len(found.ids) == 9
    assert found.findings == ()
