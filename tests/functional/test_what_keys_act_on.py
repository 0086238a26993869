"""Keys act on what a screen shows: the highlighted column, the shown search, the next seed."""

from pathlib import Path
from threading import Event
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable

from app.screens.ablation import AblationScreen
from app.screens.compare import CompareScreen
from app.screens.confirm import ConfirmScreen
from app.screens.search import SearchScreen
from app.screens.spec import SpecScreen
from app.widgets.results_table import ResultsTable
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import Stage
from engine.service import Service
from tests.functional.searched import wide_search
from tests.functional.staging import cockpit, fill, opened, record, station, stored, three, until


async def compared(pilot: Pilot[None], marks: str) -> DataTable[Any]:
    """The table that holds experiments beside each other."""
    cockpit(pilot).desk.marked = frozenset(marks)
    await pilot.press("c")
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    table: DataTable[Any] = screen.query_one("#table", DataTable)
    await until(pilot, lambda: len(table.columns) == 1 + len(screen._records))
    return table


async def test_what_was_selected_elsewhere_gives_way_to_the_highlighted_column(
    filled: Path,
) -> None:
    fill(filled, [record(4), record(5), record(6)])
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        desk.selected = "1"
        table = await compared(pilot, "12")
        await pilot.press("right")
        await until(pilot, lambda: desk.selected == "2")
        await pilot.press("3")
        await until(pilot, lambda: station(pilot).query_one(ResultsTable).row_count == 6)
        await pilot.press("end")
        await until(pilot, lambda: desk.selected != "2")
        await pilot.press("6")
        await until(pilot, lambda: pilot.app.current_mode == "compare")
        assert table.cursor_column == 2
        assert desk.selected == "2"
        await pilot.press("home")
        await until(pilot, lambda: table.cursor_column == 0)
        await until(pilot, lambda: desk.selected == "1")


async def test_a_rerun_leaves_the_highlighted_column_selected(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        table = await compared(pilot, "12")
        assert (table.cursor_column, desk.selected) == (1, "1")
        await pilot.press("R")
        await until(pilot, lambda: desk.find("4"))
        await pilot.pause()
        assert desk.selected == "1"
        await pilot.press("p")
        await until(pilot, lambda: [one.id for one in stored(filled) if one.pinned] == ["1"])


@pytest.mark.slow
async def test_running_a_trial_of_an_older_search_leaves_that_search_shown(filled: Path) -> None:
    fill(filled, [wide_search(4), wide_search(5)])
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        desk.selected = "4"
        await pilot.press("7")
        screen = pilot.app.screen
        assert isinstance(screen, SearchScreen)
        await until(pilot, lambda: screen.record and screen.record.id == "4")
        await pilot.press("ctrl+home", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SpecScreen))
        await pilot.press("enter")
        await until(pilot, lambda: desk.find("6"))
        await pilot.pause()
        assert screen.record
        assert (screen.record.id, desk.selected) == ("4", "6")
        fill(filled, [wide_search(7)])
        desk.await_record(await until(pilot, lambda: desk.find("7")))
        cockpit(pilot).draw()
        assert screen.record.id == "7", "one that was just begun is selected, and so shown"
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: desk.find("7") is None)
        await until(pilot, lambda: screen.record and screen.record.id == "5")


def ablation(number: int, parent: str, seed: int) -> ExperimentRecord:
    """One run of the ablation of experiment 4."""
    one = record(number, Stage.REGULARIZE, parent=parent, group="ablation of 4, 5")
    assert one.fit is not None
    return one.model_copy(update={"spec": one.fit.model_copy(update={"seed": seed})})


async def test_every_press_of_plus_queues_another_seed(bare: Path) -> None:
    fill(bare, [*three(), record(4, Stage.REGULARIZE, parent="3")])
    fill(bare, [ablation(5, "4", 0), ablation(6, "3", 1)])
    service = Service(bare)
    asked: Any = service
    submit, goes_on = service.submit, Event()

    def slow(*arguments: Any) -> ExperimentRecord:
        assert goes_on.wait(20)
        return submit(*arguments)

    asked.submit = slow
    async with opened(bare, (120, 40), service) as pilot:
        cockpit(pilot).desk.selected = "4"
        await pilot.press("a")
        screen = pilot.app.screen
        assert isinstance(screen, AblationScreen)
        await until(pilot, lambda: screen._runs)
        await pilot.press("plus", "plus", "plus")
        goes_on.set()
        await until(pilot, lambda: len(stored(bare)) == 9)
        seeds = [one.fit.seed for one in stored(bare)[6:] if one.fit]
        assert sorted(seeds) == [2, 3, 4]
        await until(pilot, lambda: len(screen._runs) == 5)
        await pilot.press("plus")
        await until(pilot, lambda: len(stored(bare)) == 10)
        tenth = stored(bare)[-1].fit
        assert tenth is not None
        assert tenth.seed == 5


async def test_looking_at_searches_selects_none_but_keys_act_on_the_one_shown(
    filled: Path,
) -> None:
    fill(filled, [wide_search(4)])
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        desk.select("2")
        desk.to_look_at([wide_search(4)])
        assert desk.unseen == {"4"}
        await pilot.press("7")
        await until(pilot, lambda: desk.unseen == frozenset())
        assert desk.selected == "2"
        await pilot.press("R")
        await until(pilot, lambda: desk.find("5"))
        assert isinstance(stored(filled)[-1].spec, SearchSpec)
