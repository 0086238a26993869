"""What is told for some seconds takes the place of what was told before, and covers no text."""

from pathlib import Path

import pytest
from textual.widgets import Log
from textual.widgets._toast import Toast

from app.cockpit import Cockpit
from app.screens.spec import SpecScreen
from engine.service import Service
from tests.functional.staging import notices, station, until


async def test_the_answer_to_a_key_takes_the_place_of_the_one_before(filled: Path) -> None:
    app = Cockpit(Service(filled))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.desk.is_loaded)
        app.notify("It ended.", title="3 overfit is done", timeout=600)
        app.notify("Mended.", severity="warning", timeout=600)
        app.notify("Deleted 2.", timeout=600)
        await until(pilot, lambda: "Deleted" in notices(pilot))
        app.notify("Back again: 2.", timeout=600)
        await until(pilot, lambda: "Back again" in notices(pilot))
        assert "Deleted" not in notices(pilot)
        for kept in ("It ended.", "Mended.", "Back again: 2."):
            assert kept in notices(pilot)
        await until(pilot, lambda: len(app.screen.query(Toast)) == 3)


async def test_escape_takes_messages_away(filled: Path) -> None:
    app = Cockpit(Service(filled))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.desk.is_loaded)
        app.notify("It covers the last rows.", timeout=600)
        await until(pilot, lambda: len(app.screen.query(Toast)) == 1)
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Toast))


@pytest.mark.slow
async def test_no_toast_covers_the_log_s_end_the_filter_s_help_or_the_form(filled: Path) -> None:
    app = Cockpit(Service(filled))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.desk.is_loaded)
        app.notify("It ended.", title="3 overfit is done", timeout=600)
        await pilot.press("2")
        toast = await until(pilot, lambda: next(iter(station(pilot).query(Toast)), None))
        await until(pilot, lambda: toast.region.height)
        assert not toast.region.overlaps(station(pilot).query_one(Log).region)
        assert toast.region.y >= 2, "nor the headline"
        await pilot.press("3", "slash")
        await until(pilot, lambda: station(pilot).has_class("-typing"))
        assert all(not one.region for one in station(pilot).query(Toast))
        await pilot.press("escape", "e")
        await until(pilot, lambda: isinstance(app.screen, SpecScreen))
        await until(pilot, lambda: app.screen.query(Toast))
        assert all(not one.region for one in app.screen.query(Toast))


async def test_a_small_terminal_shows_a_toast_to_its_last_word(filled: Path) -> None:
    app = Cockpit(Service(filled))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.desk.is_loaded)
        # Of around the terminal's width, where a toast's borders count.
        for length in range(70, 80):
            name = f"{'x' * (length - 12)}.svg"
            app.clear_notifications()
            app.notify(f"Saved · {name}", timeout=600)
            await pilot.pause(0.1)
            (toast,) = app.screen.query(Toast)
            told = "".join(part.text for line in range(toast.size.height)
                           for part in toast.render_line(line))  # fmt: skip
            assert name in told.replace(" ", "")
            assert toast.region.bottom <= 23, f"{length}: it lies below the footer"
