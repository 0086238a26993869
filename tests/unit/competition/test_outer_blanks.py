"""Names of folders and files with a blank at an end are answered as they are."""

from pathlib import Path

import numpy as np
import pytest

from engine.competition.competition import load_competition
from engine.submission.writer import write_submission
from tests.unit.competition.builders import pictures, workspace


@pytest.mark.parametrize("settings", ["", '[competition]\nanswers = "class"\n'])
def test_outer_blanks_are_exported(tmp_path: Path, settings: str) -> None:
    data = tmp_path / "data"
    for seed, name in enumerate(("cat ", " dog", "owl")):
        pictures(data / "train" / name, [f"{i}.png" for i in range(3)], seed * 10)
    pictures(data / "test", [" 1.png", "2.png"], first_seed=100)
    found = load_competition(data, workspace(tmp_path, settings))
    assert found.classes == (" dog", "cat ", "owl")
    write_submission(found, found.test_ids, np.eye(3)[[0, 1]], tmp_path / "m.csv")
    lines = (tmp_path / "m.csv").read_text().splitlines()
    if settings:
        assert lines[1:] == [" 1.png, dog", "2.png,cat "]
    else:
        assert lines[0] == "file, dog,cat ,owl"
        assert lines[1].startswith(" 1.png,")
