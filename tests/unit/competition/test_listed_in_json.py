"""Images and their classes that a JSON lists, as COCO has them, are read as tables."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.competition import annotations
from engine.competition.competition import load_competition
from tests.unit.competition.builders import pictures, table, workspace

FILES = [f"00{row % 2}/{row}.jpg" for row in range(12)]
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
    monkeypatch.setattr(annotations, "_rows", lambda _: pytest.fail("read again"))
    assert load_competition(data, place).ids == first.ids


@pytest.mark.parametrize(
    "other",
    [
        [],
        {"0": "fir"},
        {"images": []},
        {"images": ["a.jpg"]},
        LISTED | {"annotations": [{"bbox": [0, 0, 1, 1]}]},
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
