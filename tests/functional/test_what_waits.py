"""What runs is selected at the start, and what waits is told as waiting."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.screens.live import LiveScreen
from app.stations import STATIONS, station_class
from app.widgets.log_pane import LogPane
from engine.experiment.record import Status
from tests.functional.staging import (
    BEGAN,
    cockpit,
    fill,
    notices,
    opened,
    record,
    replace,
    start_running,
    station,
    stored,
    until,
)


def log(screen: LiveScreen) -> str:
    return "\n".join(screen.query_one(LogPane).log_lines.lines)


async def test_what_runs_is_selected_before_what_waits(filled: Path) -> None:
    later = BEGAN + timedelta(hours=1)
    running = record(4, status=Status.RUNNING)
    queued = [
        record(5 + place, status=Status.QUEUED, queued=later + timedelta(seconds=-place))
        for place in range(3)
    ]
    fill(filled, [running, *queued])
    start_running(filled, "4")
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        assert desk.selected == "4"
        desk.select("6")
        await pilot.press("2")
        screen = station(pilot)
        assert isinstance(screen, LiveScreen)
        await until(pilot, lambda: log(screen) == "Waits: 2 before it.")
        replace(filled, stored(filled)[6].model_copy(update={"status": Status.STOPPED}))
        await until(pilot, lambda: log(screen) == "Waits: 1 before it.")
        start_running(filled, "6")
        await until(pilot, lambda: "Waits" not in log(screen) and log(screen))


@pytest.mark.exercises("run.running")
async def test_a_key_turns_to_what_runs_from_every_screen(filled: Path) -> None:
    fill(filled, [record(number, status=Status.RUNNING) for number in (4, 5)])
    for number in ("4", "5"):
        start_running(filled, number)
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        for screen, where in (
            ("1", "1"),
            ("2", "2"),
            ("3", "3"),
            ("4", "2"),
            ("5", "2"),
            ("8", "2"),
        ):
            desk.select("1")
            await pilot.press(screen)
            if "stop" not in station(pilot).WITHOUT:
                await pilot.press("x")
                assert "1 is done already. Press . for what runs." in notices(pilot)
            await pilot.press("full_stop")
            assert desk.selected == "4"
            assert "4 baseline plain_cnn 16px runs, 1 of 2: again" in notices(pilot)
            assert isinstance(station(pilot), station_class(list(STATIONS)[int(where) - 1]))
        await pilot.press("full_stop")
        assert desk.selected == "5"
        log_lines = station(pilot).query_one(LogPane).log_lines
        await until(pilot, lambda: log_lines.border_title == "Log of 5")
        await pilot.press("full_stop")
        assert desk.selected == "4", "behind the last comes the first"
        await pilot.press("3", "slash", *"overfit", "enter")
        await until(pilot, lambda: desk.selected == "2")
        await pilot.press("full_stop")
        assert desk.selected == "4", "also where a filter hides it"
        assert isinstance(station(pilot), LiveScreen)


async def test_where_nothing_runs_that_key_says_so(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("full_stop")
        assert "Nothing runs." in notices(pilot)
        fill(filled, [record(4, status=Status.QUEUED)])
        await until(pilot, lambda: cockpit(pilot).desk.snapshot.queued)
        await pilot.press("full_stop")
        assert "Nothing runs, and 4 waits." in notices(pilot)
        assert station(pilot).NAME == "Recipe"
