"""Tables that are packed are read, other archives are named, and newer image formats decoded."""

import gzip
from pathlib import Path

import pytest
from PIL import features

from engine.competition.competition import load_competition
from engine.competition.hygiene import examine
from engine.errors import UserError
from tests.unit.competition.builders import flowers, silent, table, workspace


def test_tables_packed_with_gzip(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    for name in ("train_labels.csv", "sample_submission.csv"):
        (data / f"{name}.gz").write_bytes(gzip.compress((data / name).read_bytes()))
        (data / name).unlink()
    found = load_competition(data, workspace(tmp_path))
    assert (found.label_file, len(found.ids)) == ("train_labels.csv.gz", 8)
    assert found.test_ids == ("1", "2", "3", "4")
    assert found.findings == ()


@pytest.mark.parametrize("cut", [3, 30])
def test_half_of_a_packed_table(tmp_path: Path, cut: int) -> None:
    data = flowers(tmp_path / "data")
    packed = gzip.compress((data / "train_labels.csv").read_bytes())
    (data / "train_labels.csv").unlink()
    (data / "train_labels.csv.gz").write_bytes(packed[:cut])
    with pytest.raises(UserError, match="not a whole gzip file") as caught:
        load_competition(data, workspace(tmp_path))
    assert caught.value.fix == "download it again."


@pytest.mark.parametrize(
    ("archive", "command"),
    [
        ("train.7z", "`7z x train.7z`"),
        ("train.tar.gz", "`tar xf train.tar.gz`"),
        ("my images.tgz", "`tar xf 'my images.tgz'`"),
        ("train.rar", "`unrar x train.rar`"),
    ],
)
@pytest.mark.parametrize("has_labels", [True, False])
def test_other_archives_are_named(
    tmp_path: Path, archive: str, command: str, has_labels: bool
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / archive).write_bytes(b"packed")
    if has_labels:
        table(data / "train.csv", "id,label", "1,0", "2,1")
    with pytest.raises(UserError) as caught:
        load_competition(data, workspace(tmp_path))
    assert archive in caught.value.happened
    assert "not read" in caught.value.happened
    assert command in caught.value.fix


def test_an_archive_that_is_not_needed_is_mentioned_unless_it_is_extracted(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    (data / "train.tar.gz").write_bytes(b"packed")
    assert load_competition(data, workspace(tmp_path)).findings == ()
    (data / "more.7z").write_bytes(b"packed")
    (finding,) = load_competition(data, workspace(tmp_path)).findings
    assert finding.files == ("more.7z",)


@pytest.mark.parametrize(("suffix", "feature"), [(".jp2", "jpg_2000"), (".avif", "avif")])
def test_newer_image_formats(tmp_path: Path, suffix: str, feature: str) -> None:
    if not features.check(feature):
        pytest.skip(f"this Pillow decodes no {suffix}")
    data = flowers(tmp_path / "data", suffix=suffix)
    room = workspace(tmp_path)
    found = load_competition(data, room)
    assert len(found.ids) == 8
    assert examine(found, room, silent).unreadable == {}
