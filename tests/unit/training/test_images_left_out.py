"""Labelled images without pixels are left out, and the log says why they have none."""

from pathlib import Path

import pytest

from engine.events.types import Note
from engine.training.data import load_fold
from tests.support import tiny_spec
from tests.unit.competition.builders import flowers, workspace
from tests.unit.training.fitting import Told, order


@pytest.mark.parametrize(
    ("missing", "damaged", "said"),
    [
        (("3",), (), "1 image is missing: left out"),
        (("3", "4"), (), "2 images are missing: left out"),
        ((), ("5",), "1 image can't be decoded: left out"),
        (("3",), ("5", "6"), "1 image is missing and 2 images can't be decoded: left out"),
    ],
)
def test_what_is_missing_is_told_from_what_is_damaged(
    tmp_path: Path, missing: tuple[str, ...], damaged: tuple[str, ...], said: str
) -> None:
    data, told = flowers(tmp_path / "data", rows=20), Told()
    for name in missing:
        # It is listed, and gone by the time it is read.
        image = data / "train" / f"{name}.png"
        image.unlink()
        image.symlink_to(tmp_path / "elsewhere.png")
    for name in damaged:
        (data / "train" / f"{name}.png").write_bytes(b"no image")
    found = load_fold(order(workspace(tmp_path), tiny_spec()), told, told.stop)
    assert [event.text for event in told.events if isinstance(event, Note)] == [said]
    left = {int(name) - 1 for name in (*missing, *damaged)}
    assert not left & {*found.train_rows.tolist(), *found.validation_rows.tolist()}
