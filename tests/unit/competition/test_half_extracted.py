"""A zip beside the folder extracted from it is held against that folder."""

import shutil
from pathlib import Path

import pytest

from engine.competition.findings import Finding
from engine.competition.summary import summarise
from tests.unit.competition.builders import flowers, silent, workspace, zipped_folder


def found(data: Path, tmp_path: Path) -> tuple[Finding, ...]:
    findings = summarise(data, workspace(tmp_path), silent).findings
    return tuple(finding for finding in findings if "extracted" in finding.happened)


@pytest.mark.parametrize("prefix", ["", "train/"])
def test_an_interrupted_unzip_is_said(tmp_path: Path, prefix: str) -> None:
    data = flowers(tmp_path / "data", rows=8)
    zipped_folder(data / "train.zip", data / "train", prefix)
    assert found(data, tmp_path) == ()
    for row in (6, 7, 8):
        (data / "train" / f"{row}.png").unlink()
    (finding,) = found(data, tmp_path)
    assert "train.zip holds 8 images, and 5 of them" in finding.happened
    assert "extract it again" in finding.fix
    assert finding.files == tuple(f"{prefix}{row}.png" for row in (6, 7, 8))


@pytest.mark.parametrize("missing", ["train/7.png", "train_labels.csv"])
def test_the_whole_competitions_zip(tmp_path: Path, missing: str) -> None:
    whole = flowers(tmp_path / "whole")
    data = tmp_path / "data"
    shutil.copytree(whole, data)
    zipped_folder(data / "flowers.zip", whole)
    (data / "train" / "8.png").unlink()
    (data / missing).unlink()
    (finding,) = found(data, tmp_path)
    assert finding.count == 1 + missing.endswith(".png")


def test_a_zip_that_is_not_needed_may_be_damaged_or_of_something_else(tmp_path: Path) -> None:
    data = flowers(tmp_path / "data")
    (data / "train.zip").write_bytes(b"half of a")
    zipped_folder(data / "test.zip", flowers(tmp_path / "other", suffix=".jpg") / "test")
    assert found(data, tmp_path) == ()
