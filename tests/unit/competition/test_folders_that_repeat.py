"""A folder that holds all the class folders once more is a copy of them, not a class."""

import shutil
import time
from pathlib import Path

from engine.competition.competition import load_competition
from engine.competition.image_folders import repeated_classes
from tests.unit.competition.builders import pictures, workspace


def _flowers(root: Path) -> Path:
    for place, kind in enumerate(("daisy", "rose", "tulip")):
        pictures(root / "flowers" / kind, [f"{kind}{i}.png" for i in range(4)], 10 * place)
    return root


def test_a_copy_of_the_class_folders_is_left_out(tmp_path: Path) -> None:
    data = _flowers(tmp_path / "data")
    shutil.copytree(data / "flowers", data / "copy")
    (data / "copy").rename(data / "flowers" / "flowers")
    loaded = load_competition(data, workspace(tmp_path))
    assert loaded.classes == ("daisy", "rose", "tulip")
    assert len(loaded.paths) == 12
    said = next(f for f in loaded.findings if "once more" in f.happened)
    assert (said.severity, said.count) == ("note", 12)
    assert said.happened.startswith("flowers/flowers/ holds the class folders once more: 12")


def test_what_is_no_copy_there_is_named(tmp_path: Path) -> None:
    data = _flowers(tmp_path / "data")
    for place, kind in enumerate(("daisy", "rose", "tulip")):
        pictures(data / "flowers" / "more" / kind, [f"{kind}{i + 3}.png" for i in range(2)], place)
    loaded = load_competition(data, workspace(tmp_path))
    assert loaded.classes == ("daisy", "rose", "tulip")
    said = next(f for f in loaded.findings if "once more" in f.happened)
    assert said.severity == "warning"
    assert "6 images, of which 3 are called otherwise" in said.happened
    assert said.files[0] == "flowers/more/daisy/daisy4.png"


def test_a_folder_of_some_of_the_classes_is_a_class(tmp_path: Path) -> None:
    data = _flowers(tmp_path / "data")
    pictures(data / "flowers" / "mixed" / "daisy", ["1.png", "2.png"], 100)
    pictures(data / "flowers" / "mixed" / "rose", ["3.png", "4.png"], 200)
    loaded = load_competition(data, workspace(tmp_path))
    assert "mixed" in loaded.classes


def test_many_images_in_one_folder_are_looked_through_once() -> None:
    """Seconds are far from the hundredths it takes, and from minutes where each looks at all."""
    files = [f"train/{row}.png" for row in range(20_000)]
    start = time.monotonic()
    assert repeated_classes(files, "train") == ()
    assert time.monotonic() - start < 5


def test_test_images_by_class_are_no_copy(tmp_path: Path) -> None:
    data = _flowers(tmp_path / "data")
    (data / "flowers").rename(data / "all")
    for place, kind in enumerate(("daisy", "rose", "tulip")):
        pictures(data / "all" / "test" / kind, [f"{kind}{i}.png" for i in range(2)], 50 + place)
    loaded = load_competition(data, workspace(tmp_path))
    assert len(loaded.test_ids) == 6
    assert not any("once more" in finding.happened for finding in loaded.findings)
