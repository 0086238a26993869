"""The columns that a person chose."""

from pathlib import Path

import pytest

from app.presentation.listing import ALL
from app.remembered import recall_columns, remember_columns, state_path
from engine.errors import UserError


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDRA_TUI_CONFIG", str(tmp_path / "there" / "config.toml"))


def test_columns_are_remembered_beside_the_config(tmp_path: Path) -> None:
    assert recall_columns() == ALL
    remember_columns(("val", "id"))
    assert recall_columns() == ("val", "id")
    assert state_path() == tmp_path / "there" / "state.json"


def test_columns_that_there_are_no_longer_are_left_out() -> None:
    remember_columns(("val", "flavour", "val", "id"))
    assert recall_columns() == ("val", "id")


@pytest.mark.parametrize("text", ["{", "[]", '{"columns": 3}', '{"columns": ["flavour"]}'])
def test_a_damaged_file_is_explained(text: str) -> None:
    remember_columns(("id",))
    state_path().write_text(text)
    with pytest.raises(UserError, match="all columns are shown"):
        recall_columns()
