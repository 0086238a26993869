"""How a terminal shows pictures is read off its name."""

from pathlib import Path

import pytest

from app.pictures import Ability, ability, picture_class
from tests.unit.competition.builders import picture


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "xterm-256color"}, "blocks"),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "WezTerm"}, "blocks"),
        ({"TERM": "xterm-kitty", "TMUX": "socket"}, "blocks"),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, "grey"),
        ({"TERM": "linux"}, "grey"),
    ],
)
def test_by_name(environ: dict[str, str], wanted: str) -> None:
    assert ability(environ) == wanted


def test_settings_come_first() -> None:
    assert ability({"TERM": "xterm-256color"}, "sixel") == "sixel"


@pytest.mark.parametrize(("version", "wanted"), [("0, 26, 5", "blocks"), ("0, 28, 0", "kitty")])
def test_a_kitty_that_cannot_place_pictures_gets_half_cells(
    tmp_path: Path, version: str, wanted: str
) -> None:
    (tmp_path / "kitty").mkdir()
    sources = tmp_path / "kitty" / "constants.py"
    sources.write_text(
        f"class Version(NamedTuple):\n    major: int\nversion: Version = Version({version})\n"
    )
    environ = {"TERM": "xterm-kitty", "KITTY_INSTALLATION_DIR": str(tmp_path)}
    assert ability(environ) == wanted
    assert ability(environ, "kitty") == "kitty", "whoever sets it is believed"


@pytest.mark.parametrize("kind", ["kitty", "sixel", "blocks", "grey"])
def test_each_ability_has_a_widget_that_takes_an_image(kind: Ability, tmp_path: Path) -> None:
    image = picture(tmp_path / "a.png", 1)
    assert picture_class(kind)(image).image == image
