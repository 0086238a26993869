"""Images and their classes that a JSON lists, as COCO has them, are read as tables."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.competition import annotations
from engine.competition.competition import load_competition
from engine.errors import UserError
from tests.unit.competition.builders import pictures, table, workspace

FILES = [f"00{row % 2}/0{row % 4}/{row}.jpg" for row in range(12)]
LISTED: dict[str, Any] = {
    "images": [
        {"image_id": f"i{row}", "file_name": name, "location": row % 6}
        for row, name in enumerate(FILES)
    ],
    "annotations": [{"image_id": f"i{row}", "category_id": row % 3} for row in range(12)],
    "categories": [{"category_id": 0, "name": "fir"}],
}


def herbarium(tmp_path: Path, train: Any = LISTED, has_ids: bool = True) -> Path:
    """Folders that say nothing of the classes, and names that a sample does not know."""
    data = tmp_path / "data"
    pictures(data / "train_images", FILES)
    pictures(data / "test_images", ["000/0.jpg", "000/1.jpg"], 100)
    (data / "train_metadata.json").write_text(json.dumps(train), encoding="utf-8")
    listed = [{"image_id": 7 + row, "file_name": f"000/{row}.jpg"} for row in range(2)]
    test = listed if has_ids else {"images": listed, "info": "none"}
    (data / "test_metadata.json").write_text(json.dumps(test), encoding="utf-8")
    table(data / "sample_submission.csv", "Id,Predicted", "8,0", "7,0")
    return data


@pytest.mark.parametrize("has_ids", [True, False])
def test_the_annotations_are_the_labels(tmp_path: Path, has_ids: bool) -> None:
    found = load_competition(herbarium(tmp_path, has_ids=has_ids), workspace(tmp_path))
    assert found.classes == ("0", "1", "2")
    assert found.targets.argmax(axis=1).tolist() == [row % 3 for row in range(12)]
    assert [path.name for path in found.test_paths if path] == ["1.jpg", "0.jpg"]
    told = [one.happened for one in found.findings]
    assert told[0] == "Images are listed in JSON: test_metadata.json, train_metadata.json."
    assert "`location` has 6 values in 12 rows" in told[2]


def test_several_boxes_of_one_class_are_one_row(tmp_path: Path) -> None:
    twice = LISTED | {"annotations": [*LISTED["annotations"], *LISTED["annotations"]]}
    found = load_competition(herbarium(tmp_path, twice), workspace(tmp_path))
    assert len(found.ids) == 12
    assert len(found.classes) == 3


def test_a_large_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, place = herbarium(tmp_path), workspace(tmp_path)
    first = load_competition(data, place)
    monkeypatch.setattr(annotations, "_tables", lambda _: pytest.fail("read again"))
    assert load_competition(data, place).ids == first.ids


@pytest.mark.parametrize(
    "other",
    [
        [],
        {"0": "fir"},
        {"images": []},
        {"images": ["a.jpg"]},
        LISTED | {"annotations": [{"bbox": [0, 0, 1, 1]}]},
        LISTED | {"annotations": []},
        LISTED["images"],
        # Half a character, which no file can hold.
        LISTED | {"images": [{"id": "i0", "file_name": "\ud800.jpg"}, *LISTED["images"][1:]]},
        "no JSON",
    ],
)
def test_what_lists_no_images_is_let_be(tmp_path: Path, other: Any) -> None:
    """The folders are what is left to go by."""
    data = herbarium(tmp_path, other)
    if other == "no JSON":
        (data / "train_metadata.json").write_text("{", encoding="utf-8")
    assert load_competition(data, workspace(tmp_path)).classes == ("000", "001")


def test_a_table_that_is_there_counts_alone(tmp_path: Path) -> None:
    data = herbarium(tmp_path)
    rows = (f"{name},{'fir' if row % 2 else 'oak'}" for row, name in enumerate(FILES))
    table(data / "train.csv", "file_name,kind", *rows)
    found = load_competition(data, workspace(tmp_path, '[competition]\nlabels = "train.csv"\n'))
    assert found.classes == ("fir", "oak")
    assert not any("JSON" in one.happened for one in found.findings)


KINDS = ("fir", "oak", "yew")
NAMED = [{"id": row, "name": kind} for row, kind in enumerate(KINDS)]


def coco(
    tmp_path: Path, *sample: str, files: Sequence[str] = (), kinds: Sequence[int] = ()
) -> Path:
    """Twelve images, those to predict, and what is on each; by itself one of three kinds."""
    data = tmp_path / "data"
    files = files or [f"{row}.jpg" for row in range(12)]
    pictures(data / "train", files)
    pictures(data / "test", ["90.jpg", "91.jpg"], 100)
    kinds = kinds or [row % 3 for row in range(len(files))]
    listed = {
        "images": [{"id": row, "file_name": name} for row, name in enumerate(files)],
        "annotations": [
            {"image_id": row % len(files), "category_id": kind} for row, kind in enumerate(kinds)
        ],
        "categories": NAMED,
    }
    (data / "annotations").mkdir()
    (data / "annotations" / "train.json").write_text(json.dumps(listed), encoding="utf-8")
    if sample:
        table(data / "sample_submission.csv", *sample)
    return data


@pytest.mark.parametrize(
    ("files", "kinds"),
    [
        # Boxes of two kinds in an image.
        ([f"{'ab'[row % 2]}/{row}.jpg" for row in range(12)], [row % 3 for row in range(16)]),
        # What is on all of them.
        ([f"{'ab'[row % 2]}/{row % 3}/{row}.jpg" for row in range(12)], [0] * 12),
        # The folders, by number.
        ([f"{'ab'[row % 2]}/{row % 3}/{row}.jpg" for row in range(12)], [0, 1] * 6),
        # More kinds than folders, which are classes all the same: no folder lies in them.
        ([f"{'ab'[row % 2]}/{row}.jpg" for row in range(12)], [0, 1, 2] * 4),
    ],
)
def test_class_folders_count_more_than_what_is_in_the_images(
    tmp_path: Path, files: list[str], kinds: list[int]
) -> None:
    data = coco(tmp_path, "id,label", "90.jpg,a", "91.jpg,b", files=files, kinds=kinds)
    (data / "images.json").write_text(json.dumps(LISTED["images"]), encoding="utf-8")
    found = load_competition(data, workspace(tmp_path))
    assert (found.classes, len(found.ids)) == (("a", "b"), 12)
    assert not any("JSON" in one.happened for one in found.findings)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("classes.csv", [f"{row},{kind}" for row, kind in enumerate(KINDS)]),
        ("test.csv", ["90.jpg,x", "91.jpg,y"]),
    ],
)
@pytest.mark.parametrize("sample", [(), ("id,label", "90.jpg,0", "91.jpg,0")])
def test_a_table_of_something_else_is_no_table_of_labels(
    tmp_path: Path, name: str, lines: list[str], sample: tuple[str, ...]
) -> None:
    data = coco(tmp_path, *sample)
    table(data / name, "number,called", *lines)
    found = load_competition(data, workspace(tmp_path))
    assert found.classes == ("0", "1", "2")
    assert found.findings[0].happened == "Images are listed in JSON: annotations/train.json."


@pytest.mark.parametrize(
    ("sample", "classes"),
    [
        (("id,label", "90.jpg,fir", "91.jpg,fir"), KINDS),
        (("id,label", "90.jpg,fir oak", "91.jpg,fir oak"), KINDS),
        (("id,oak,fir,yew", "90.jpg,0,0,1", "91.jpg,0,0,1"), ("oak", "fir", "yew")),
        (("id,label", "90.jpg,1", "91.jpg,2"), ("0", "1", "2")),
        ((), ("0", "1", "2")),
    ],
)
def test_categories_are_called_as_the_sample_calls_them(
    tmp_path: Path, sample: tuple[str, ...], classes: tuple[str, ...]
) -> None:
    data = coco(tmp_path, *sample)
    found = load_competition(data, workspace(tmp_path))
    assert found.classes == classes
    assert found.targets.argmax(axis=1).tolist() == [
        classes.index(KINDS[row % 3] if "fir" in classes else str(row % 3)) for row in range(12)
    ]


def test_two_categories_of_one_name_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NAMED[1], "name", "fir")
    data = coco(tmp_path, "id,label", "90.jpg,fir", "91.jpg,fir")
    assert load_competition(data, workspace(tmp_path)).classes == ("0", "1", "2")


def test_few_files_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None beside its image, none deep below, and not hundreds of them."""
    data = coco(tmp_path)
    for row in range(12):
        (data / "train" / f"{row}.json").write_text("{}", encoding="utf-8")
    for row in range(30):
        (data / f"notes-{row}.json").write_text("{}", encoding="utf-8")
    (data / "a" / "b").mkdir(parents=True)
    (data / "a" / "b" / "train.json").write_text("{}", encoding="utf-8")
    opened: list[Path] = []
    read = annotations._contents

    def noted(file: Path) -> dict[str, bytes]:
        opened.append(file)
        return read(file)

    monkeypatch.setattr(annotations, "_contents", noted)
    assert load_competition(data, workspace(tmp_path)).classes == ("0", "1", "2")
    assert len(opened) == 20
    assert all(file.name == "train.json" or file.name.startswith("notes-") for file in opened)
    assert data / "a" / "b" / "train.json" not in opened


def test_a_file_beyond_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise MemoryError

    data = coco(tmp_path)
    monkeypatch.setattr(annotations, "_tables", fail)
    with pytest.raises(UserError, match=r"train\.json is larger than the memory") as caught:
        load_competition(data, workspace(tmp_path))
    assert "as a CSV with the columns `file_name` and `category_id`" in caught.value.fix


def test_a_csv_of_the_same_name_stays(tmp_path: Path) -> None:
    data = coco(tmp_path, "id,label", "90.jpg,0", "91.jpg,0")
    table(data / "annotations" / "train.csv", "kind,said", "fir,1", "oak,2")
    assert load_competition(data, workspace(tmp_path)).classes == ("0", "1", "2")


@pytest.mark.parametrize("files", [[], [f"{'ab'[row % 2]}{row}.jpg" for row in range(12)]])
def test_a_folder_of_all_and_names_of_files_are_no_classes(
    tmp_path: Path, files: list[str]
) -> None:
    data = coco(tmp_path, files=files)
    (data / "train").rename(data / "berlin")
    assert load_competition(data, workspace(tmp_path)).classes == ("0", "1", "2")
