"""What is painted together, and what is not laid out at all."""

from pathlib import Path

import pytest
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

from app.screens.spec import SpecScreen
from app.widgets.results_table import ResultsTable
from app.widgets.spec_field import SpecField
from tests.functional.staging import opened, station, until


async def test_the_curves_come_with_the_cursor_that_they_follow(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[set[str]] = []
    paint = Screen._on_timer_update

    def noting(screen: Screen[object]) -> None:
        frames.append({type(widget).__name__ for widget in screen._dirty_widgets})
        paint(screen)

    monkeypatch.setattr(Screen, "_on_timer_update", noting)
    async with opened(filled) as pilot:
        table = station(pilot).query_one(ResultsTable)
        table.focus()
        await pilot.pause()
        frames.clear()
        await pilot.press("down")
        await pilot.pause(0.05)
    assert next(frame for frame in frames if "ResultsTable" in frame) == {
        "ResultsTable",
        "CurveChart",
    }


async def test_a_screen_is_laid_out_once_at_a_size(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[Size] = []
    lay_out = Screen._refresh_layout

    def noting(screen: Screen[object], size: Size | None = None, scroll: bool = False) -> None:
        if isinstance(screen, SpecScreen) and size is not None:
            sizes.append(size)
        lay_out(screen, size, scroll)

    monkeypatch.setattr(Screen, "_refresh_layout", noting)
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.focused, SpecField))
        assert sizes == [(120, 40)]
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: len(sizes) > 1)
        assert sizes[-1] == (100, 30)
        assert pilot.app.screen.size == (100, 30)


async def test_details_are_laid_out_only_where_they_are_shown(filled: Path) -> None:
    async with opened(filled) as pilot:
        details = station(pilot).query_one("#details-text", Static)
        assert str(details.content) == "No experiment is selected."
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert str(details.content) != "No experiment is selected."
