"""Copies of the pictures in a newer format, beside them, are no pictures of their own."""

from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from tests.unit.competition.builders import flowers, pictures, workspace


def copies(folder: Path, suffix: str) -> None:
    for file in sorted(folder.rglob("*.png")):
        file.with_suffix(suffix).write_bytes(b"a copy")


@pytest.mark.parametrize("suffix", [".jp2", ".j2k", ".AVIF"])
def test_beside_named_pictures(tmp_path: Path, suffix: str) -> None:
    data = flowers(tmp_path / "data")
    copies(data, suffix)
    found = load_competition(data, workspace(tmp_path))
    assert {path.suffix for path in found.paths} == {".png"}
    assert {path and path.suffix for path in found.test_paths} == {".png"}
    assert found.findings == ()


def test_in_class_folders(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "train" / "rose", ["1.png", "2.png", "v1.5.png"])
    pictures(data / "train" / "tulip", ["1.png", "2.png"], first_seed=10)
    copies(data, ".jp2")
    # What has no other form counts.
    (data / "train" / "tulip" / "3.jp2").write_bytes(b"a picture")
    (data / "train" / "tulip" / "4.jp2").write_bytes(b"a picture")
    (data / "train" / "tulip" / "v1.avif").write_bytes(b"a picture")
    found = load_competition(data, workspace(tmp_path))
    assert found.classes == ("rose", "tulip")
    assert found.targets[:, 0].tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
