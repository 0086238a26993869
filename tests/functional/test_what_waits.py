"""What runs is selected at the start, and what waits is told as waiting."""

from datetime import timedelta
from pathlib import Path

from app.screens.live import LiveScreen
from app.widgets.log_pane import LogPane
from engine.experiment.record import Status
from tests.functional.staging import (
    BEGAN,
    cockpit,
    fill,
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
