"""What a terminal without Unicode shows."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from app.plain import Ascii, needs_ascii, spelled, to_ascii
from app.stations import STATIONS, station_class


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("╭─Loss─╮", "+-Loss-+"),
        ("▁▄█", "-##"),
        ("✓ done ✗", "v done x"),
        ("0.1 ±0.02", "0.1+-0.02"),
        ("0.1 ± 0.02", "0.1 +-0.02"),
        ("±: error", "+-:error"),
        ("café", "cafe"),
        ("run it aga…", "run it aga~"),
        ("\u2800\u2801\u28ff", " .@"),
        ("漢", "??"),
    ],
)
def test_every_character_has_a_stand_in_of_its_width(text: str, plain: str) -> None:
    assert to_ascii(text) == plain


def test_the_cockpits_own_characters_all_have_one() -> None:
    own = {
        character
        for path in (Path(__file__).parents[3] / "app").rglob("*.py")
        for character in path.read_text(encoding="utf-8")
        if not character.isascii()
    }
    assert {character for character in own if "?" in to_ascii(character)} == set()


def test_styles_stay() -> None:
    style = Style(bold=True)
    line = [Segment("plain"), Segment("│", style)]
    filtered = Ascii().apply(line, Color(0, 0, 0))
    assert filtered == [Segment("plain"), Segment("|", style)]


def test_an_error_of_a_style_of_its_own_takes_the_space_before_it() -> None:
    line = Ascii().apply([Segment("0.1 "), Segment("±0.02", Style(dim=True))], Color(0, 0, 0))
    assert line == [Segment("0.1"), Segment("+-0.02", Style(dim=True))]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ("⏎", "enter"),
        ("y ⏎", "y enter"),
        ("shift+←", "shift+left"),
        ("⌫", "bksp"),
        ("↑ ↓ pgup pgdn", "up down pgup pgdn"),
        ("Choose. ←→ read, < earlier", "Choose. left right read, < earlier"),
    ],
)
def test_no_key_is_called_by_the_sign_of_another(keys: str, names: str) -> None:
    assert spelled(keys) == names


@pytest.mark.parametrize(
    ("environ", "wanted", "encoding", "answer"),
    [
        ({}, "auto", "UTF-8", False),
        ({}, "auto", "ANSI_X3.4-1968", True),
        ({"TERM": "linux"}, "auto", "UTF-8", True),
        ({"TERM": "linux"}, "unicode", "UTF-8", False),
        ({}, "ascii", "UTF-8", True),
    ],
)
def test_the_locale_and_the_terminal_decide_unless_told(
    environ: Mapping[str, str],
    wanted: str,
    encoding: str,
    answer: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale: encoding)
    assert needs_ascii(environ, wanted) is answer


@pytest.mark.parametrize("name", STATIONS)
def test_what_a_screen_is_for_has_room_also_where_keys_are_spelled(name: str) -> None:
    assert len(f" {spelled(station_class(name).PURPOSE)}") <= 80
