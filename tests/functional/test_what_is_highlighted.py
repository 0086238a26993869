"""Keys act on the row that is highlighted, whatever is hidden, comes or goes meanwhile."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.screens.blend import BlendScreen
from app.screens.confirm import ConfirmScreen
from app.screens.spec import SpecScreen
from app.widgets.member_list import MemberList
from app.widgets.results_table import ResultsTable
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.recipe.moves import Move
from tests.functional.searched import DONE, FAILED, search
from tests.functional.staging import (
    cockpit,
    fill,
    notices,
    opened,
    record,
    replace,
    station,
    until,
)

STAGES = (Stage.BASELINE, Stage.OVERFIT, Stage.REGULARIZE)


def nine() -> list[ExperimentRecord]:
    """Three of each stage, the first the best."""
    return [record(number, STAGES[number % 3 - 1], loss=number / 10) for number in range(1, 10)]


def table_of(pilot: Pilot[None]) -> ResultsTable:
    return station(pilot).query_one(ResultsTable)


def highlighted(pilot: Pilot[None]) -> str:
    """What the first column says where the cursor is."""
    table = table_of(pilot)
    return table.get_row_at(table.cursor_row)[0].strip(" ◆*▸▾")


async def filtered(pilot: Pilot[None], text: str) -> None:
    """The results, of which a filter leaves some, with the cursor on the first."""
    await pilot.press("3", "slash", *text, "enter", "home")
    await until(pilot, lambda: cockpit(pilot).desk.selected == highlighted(pilot))


async def test_who_deletes_what_a_filter_leaves_is_asked_about_the_next_row(bare: Path) -> None:
    fill(bare, nine())
    async with opened(bare) as pilot:
        await filtered(pilot, "stage:baseline")
        assert highlighted(pilot) == "1"
        await pilot.press("d", "y")
        await until(pilot, lambda: len(cockpit(pilot).desk.snapshot.records) == 8)
        await until(pilot, lambda: cockpit(pilot).desk.selected == highlighted(pilot) == "4")
        await pilot.press("d")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        title = str(pilot.app.screen.query_one(".dialog").border_title)
        assert title.startswith("Delete 4 "), title


async def test_without_a_filter_too_the_cursor_stays_where_was_deleted(bare: Path) -> None:
    fill(bare, nine())
    async with opened(bare) as pilot:
        await pilot.press("3", "home", "down")
        await until(pilot, lambda: cockpit(pilot).desk.selected == "2")
        await pilot.press("d", "y")
        await until(pilot, lambda: len(cockpit(pilot).desk.snapshot.records) == 8)
        await until(pilot, lambda: cockpit(pilot).desk.selected == highlighted(pilot) == "3")


async def test_a_run_that_the_filter_hides_is_not_what_the_keys_are_about(bare: Path) -> None:
    fill(bare, nine())
    async with opened(bare) as pilot:
        await filtered(pilot, "val<0.45")
        await pilot.press("R")
        await until(pilot, lambda: len(cockpit(pilot).desk.snapshot.records) == 10)
        await until(pilot, lambda: cockpit(pilot).desk.selected == highlighted(pilot) == "1")
        await pilot.press("space")
        assert cockpit(pilot).desk.marked == {"1"}


@pytest.mark.slow
async def test_what_drops_out_of_the_filter_is_selected_no_longer(bare: Path) -> None:
    records = nine()
    fill(bare, records)
    async with opened(bare) as pilot:
        await filtered(pilot, "val<0.45")
        replace(bare, record(1, loss=0.9))
        await until(pilot, lambda: table_of(pilot).row_count == 3)
        await until(pilot, lambda: cockpit(pilot).desk.selected == highlighted(pilot) == "2")


async def test_while_a_filter_is_typed_the_selection_stays(bare: Path) -> None:
    fill(bare, nine())
    async with opened(bare) as pilot:
        await pilot.press("3", "home", "slash", *"overfit")
        await until(pilot, lambda: table_of(pilot).row_count == 3)
        assert cockpit(pilot).desk.selected == "1", "esc shows all again, and it is found there"
        await pilot.press("escape")
        assert highlighted(pilot) == "1"


async def test_a_group_is_not_marked(bare: Path) -> None:
    swept = [record(number, group="sweep of 1") for number in (2, 3)]
    fill(bare, [record(1), *swept])
    async with opened(bare) as pilot:
        await pilot.press("3", "g", "home")
        assert table_of(pilot).is_on_heading
        await pilot.press("space")
        assert cockpit(pilot).desk.marked == frozenset()
        assert "This is a group" in notices(pilot)


async def test_the_cursor_stays_on_a_trial_while_others_come(bare: Path) -> None:
    fill(bare, [record(1), search(2, Status.RUNNING, DONE, FAILED)])
    async with opened(bare) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: cockpit(pilot).desk.selected == "2")
        await pilot.press("z", "down", "down")
        table = table_of(pilot)
        place = table.cursor_row
        assert table.row_count == 4
        more = DONE.model_copy(update={"id": "3"})
        replace(bare, search(2, Status.RUNNING, DONE, FAILED, more))
        await until(pilot, lambda: table.row_count == 5)
        await pilot.pause()
        assert table.cursor_row == place
        assert "units=64" in " ".join(table.get_row_at(place))


@pytest.mark.slow
async def test_a_blend_that_is_advised_opens_with_its_members(regularized: Path) -> None:
    async with opened(regularized) as pilot:
        # Marks are for curves, too: here they have nothing to do with it.
        await pilot.press("3", "end", "space", "up", "space")
        move = Move(
            title="blend 2 that help",
            reason="the others make it no better",
            kind="blend",
            stage=Stage.ENSEMBLE,
            members=("3", "4"),
        )
        station(pilot)._take(move)
        screen = await until(
            pilot, lambda: one if isinstance(one := pilot.app.screen, BlendScreen) else None
        )
        members = await until(pilot, lambda: screen.query(MemberList))
        chosen = members.first().selected
        assert tuple(chosen) == move.members == ("3", "4")


async def test_where_the_selected_one_goes_its_neighbour_is_selected_on_every_screen(
    bare: Path,
) -> None:
    fill(bare, [record(number) for number in range(1, 61)])
    async with opened(bare, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        await pilot.press("3", "home", *["down"] * 29)
        table = station(pilot).query_one(ResultsTable)
        selected = desk.selected
        order = [one.id for one in table._rows.lines if isinstance(one, ExperimentRecord)]
        place = order.index(str(selected))
        top = table.scroll_offset.y
        await pilot.press("d", "y")
        await until(pilot, lambda: table.row_count == 59)
        assert desk.selected == order[place + 1]
        await pilot.pause()
        assert table.scroll_offset.y == top, "nor does the table jump"
        await pilot.press("2", "d", "y")
        await until(pilot, lambda: len(desk.snapshot.records) == 58)
        assert desk.selected == order[place + 2], "also where no table is shown"
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, SpecScreen))
        desk.service.tidying.delete((order[place + 2],))
        await until(pilot, lambda: len(desk.snapshot.records) == 57)
        assert desk.selected == order[place + 3], "nor below a dialog"


async def test_the_neighbour_is_that_of_the_list_that_is_shown(bare: Path) -> None:
    losses = (0.5, 0.1, 0.4, 0.2, 0.3)
    fill(bare, [record(number, loss=loss) for number, loss in enumerate(losses, 1)])
    async with opened(bare, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        table = station(pilot).query_one(ResultsTable)
        table.focus()
        await pilot.press("home", "down", "down")
        assert desk.selected == "3"
        await pilot.press("3", "d", "y")
        await until(pilot, lambda: len(desk.snapshot.records) == 4)
        assert desk.selected == "1", "the results are sorted by score: 2 4 5 3 1"
