"""A table may list what is to be predicted, too, with something else in place of a label."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.competition.competition import Competition, load_competition
from engine.errors import UserError
from tests.unit.competition.builders import flowers, pictures, table, workspace

ROWS, ANSWERS = range(12), range(12, 16)
KINDS = ("x", "y", "z")


def mixed(
    root: Path,
    label: Callable[[int], str],
    train: str = "images",
    test: str = "images",
    kinds: tuple[str, ...] = KINDS,
    shown: str = "x",
) -> Path:
    """Rows of labelled images and of those to predict, in one table with a column `split`."""
    pictures(root / train, [f"{row}.png" for row in ROWS])
    pictures(root / test, [f"{row}.png" for row in ANSWERS], 50)
    lines = [f"{row}.png,train,{kinds[row % len(kinds)]}" for row in ROWS]
    lines += [f"{row}.png,test,{label(row)}" for row in ANSWERS]
    table(root / "metadata.csv", "filename,split,label", *lines)
    rows = (f"{row}.png,{shown}" for row in ANSWERS)
    table(root / "sample_submission.csv", "filename,label", *rows)
    return root


def is_right(found: Competition, classes: tuple[str, ...] = KINDS) -> bool:
    names = [path.name for path in found.test_paths if path]
    return (
        found.classes == classes
        and found.ids == tuple(f"{row}.png" for row in ROWS)
        and names == [f"{row}.png" for row in ANSWERS]
    )


@pytest.mark.parametrize("folder", ["images", "train", "data/train_images"])
@pytest.mark.parametrize("mark", ["-1", "unknown", "?"])
def test_placeholders_in_a_shared_folder_are_no_labels(
    tmp_path: Path, folder: str, mark: str
) -> None:
    data = mixed(tmp_path / "data", lambda _: mark, folder, folder)
    found = load_competition(data, workspace(tmp_path))
    assert is_right(found)
    (note,) = found.findings
    assert note.severity == "note"
    assert f"images to predict: 4, with `{mark}` in place of a label" in note.happened
    assert note.files == ("12.png", "13.png", "14.png", "15.png")
    assert "which also holds the test images" in found.layout


def test_a_binary_target_stays_one(tmp_path: Path) -> None:
    data = mixed(tmp_path / "data", lambda _: "-1", kinds=("0", "1"), shown="0.5")
    found = load_competition(data, workspace(tmp_path))
    assert is_right(found, ("0", "1"))
    assert found.targets.shape == (12, 1)


@pytest.mark.parametrize("label", [lambda _: "x", lambda row: KINDS[row % 3]])
@pytest.mark.parametrize("folder", ["images", "train"])
def test_labels_that_look_real_are_left_out_with_a_warning(
    tmp_path: Path, label: Callable[[int], str], folder: str
) -> None:
    data = mixed(tmp_path / "data", label, folder, folder)
    found = load_competition(data, workspace(tmp_path))
    assert is_right(found)
    (finding,) = found.findings
    assert finding.severity == "warning"
    assert "labels of images that the sample asks for: 4 (first: `12.png`, x)" in finding.happened
    assert finding.count == 4


def test_empty_labels_need_no_word(tmp_path: Path) -> None:
    found = load_competition(mixed(tmp_path / "data", lambda _: ""), workspace(tmp_path))
    assert is_right(found)
    assert found.findings == ()


@pytest.mark.parametrize("folder", ["train", "trainset"])
def test_equal_numbers_in_a_folder_of_training_images_are_others(
    tmp_path: Path, folder: str
) -> None:
    """Invasive species, before its test images are downloaded."""
    data = flowers(tmp_path / "data")
    for path in (data / "test").iterdir():
        path.unlink()
    (data / "train").rename(data / folder)
    found = load_competition(data, workspace(tmp_path))
    assert len(found.ids) == 8
    assert found.test_paths == (None,) * 4


def test_a_sample_that_asks_for_more_than_the_table_has_takes_nothing_away(tmp_path: Path) -> None:
    data = mixed(tmp_path / "data", lambda row: KINDS[row % 3])
    rows = (f"{row}.png,x" for row in (*ANSWERS, 99))
    table(data / "sample_submission.csv", "filename,label", *rows)
    assert len(load_competition(data, workspace(tmp_path)).ids) == 16


def test_a_sample_of_all_labelled_images_takes_nothing_away(tmp_path: Path) -> None:
    data = mixed(tmp_path / "data", lambda row: KINDS[row % 3])
    rows = (f"{row}.png,x" for row in (*ROWS, *ANSWERS))
    table(data / "sample_submission.csv", "filename,label", *rows)
    assert len(load_competition(data, workspace(tmp_path)).ids) == 16


@pytest.mark.parametrize("mark", ["-1", "?"])
@pytest.mark.parametrize("is_sampled", [True, False])
def test_placeholders_of_another_folders_images_are_no_class(
    tmp_path: Path, mark: str, is_sampled: bool
) -> None:
    data = mixed(tmp_path / "data", lambda _: mark, "train", "test", ("0", "1"), "0.5")
    if not is_sampled:
        (data / "sample_submission.csv").unlink()
    found = load_competition(data, workspace(tmp_path))
    assert found.classes == ("0", "1")
    assert found.targets.shape == (12, 1)
    assert len(found.test_ids) == 4
    (note,) = found.findings
    assert note.severity == "note"
    assert f"with `{mark}` in place of a label" in note.happened


def test_a_placeholder_in_each_of_several_columns(tmp_path: Path) -> None:
    root = tmp_path / "data"
    mixed(root, lambda _: "", "train", "test")
    lines = [f"{row}.png,{row % 2},{row // 2 % 2}" for row in ROWS]
    table(root / "metadata.csv", "filename,a,b", *lines, *(f"{row}.png,-1,-1" for row in ANSWERS))
    table(
        root / "sample_submission.csv", "filename,a,b", *(f"{row}.png,0.5,0.5" for row in ANSWERS)
    )
    found = load_competition(root, workspace(tmp_path))
    assert found.targets.shape == (12, 2)
    assert found.classes == ("a", "b")
    assert "4, with `-1 | -1` in place" in found.findings[0].happened


def test_real_labels_of_test_images_are_still_missed_in_training(tmp_path: Path) -> None:
    data = mixed(tmp_path / "data", lambda row: KINDS[row % 3], "train", "test")
    (finding,) = load_competition(data, workspace(tmp_path)).findings
    assert "Labels without an image: 4 of 16" in finding.happened


def test_a_class_whose_images_are_nowhere_is_missed(tmp_path: Path) -> None:
    data = mixed(tmp_path / "data", lambda _: "-1", "train", "test")
    for path in (data / "test").iterdir():
        path.rename(path.with_name(f"t{path.name}"))
    found = load_competition(data, workspace(tmp_path))
    assert any("Labels without an image: 4 of 16" in one.happened for one in found.findings)


def test_a_class_that_is_asked_for_is_no_placeholder(tmp_path: Path) -> None:
    data = mixed(tmp_path / "data", lambda _: "w", "train", "test")
    lines = (f"{row}.png,.1,.2,.3,.4" for row in ANSWERS)
    table(data / "sample_submission.csv", "filename,w,x,y,z", *lines)
    found = load_competition(data, workspace(tmp_path))
    assert found.classes == ("w", *KINDS)
    assert any("Labels without an image: 4 of 16" in one.happened for one in found.findings)


def test_where_only_what_is_to_be_predicted_has_labels_nothing_is_learned(tmp_path: Path) -> None:
    data = mixed(tmp_path / "data", lambda _: "x", kinds=("",))
    with pytest.raises(UserError, match="No image has a usable label"):
        load_competition(data, workspace(tmp_path))
