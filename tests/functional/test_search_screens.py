"""Searches in the cockpit: listed, shown, followed, begun, and their trials promoted."""

from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from app.screens.message import MessageScreen
from app.screens.search import SearchScreen
from app.screens.spec import SpecScreen
from app.screens.tune import TuneScreen
from app.widgets.curve_chart import CurveChart
from app.widgets.results_table import ResultsTable
from app.widgets.run_status import RunStatus
from app.widgets.spec_field import SpecField
from app.widgets.trials_table import TrialsTable
from engine.errors import UserError
from engine.events.types import BatchEnded, TaskStarted, TrialEnded, TrialEpoch, TrialStarted
from engine.experiment.record import Scores, Status
from engine.experiment.search import SearchSpec, TrialState
from engine.jobs.workspace import Workspace
from engine.service import Service
from engine.store.notebook import Notebook
from tests.functional.searched import DONE, FAILED, search, wide_search
from tests.functional.staging import (
    cockpit,
    fill,
    notices,
    opened,
    record,
    say,
    start_running,
    station,
    until,
)


@pytest.mark.slow
async def test_a_search_is_a_row_with_details_and_no_submission(filled: Path) -> None:
    fill(filled, [search(4, Status.DONE, DONE, FAILED)])
    async with opened(filled, size=(140, 40)) as pilot:
        for key in "1243":
            await pilot.press(key)
        await until(pilot, lambda: station(pilot).query_one(ResultsTable).row_count == 4)
        await pilot.press("e")
        assert "T begins another" in "\n".join(str(one.message) for one in pilot.app._notifications)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        said = str(pilot.app.screen.query_one(Static).render())
        assert "is a search, which predicts nothing" in said
        assert "hydra-tui promote 4" in said


def is_last(pilot: Pilot[None], trial: TrialState) -> bool:
    """Whether the cockpit has heard of a trial's last word."""
    last = cockpit(pilot).desk.snapshot.records[0].tasks[0].trials[-1]
    return (last.id, last.epoch, last.score) == (trial.id, trial.epoch, trial.score)


async def test_a_running_search_tells_of_its_trials(bare: Path) -> None:
    fill(bare, [search(1, Status.RUNNING)])
    start_running(bare, "1", epochs=0)
    running = DONE.model_copy(update={"id": "2", "status": "running", "score": None})
    say(
        bare,
        "1",
        TaskStarted(),
        TrialEnded(trial=DONE, scores=Scores(val_log_loss=0.31)),
        TrialStarted(trial=running),
        BatchEnded(epoch=2, batch=5, batches=20, loss=0.5),
    )
    async with opened(bare, size=(140, 40)) as pilot:
        await pilot.press("2")
        status = station(pilot).query_one(RunStatus)
        await until(pilot, lambda: "trial 2/3 · training, epoch 3/10" in str(status.render()))
        for epoch in range(1, 4):
            further = running.model_copy(update={"epoch": epoch, "score": 1 / epoch})
            say(bare, "1", TrialEpoch(trial=further))
            await until(pilot, partial(is_last, pilot, further))


@pytest.mark.exercises("view.search", "search.sort", "trial.promote")
async def test_a_trial_is_pointed_out_and_run(filled: Path) -> None:
    fill(filled, [wide_search(4), record(5)])
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("7")
        screen = station(pilot)
        assert isinstance(screen, SearchScreen)
        await until(pilot, lambda: screen.record is not None and screen.record.id == "4")
        table = screen.query_one(TrialsTable)
        assert table.row_count == 12
        assert "best 0.3256 by trial 8" in str(screen.query_one("#told", Static).render())
        assert "best 0.3256" in str(screen.query_one(CurveChart).border_subtitle)
        await until(
            pilot, lambda: "±" in str(screen.query_one("#importance-text").render()) or None
        )
        await pilot.press(*["down"] * 5)
        await until(pilot, lambda: "trial 6: The loss is not" in str(table.border_subtitle))
        await pilot.press("s")
        assert str(table.get_row_at(0)[0]) == "8", "the best is on top"
        assert table.chosen == "6", "the cursor stays on its trial"
        await pilot.press("ctrl+home", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SpecScreen))
        await pilot.press("enter")
        notebook = Notebook(Workspace(filled))
        await until(pilot, lambda: len(notebook.records()) == 6)
        made = notebook.records()[5]
        assert made.parent == "4"
        assert made.fit is not None
        assert made.fit.head.units == 128


@pytest.mark.exercises("search.best")
async def test_the_best_trials_are_run_together_after_a_look_at_the_spec(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("7", "B")
        await until(pilot, lambda: "No search yet" in notices(pilot))
        fill(filled, [wide_search(4)])
        await until(pilot, lambda: cockpit(pilot).desk.find("4"))
        await pilot.press("B")
        await until(pilot, lambda: isinstance(pilot.app.screen, SpecScreen))
        await pilot.press("enter")
        notebook = Notebook(Workspace(filled))
        await until(pilot, lambda: len(notebook.records()) == 7)
        made = notebook.records()[4:]
        assert {one.parent for one in made} == {"4"}
        assert len({one.group for one in made}) == 1
        assert len({one.fit.phases[0].learning_rate for one in made if one.fit}) == 3


@pytest.mark.slow
@pytest.mark.exercises("search.view")
async def test_a_narrow_terminal_shows_one_half_at_a_time(filled: Path) -> None:
    fill(filled, [wide_search(4)])
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: station(pilot).query_one(ResultsTable).row_count == 4)
        cockpit(pilot).desk.selected = "4"
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.current_mode == "search")
        slices, importance = (
            station(pilot).query_one(f"#{one}") for one in ("slices", "importance")
        )
        assert slices.display
        assert not importance.display
        await pilot.press("v")
        assert importance.display
        assert not slices.display


@pytest.mark.exercises("run.tune", "tune.begin", "tune.next", "tune.previous", "tune.leave")
async def test_a_search_is_planned_as_it_is_typed_and_begun(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("7")
        assert station(pilot).has_class("-empty")
        await pilot.press("T", "escape", "T")
        screen = pilot.app.screen
        assert isinstance(screen, TuneScreen)

        def plan() -> str:
            return str(screen.query_one("#plan", Static).content)

        await until(pilot, lambda: "20 trials, bayesian" in plan())
        assert "learning_rate" in plan(), "the default space is shown"
        await pilot.press("down", "space")
        await until(pilot, lambda: "20 trials, random" in plan())
        await pilot.press("down", "o", "enter")
        await until(pilot, lambda: "`o` is no number of trials" in plan())
        await pilot.press("backspace", "0")
        await until(pilot, lambda: "`0` is no number of trials" in plan())
        assert "--trials" not in plan(), "which can't be typed here"
        assert isinstance(pilot.app.screen, TuneScreen), "nothing is queued that is wrong"
        screen.query(SpecField)[3].value = "head.units=16,32,64,96,128,256"
        await pilot.press("backspace", "6", "down", "up", "enter")
        await until(pilot, lambda: pilot.app.current_mode == "search" or None)
        made = Notebook(Workspace(filled)).records()[3]
        assert isinstance(made.spec, SearchSpec)
        assert (made.spec.trials, made.spec.strategy, made.parent) == (6, "random", "3")
        assert made.spec.axes[0].values == (16, 32, 64, 96, 128, 256)
        await until(pilot, lambda: cockpit(pilot).desk.selected == made.id)


async def test_what_can_not_be_searched_around_is_told(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("T")
        pilot.app.screen.query(SpecField).first().value = "nobody"
        plan = pilot.app.screen.query_one("#plan", Static)
        await until(pilot, lambda: "`nobody` is nothing to search around" in str(plan.content))


@pytest.mark.slow
async def test_bars_are_as_long_as_there_is_room_after_a_resize(filled: Path) -> None:
    fill(filled, [wide_search(4)])
    async with opened(filled, (80, 40)) as pilot:
        await pilot.press("7")
        text = station(pilot).query_one("#importance-text", Static)
        await until(pilot, lambda: "±" in str(text.content))

        def fits() -> bool:
            longest = max(map(len, str(text.content).splitlines()))
            return text.size.width - 2 <= longest <= text.size.width

        await pilot.press("v")
        await until(pilot, fits)
        assert text.size.width > 70
        for width in (120, 200, 80):
            await pilot.resize_terminal(width, 40)
            await pilot.pause()
            await until(pilot, fits)


@pytest.mark.slow
async def test_only_a_search_that_was_cut_short_can_be_gone_on_with(filled: Path) -> None:
    fill(filled, [wide_search(4)])
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: station(pilot).record is not None)
        assert "u" not in station(pilot).active_bindings
        fill(filled, [wide_search(5, Status.STOPPED)])
        await until(pilot, lambda: cockpit(pilot).desk.find("5"))
        cockpit(pilot).desk.selected = "5"
        cockpit(pilot).draw()
        assert "u" in station(pilot).active_bindings


async def test_the_live_screen_says_where_the_curves_of_a_search_are(filled: Path) -> None:
    fill(filled, [wide_search(4)])
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("2")
        chart = station(pilot).query(CurveChart).first()
        await until(pilot, lambda: "in 7 (Search), as its trials" in str(chart.border_subtitle))


async def test_beside_marked_curves_no_chart_is_called_after_a_search(filled: Path) -> None:
    fill(filled, [wide_search(4)])
    async with opened(filled, (120, 40)) as pilot:
        chart = station(pilot).query(CurveChart).first()
        assert "search" in str(chart.border_title)
        cockpit(pilot).desk.marked = frozenset("12")
        cockpit(pilot).draw()
        assert str(chart.border_title) == "Log-loss · 2 marked"


async def test_what_predicts_nothing_is_left_out_of_comparisons(filled: Path) -> None:
    test = record(4)
    ranged = test.model_copy(update={"spec": test.spec.model_copy(update={"kind": "range_test"})})
    fill(filled, [ranged, wide_search(5)])
    for idle, told in (("4", "range test"), ("5", "search")):
        for ids, reference in ((["2", idle], None), (["2", "3"], idle)):
            with pytest.raises(UserError, match=f"{idle} is a {told}, which predicts nothing"):
                Service(filled).workbench.compare(ids, reference)
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        assert desk.selected == "5"
        desk.marked = frozenset("2345")
        await pilot.press("c")
        assert "Left out: 4, 5: searches and range tests predict nothing." in notices(pilot)
        assert desk.compared == ("2", "3")
