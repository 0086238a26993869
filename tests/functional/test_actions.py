"""Every key that acts on an experiment, and what it leaves in the notebook and on disk."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, Static

from app.presentation.listing import ALL
from app.screens.confirm import ConfirmScreen
from app.screens.live import LiveScreen
from app.screens.message import MessageScreen
from app.screens.results import ResultsScreen
from app.turns import OPENING
from app.widgets.curve_chart import CurveChart
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from app.widgets.run_status import RunStatus
from app.widgets.spec_field import SpecField
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.jobs.workspace import Workspace
from engine.progress import ENDING
from engine.service import Service
from tests.functional.predicted import predict
from tests.functional.staging import (
    cockpit,
    fill,
    notices,
    opened,
    record,
    start_running,
    station,
    stored,
    until,
)


def order(screen: ResultsScreen) -> list[str]:
    """The ids of the rows, from top to bottom."""
    table = screen.query_one(ResultsTable)
    return [str(table.get_row_at(row)[0]).strip(" ◆*") for row in range(table.row_count)]


@pytest.mark.exercises("table.sort", "table.reverse")
async def test_the_table_sorts_by_each_column_both_ways(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3")
        screen = station(pilot)
        assert isinstance(screen, ResultsScreen)
        assert "sorted by folds, Val ↑" in str(screen.query_one(ResultsTable).border_subtitle)
        assert order(screen) == ["3", "2", "1"], "the best by the metric is on top"
        await pilot.press("S")
        assert order(screen) == ["1", "2", "3"]
        for _ in ALL:
            await pilot.press("s")
            if "sorted by Val ↑" in str(screen.query_one(ResultsTable).border_subtitle):
                break
        assert order(screen) == ["3", "2", "1"]
        assert cockpit(pilot).desk.selected == "3", "sorting chooses nothing else"
        while "sorted by folds, Val ↑" not in str(screen.query_one(ResultsTable).border_subtitle):
            await pilot.press("s")


@pytest.mark.exercises("table.filter", "table.clear", "run.again")
async def test_the_filter_narrows_and_keys_act_on_what_it_left(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3", "slash", *"plain")
        screen = station(pilot)
        assert isinstance(screen, ResultsScreen)
        assert order(screen) == ["1"]
        await pilot.press("enter")
        await until(pilot, lambda: cockpit(pilot).desk.selected == "1")
        await pilot.press("escape")
        assert order(screen) == ["3", "2", "1"]
        await pilot.press("slash", *"nothing", "enter", "R")
        await until(pilot, lambda: "esc clears it" in notices(pilot))
        assert len(stored(filled)) == 3, "what the filter hides is not run"
        await pilot.press("escape", "R")
        await until(pilot, lambda: len(stored(filled)) == 4)
        again = stored(filled)[-1]
        assert (again.spec, again.parent) == (stored(filled)[0].spec, "1")
        await until(pilot, lambda: order(screen) == ["4", "3", "2", "1"])
        assert cockpit(pilot).desk.selected == "4", "the new run is the selected one"


@pytest.mark.exercises("run.mark", "chart.log", "table.open")
async def test_marked_experiments_lie_over_the_selected_one(filled: Path) -> None:
    async with opened(filled) as pilot:
        chart = station(pilot).query_one(CurveChart)
        await pilot.press("tab", "down", "space", "up")
        await until(pilot, lambda: "val of 2" in str(chart.border_subtitle))
        assert cockpit(pilot).desk.marked == {"2"}
        before = chart.render_line(5).text, chart.render_line(9).text
        await pilot.press("y")
        assert not cockpit(pilot).desk.log_scale
        await until(pilot, lambda: (chart.render_line(5).text, chart.render_line(9).text) != before)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, LiveScreen)
        await pilot.pause()
        assert "val of 2" in str(station(pilot).query_one(CurveChart).border_subtitle)


@pytest.mark.exercises("run.pin")
async def test_at_most_one_experiment_is_pinned(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3", "p")
        await until(pilot, lambda: [one.pinned for one in stored(filled)] == [False, False, True])
        await pilot.press("down", "p")
        await until(pilot, lambda: [one.pinned for one in stored(filled)] == [False, True, False])
        table = station(pilot).query_one(ResultsTable)
        await until(pilot, lambda: "*" in str(table.get_row_at(1)[0]))
        assert "*" not in str(table.get_row_at(0)[0])


@pytest.mark.exercises("run.stop", "confirm.no", "confirm.yes", "run.resume")
async def test_stopping_asks_first_and_what_was_stopped_can_be_resumed(filled: Path) -> None:
    fill(filled, [record(4, status=Status.QUEUED)])
    async with opened(filled) as pilot:
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("n", "x", "y")
        await until(pilot, lambda: stored(filled)[3].status is Status.STOPPED)
        await until(pilot, lambda: "out of the queue" in notices(pilot))
        # The key asks about what is shown, and that follows the notebook a moment later.
        shown = station(pilot).desk
        await until(pilot, lambda: shown.record and shown.record.status is Status.STOPPED)
        await pilot.press("x")
        await until(pilot, lambda: "was stopped already" in notices(pilot))
        await pilot.press("u")
        await until(pilot, lambda: stored(filled)[3].status is Status.QUEUED)


@pytest.mark.exercises("run.first")
async def test_what_is_to_come_next_goes_to_the_front_of_the_queue(filled: Path) -> None:
    fill(filled, [record(number, status=Status.QUEUED) for number in (4, 5, 6, 7)])

    def queue() -> list[str]:
        return [one.id for one in sorted(stored(filled)[3:], key=lambda one: one.queued)]

    async with opened(filled) as pilot:
        desk = station(pilot).desk
        await pilot.press("3", "N")
        await until(pilot, lambda: queue() == ["7", "4", "5", "6"])
        await until(pilot, lambda: "before all that waits: 7 baseline" in notices(pilot))
        # One that has ended is marked to be compared.
        desk.marked = frozenset({"1", "5", "6"})
        await pilot.press("N")
        await until(pilot, lambda: queue() == ["5", "6", "7", "4"])
        desk.marked = frozenset()
        await pilot.press("end")
        await until(pilot, lambda: desk.selected == "1")
        await pilot.press("N")
        await until(pilot, lambda: "Nothing of experiment 1 waits: it is done." in notices(pilot))


async def test_what_was_asked_to_end_and_has_not_is_ended_at_once(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4")
    ended: list[tuple[str, bool]] = []
    service = Service(filled)
    stop = service.stop

    def noting(experiment: str, now: bool = False) -> Any:
        ended.append((experiment, now))
        return stop(experiment)

    service.stop = noting  # type: ignore[method-assign]
    async with opened(filled, (120, 30), service) as pilot:
        await pilot.press("x", "y")
        desk = station(pilot).desk
        await until(pilot, lambda: [one.doing for one in desk.snapshot.live] == [ENDING])
        await until(pilot, lambda: ENDING in str(station(pilot).query_one(RunStatus).render()))
        await pilot.press("x")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, ConfirmScreen) else None
        )
        assert "at once" in str(screen.query_one(".dialog").border_title)
        await pilot.press("y")
        await until(pilot, lambda: ended == [("4", False), ("4", True)])
        await until(pilot, lambda: "its process is ended" in notices(pilot))


async def test_all_marked_experiments_that_have_not_ended_are_stopped(filled: Path) -> None:
    fill(filled, [record(number, status=Status.QUEUED) for number in (4, 5, 6)])
    async with opened(filled) as pilot:
        await pilot.press("3")
        desk = station(pilot).desk
        # One that has ended is marked to be compared.
        desk.marked = frozenset({"1", "4", "6"})
        await pilot.press("x")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, ConfirmScreen) else None
        )
        told = str(screen.query_one(".dialog Static", Static).content)
        assert "4 " in told
        assert "6 " in told
        assert "1 " not in told
        await pilot.press("y")
        halted = [Status.STOPPED, Status.QUEUED, Status.STOPPED]
        await until(pilot, lambda: [one.status for one in stored(filled)[3:]] == halted)
        await until(pilot, lambda: "2 experiments: 4, 6" in notices(pilot))


async def test_no_leaves_a_run_alone_and_yes_asks_its_worker(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4")
    asked = Workspace(filled).task("4", "fold0") / "stop"
    async with opened(filled) as pilot:
        await pilot.press("x", "n")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmScreen))
        assert not asked.exists()
        await pilot.press("x", "y")
        await until(pilot, asked.exists)


@pytest.mark.exercises("run.export", "message.close")
async def test_what_cannot_be_exported_says_why(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        text = str(pilot.app.screen.query_one(".dialog Static", Static).render())
        assert "Expected: " in text
        assert "To fix it: " in text
        assert not (filled / "submissions").exists() or not list((filled / "submissions").iterdir())
        await pilot.press("escape")
        assert station(pilot)


async def test_what_cannot_be_read_is_guessed_after_asking(regularized: Path) -> None:
    broken = sorted((regularized / "test").iterdir())[0]
    broken.write_bytes(b"no image")
    predict(regularized, "4", 0.7, blank=(0,))
    async with opened(regularized, (120, 40)) as pilot:
        await until(pilot, lambda: cockpit(pilot).desk.record)
        cockpit(pilot).desk.selected = "4"
        for answer in "ny":
            await pilot.press("E")
            screen = await until(
                pilot, lambda: s if isinstance(s := pilot.app.screen, ConfirmScreen) else None
            )
            told = str(screen.query_one(".dialog Static", Static).content)
            assert f"`{broken.name}` can't be answered" in told
            assert not (regularized / "submissions").exists()
            await pilot.press(answer)
        await until(pilot, lambda: f"can't be read: {broken.name}" in notices(pilot))
        assert len(list((regularized / "submissions").glob("4-*.csv"))) == 1


@pytest.mark.exercises("run.again")
async def test_a_blend_whose_member_is_gone_names_the_member_to_run_again(
    regularized: Path,
) -> None:
    Service(regularized).workbench.blend(EnsembleSpec(members=("3", "4")))
    shutil.rmtree(regularized / "runs")
    async with opened(regularized) as pilot:
        for key, missing in (("E", "of its members: 3, 4"), ("R", "of experiments 3, 4")):
            assert cockpit(pilot).desk.selected == "5"
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
            text = str(pilot.app.screen.query_one(".dialog Static", Static).render())
            assert missing in " ".join(text.split())
            assert "select 3, then press R" in " ".join(text.split())
            await pilot.press("escape")


@pytest.mark.exercises("run.copy")
async def test_an_experiment_is_copied_with_the_command_of_its_spec(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("Y")
        copied = pilot.app.clipboard.splitlines()
        assert copied[0].startswith("3 regularize wide_cnn 16px: ")
        assert copied[1].startswith("hydra-tui run regularize --plain --set ")


@pytest.mark.slow
@pytest.mark.exercises("rail.go")
async def test_a_stage_is_proposed_once_however_often_it_is_asked_for(bare: Path) -> None:
    async with opened(bare) as pilot:
        rail = pilot.app.focused
        assert isinstance(rail, Rail)
        for _ in range(2):
            rail.post_message(Rail.Chosen(Stage.BASELINE))
        await until(pilot, lambda: len(pilot.app.screen.query(SpecField)) > 0)
        await until(pilot, lambda: not cockpit(pilot).desk.is_asking(OPENING))
        await pilot.press("escape")
        assert pilot.app.focused is rail, "there is no second form below the first"
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen.query(SpecField)) > 0)
        await pilot.press("enter")
        await until(pilot, lambda: len(stored(bare)) == 1)
        await until(pilot, lambda: cockpit(pilot).desk.snapshot.records)
        assert stored(bare)[0].stage is Stage.BASELINE
        status = str(station(pilot).query_one("#run-status", Static).render())
        assert "queued: 1" in status or "▶ 1" in status, "waiting, or begun already"


async def test_without_an_experiment_keys_say_so(bare: Path) -> None:
    async with opened(bare) as pilot:
        for key in "Rexup":
            pilot.app.clear_notifications()
            await pilot.press(key)
            await until(pilot, lambda: "run a stage first" in notices(pilot))


async def test_typing_in_the_filter_is_not_taken_for_keys(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3", "slash", *"q1Rp")
        assert station(pilot).query_one(Input).value == "q1Rp"
        assert isinstance(station(pilot), ResultsScreen)
        assert len(stored(filled)) == 3
