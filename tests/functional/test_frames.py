"""What is painted together, and what is not laid out at all."""

from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widgets import Static

from app.widgets.results_table import ResultsTable
from tests.functional.staging import opened, station


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


async def test_details_are_laid_out_only_where_they_are_shown(filled: Path) -> None:
    async with opened(filled) as pilot:
        details = station(pilot).query_one("#details-text", Static)
        assert str(details.content) == "No experiment is selected."
        await pilot.press("right_square_bracket")
        await pilot.pause()
        assert str(details.content) != "No experiment is selected."
