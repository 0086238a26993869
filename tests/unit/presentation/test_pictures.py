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


@pytest.mark.parametrize("kind", ["kitty", "sixel", "blocks", "grey"])
def test_each_ability_has_a_widget_that_takes_an_image(kind: Ability, tmp_path: Path) -> None:
    image = picture(tmp_path / "a.png", 1)
    assert picture_class(kind)(image).image == image
