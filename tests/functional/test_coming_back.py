"""What the cockpit tells of experiments that ended while nobody looked."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from app.cockpit import Cockpit
from app.notices import notice_of
from app.remembered import state_path
from app.widgets.results_table import ResultsTable
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.service import Service
from tests.functional.staging import (
    BEGAN,
    cockpit,
    fill,
    notices,
    opened,
    record,
    replace,
    station,
    until,
)

AWAY = "While you were away"


async def seen(pilot: Pilot[None], number: int) -> None:
    """Wait until the end of an experiment is known to have been told."""
    end = (BEGAN + timedelta(minutes=number, seconds=8)).isoformat()
    await until(pilot, lambda: end in state_path().read_text())


def fresh(pilot: Pilot[None]) -> list[str]:
    """The rows that are marked as not looked at yet, from top to bottom."""
    table = station(pilot).query_one(ResultsTable)
    rows = (table.get_row_at(row)[0] for row in range(table.row_count))
    return [row.strip("• ") for row in rows if "•" in row]


def fresh_ids(pilot: Pilot[None]) -> frozenset[str]:
    return cockpit(pilot).desk.fresh


async def test_what_ended_meanwhile_is_told_once_and_marked_until_looked_at(filled: Path) -> None:
    async with opened(filled) as pilot:
        await seen(pilot, 3)
        assert AWAY not in notices(pilot), "who is here for the first time was never away"
    ended = record(4, Stage.WIDEN, loss=0.173)
    fill(filled, [ended, record(5, Stage.WIDEN, Status.FAILED), record(6, status=Status.QUEUED)])
    async with opened(filled) as pilot:
        await until(pilot, lambda: AWAY in notices(pilot))
        assert "5 widen failed, 4 widen ended at 0.1730." in notices(pilot)
        assert fresh(pilot) == ["5", "4"]
        assert "not looked at" in str(station(pilot).query_one(ResultsTable).border_title)
        await pilot.press("3")
        station(pilot).query_one(ResultsTable).move_cursor(0)
        cockpit(pilot).desk.select("4")
        cockpit(pilot).draw()
        assert fresh(pilot) == ["5"]
        await until(pilot, lambda: '["5"]' in state_path().read_text())
    async with opened(filled) as pilot:
        await until(pilot, lambda: fresh(pilot) == ["5"])
        assert AWAY not in notices(pilot), "it was told of"
        cockpit(pilot).desk.select("5")
        await until(
            pilot,
            lambda: '"unseen": {' in (told := state_path().read_text()) and '["5"]' not in told,
        )
    async with opened(filled) as pilot:
        await pilot.press("3", "enter")
        assert fresh_ids(pilot) == frozenset()


async def test_what_ends_before_ones_eyes_is_not_told_again(filled: Path) -> None:
    fill(filled, [record(4, status=Status.QUEUED)])
    async with opened(filled) as pilot:
        await seen(pilot, 3)
        replace(filled, record(4, loss=0.1))
        await until(pilot, lambda: "4 baseline plain_cnn 16px is done" in notices(pilot))
        await until(pilot, lambda: fresh_ids(pilot) == {"4"})
        await seen(pilot, 4)
    async with opened(filled) as pilot:
        await pilot.press("3")
        assert AWAY not in notices(pilot)


async def test_a_blend_that_was_made_here_is_not_told_of_later(filled: Path) -> None:
    """It is done when it is first seen, and no job of it has ended."""
    async with opened(filled) as pilot:
        await seen(pilot, 3)
        fill(filled, [record(4, Stage.WIDEN, loss=0.1)])
        await seen(pilot, 4)
    async with opened(filled) as pilot:
        await until(pilot, lambda: not cockpit(pilot).desk.is_asking("away"))
        assert AWAY not in notices(pilot)


async def test_no_row_that_runs_waits_or_is_selected_is_marked_as_not_looked_at(
    filled: Path,
) -> None:
    fill(filled, [record(4, status=Status.QUEUED), record(5, status=Status.QUEUED)])
    async with opened(filled) as pilot:
        desk = cockpit(pilot).desk
        replace(filled, record(4, loss=0.1))
        await until(pilot, lambda: fresh(pilot) == ["4"])
        replace(filled, record(4, status=Status.QUEUED))
        await until(pilot, lambda: len(desk.snapshot.queued) == 2)
        assert fresh(pilot) == []
        assert desk.selected == "5"
        replace(filled, record(5, loss=0.1))
        await until(pilot, lambda: "5" in desk.fresh)
        await pilot.pause()
        assert fresh(pilot) == []
        # The other one, which waits, has the same spec: that is asked about.
        await pilot.press("R", "y")
        await until(pilot, lambda: desk.selected == "6")
        assert desk.unseen == frozenset(), "it was watched to its end"


@pytest.mark.parametrize(("width", "most"), [(80, 2), (120, 5)])
async def test_what_is_told_covers_little_of_a_small_terminal(
    filled: Path, width: int, most: int
) -> None:
    app = Cockpit(Service(filled))
    async with app.run_test(size=(width, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.desk.is_loaded)
        app.tell(notice_of(record(4)))
        (toast,) = await until(pilot, lambda: pilot.app.screen.query(Toast))
        await until(pilot, lambda: toast.region.height)
        assert toast.region.height <= most
        assert toast.region.bottom <= 23, "above the footer"
        assert toast.region.x >= 0
        (notice,) = app._notifications
        assert "accuracy 0.9000" in notice.message
        assert notice.timeout <= (6 if width < 100 else 8)


async def test_a_damaged_memory_is_left_as_it_is(filled: Path) -> None:
    state_path().write_text('{"seen": 3, "unseen": 3, "toured": true}')
    async with opened(filled) as pilot:
        await until(pilot, lambda: not cockpit(pilot).desk.is_asking("away"))
        assert json.loads(state_path().read_text())["seen"] == 3
        assert AWAY not in notices(pilot)
        assert station(pilot), "no dialog covers it"


async def test_what_was_marked_is_marked_again_while_it_is_there(filled: Path) -> None:
    async with opened(filled) as pilot:
        await seen(pilot, 3)
        desk = cockpit(pilot).desk
        for one in "123":
            desk.select(one)
            desk.toggle_mark()
        await until(pilot, lambda: '"marked": {' in state_path().read_text())
        await until(pilot, lambda: '["1", "2", "3"]' in state_path().read_text())
    Service(filled).tidying.delete(("2",))
    async with opened(filled) as pilot:
        await until(pilot, lambda: cockpit(pilot).desk.marked == {"1", "3"})
