"""Names that are no text are refused in three parts: nothing could be written about them."""

import os
from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.errors import UserError
from tests.unit.competition.builders import flowers, workspace


@pytest.mark.parametrize("place", [b"train/caf\xe9.png", b"caf\xe9/1.png", b"caf\xe9.csv"])
def test_names_that_are_no_text(tmp_path: Path, place: bytes) -> None:
    data = flowers(tmp_path / "data")
    path = Path(os.fsdecode(os.fsencode(data) + b"/" + place))
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    except OSError:
        pytest.skip("this file system has names in UTF-8 only")
    with pytest.raises(UserError) as caught:
        load_competition(data, workspace(tmp_path))
    assert "caf\\xe9" in caught.value.happened
    assert "is not UTF-8" in caught.value.happened
    assert "convmv" in caught.value.fix
