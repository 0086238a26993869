"""The footer names keys that do something where it stands, and what a screen asks for."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable

from app.screens.line import LineScreen
from app.screens.moves import MovesScreen
from app.screens.settings import SettingsScreen
from engine.experiment.record import Status
from tests.functional.staging import (
    cockpit,
    fill,
    named_keys,
    notices,
    opened,
    record,
    station,
    until,
)


def named(pilot: Pilot[None]) -> dict[str, str]:
    """What the footer says that keys do, and which keys."""
    return {one.description: one.display for one in named_keys(pilot)}


@pytest.mark.parametrize("screen", ["5", "6", "7"])
async def test_the_next_move_and_the_autopilot_are_within_reach(filled: Path, screen: str) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press(screen)
        assert named(pilot)["next"] == "n"
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, MovesScreen))
        await pilot.press("escape", "A")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))


async def test_an_empty_search_names_the_key_it_asks_for(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: named(pilot).get("tune") == "T")


async def test_keys_about_errors_are_not_named_without_any_and_say_why(filled: Path) -> None:
    fill(filled, [record(4, status=Status.FAILED)])
    async with opened(filled, (80, 24)) as pilot:
        await until(pilot, lambda: cockpit(pilot).desk.selected == "4")
        await pilot.press("5")
        await until(pilot, lambda: station(pilot).has_class("-empty"))
        await until(pilot, lambda: not {"images", "certainty", "other list"} & set(named(pilot)))
        for key in "ikt":
            pilot.app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: "There are no errors to look at" in notices(pilot))


@pytest.mark.exercises("filter.keep", "filter.leave")
async def test_who_types_a_filter_is_told_how_to_keep_and_how_to_leave_it(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("3", "slash", *"overfit")
        screen = station(pilot)
        await until(pilot, lambda: named(pilot).get("keep") == "⏎")
        assert named(pilot)["leave"] == "esc"
        assert "filter" not in named(pilot), "its key would be typed"
        await pilot.press("enter")
        await until(pilot, lambda: "keep" not in named(pilot))
        assert screen.has_class("-filtering")
        await pilot.press("slash", "x", "escape")
        await until(pilot, lambda: "keep" not in named(pilot))
        assert screen.has_class("-filtering"), "the filter before holds"
        await pilot.press("slash", *["backspace"] * 7, "enter")
        await until(pilot, lambda: not screen.has_class("-filtering"))


async def test_while_a_new_key_is_waited_for_no_other_is_named(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("comma")
        assert isinstance(pilot.app.screen, SettingsScreen)
        assert "default" in named(pilot)
        pilot.app.screen.query_one(DataTable).move_cursor(row=8)
        await pilot.press("enter")
        await until(pilot, lambda: not named(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "default" in named(pilot))
