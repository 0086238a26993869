"""Of several targets, each with classes of its own, one at a time can be predicted."""

from pathlib import Path

import pytest

from engine.competition.competition import load_competition
from engine.errors import UserError
from tests.unit.competition.builders import pictures, table, workspace


def _clothes(root: Path, header: str = "id,article,gender") -> Path:
    pictures(root / "train", [f"{i}.png" for i in range(12)])
    pictures(root / "test", [f"b{i}.png" for i in range(3)], 100)
    table(root / "train.csv", header, *(f"{i}.png,{i % 3},{'FM'[i % 2]}" for i in range(12)))
    table(root / "sample_submission.csv", header, *(f"b{i}.png,0,F" for i in range(3)))
    return root


@pytest.mark.parametrize(
    ("settings", "first"),
    [("", "article"), ('[competition]\ntarget_columns = ["gender"]\n', "gender")],
)
def test_several_targets_are_refused_with_a_way_on(
    tmp_path: Path, settings: str, first: str
) -> None:
    with pytest.raises(UserError) as caught:
        load_competition(_clothes(tmp_path / "data"), workspace(tmp_path, settings))
    assert "has 2 targets, each with classes of its own: `" in caught.value.happened
    assert f'`target_columns = ["{first}"]` and `sample_submission = "FILE"`' in caught.value.fix


def test_the_way_leads_on(tmp_path: Path) -> None:
    data = _clothes(tmp_path / "data")
    table(data / "genders.csv", "id,gender", *(f"b{i}.png,F" for i in range(3)))
    settings = '[competition]\ntarget_columns = ["gender"]\nsample_submission = "genders.csv"\n'
    loaded = load_competition(data, workspace(tmp_path, settings))
    assert loaded.classes == ("F", "M")
    assert loaded.submission is not None
    assert loaded.submission.columns == ("id", "gender")


def test_a_slip_among_zeros_and_ones_is_a_wrong_cell(tmp_path: Path) -> None:
    data = tmp_path / "data"
    pictures(data / "train", [f"{i}.png" for i in range(12)])
    rows = [f"{i}.png,{i % 2},{1 - i % 2}" for i in range(11)]
    table(data / "train.csv", "id,cat,dog", *rows, "11.png,2,0")
    table(data / "sample_submission.csv", "id,cat,dog", "12.png,0.5,0.5")
    with pytest.raises(UserError, match="line 13: `cat` is `2`"):
        load_competition(data, workspace(tmp_path))
