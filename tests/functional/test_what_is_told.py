"""What the cockpit tells: once, of the right experiment, and with the keys that help."""

import os
import re
from pathlib import Path

import pytest
from textual.app import SystemCommand
from textual.widgets import Log

from app import monitor
from app.cockpit import Cockpit
from app.commands import stage_commands
from app.messages import LogGrown
from app.monitor import Monitor
from app.screens.compare import CompareScreen
from app.screens.data import DataScreen
from app.screens.gallery import GalleryScreen
from app.screens.help import HelpScreen
from app.screens.search import SearchScreen
from app.widgets.headline import Headline
from app.widgets.keys import Keys
from app.widgets.log_pane import LogPane
from app.widgets.run_status import RunStatus
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import Status, TaskRecord
from engine.experiment.spec import Stage
from engine.jobs.liveness import claim
from engine.jobs.workspace import Workspace
from engine.pilot.flight import Entry, Flight, note_flight
from engine.recipe.stages import LADDER
from engine.service import Service
from tests.functional.searched import FAILED, search
from tests.functional.staging import (
    BEGAN,
    cockpit,
    epoch_ended,
    fill,
    named_keys,
    notices,
    opened,
    record,
    say,
    start_running,
    station,
    until,
)


def named(screen: object) -> list[str]:
    keys = screen.query_one(Keys).named  # type: ignore[attr-defined]
    return [key.description for key in keys if key.end <= 80]


async def test_what_is_told_stands_in_a_dialog_or_below_it_not_twice(filled: Path) -> None:
    app = Cockpit(Service(filled))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.desk.is_loaded)
        under = station(pilot)
        # Long enough for a busy machine.
        under.notify("once is enough", timeout=600)
        await until(pilot, lambda: under.query("Toast"))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await until(pilot, lambda: not under.query_one("ToastRack").display)
        await pilot.press("escape")
        await until(pilot, lambda: under.query_one("ToastRack").display)


async def test_brackets_in_what_is_told_are_no_markup(filled: Path) -> None:
    app = Cockpit(Service(filled))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until(pilot, lambda: app.desk.is_loaded)
        station(pilot).notify("set `count` under [folds]")
        (toast,) = await until(pilot, lambda: pilot.app.screen.query("Toast"))
        assert "[folds]" in str(toast.render())


async def test_the_autopilots_end_is_told_with_what_it_leaves(filled: Path) -> None:
    flying = Flight(status="running", began=BEGAN, budget=60)
    note_flight(Workspace(filled), flying)
    claim(Workspace(filled).autopilot, os.getpid())
    async with opened(filled) as pilot:
        await until(pilot, lambda: cockpit(pilot).desk.snapshot.flight == flying)
        last = Entry(at=BEGAN, stage=Stage.WIDEN, what="pass widen", why="nothing else fits")
        ended = {"status": "done", "used": 50, "entries": (last,), "best": "3"}
        note_flight(Workspace(filled), flying.model_copy(update=ended | {"submission": "a.csv"}))
        await until(pilot, lambda: "The autopilot is done" in notices(pilot))
        assert "widen: pass widen · nothing else fits" in notices(pilot)
        assert "Submission of experiment 3: a.csv" in notices(pilot)


async def test_a_log_grows_under_a_dialog_and_is_the_selected_experiments(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4")
    async with opened(filled) as pilot:
        cockpit(pilot).desk.select("4")
        await pilot.press("2")
        log = station(pilot).query_one(LogPane).query_one(Log)
        await until(pilot, lambda: any("epoch 2" in line for line in log.lines))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        say(filled, "4", epoch_ended(2))
        await until(pilot, lambda: any("epoch 3" in line for line in log.lines))
        await pilot.press("escape")
        before = list(log.lines)
        cockpit(pilot).on_log_grown(LogGrown("1", ("of another one",), afresh=True))
        assert list(log.lines) == before


async def test_whichever_way_one_comes_to_the_curves_their_log_is_asked_for(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    async with opened(filled) as pilot:
        cockpit(pilot).desk.select("2")
        monkeypatch.setattr(cockpit(pilot).monitor, "follow", asked.append)
        cockpit(pilot).switch_mode("live")
        assert asked == ["2"]


def test_who_comes_back_at_once_has_the_log_anew(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4")
    posted: list[LogGrown] = []

    def post(message: object) -> bool:
        if isinstance(message, LogGrown):
            posted.append(message)
        return True

    monitor = Monitor(Service(filled), post)
    monitor.follow("4")
    monitor.look()
    monitor.follow("1")
    monitor.follow("4")
    monitor.look()
    assert [message.experiment for message in posted] == ["4", "4"]
    assert posted[0].lines == posted[1].lines
    assert posted[1].afresh


async def test_an_ensemble_is_not_said_to_wait_for_a_worker(regularized: Path) -> None:
    blended = Service(regularized).workbench.blend(EnsembleSpec(members=("3", "4")))
    async with opened(regularized) as pilot:
        cockpit(pilot).desk.select(blended.id)
        await pilot.press("2")
        log = station(pilot).query_one(LogPane).query_one(Log)
        await until(pilot, lambda: any("An ensemble has no log" in line for line in log.lines))


@pytest.mark.parametrize("key", ["1", "2", "3"])
async def test_the_footer_of_a_small_terminal_has_whole_keys_and_help(
    filled: Path, key: str
) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause()
        screen = station(pilot)
        assert all(one.end <= 80 for one in named_keys(pilot))
        assert "quit" not in named(screen)
        assert "help" in named(screen)
        if key == "3":
            assert {"sort", "filter"} <= set(named(screen))
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: "quit" in [one.description for one in named_keys(pilot)])


async def test_a_screen_with_nothing_to_show_names_no_keys_about_it(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("6")
        await until(pilot, lambda: isinstance(station(pilot), CompareScreen))
        await pilot.pause()
        assert "reference" not in named(station(pilot))
        cockpit(pilot).desk.compared = ("1", "2")
        station(pilot).draw()
        await until(pilot, lambda: "reference" in named(station(pilot)))


async def test_the_headline_tells_how_far_what_runs_has_got_and_counts_what_waits(
    filled: Path,
) -> None:
    fill(filled, [record(4, status=Status.RUNNING), record(5, status=Status.QUEUED)])
    start_running(filled, "4")
    async with opened(filled) as pilot:
        headline = station(pilot).query_one(Headline)
        told = r"4: \d\d% · 2.0 s left, 1 queued"
        await until(pilot, lambda: re.search(told, str(headline.render())))
        for key in ("3", "6"):
            await pilot.press(key)
            assert re.search(told, str(station(pilot).query_one(Headline).render()))


async def test_a_chart_that_fills_the_screen_leaves_how_far_it_has_got(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4")
    async with opened(filled) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: cockpit(pilot).desk.snapshot.live)
        await pilot.press("enter")
        assert station(pilot).has_class("-full")
        headline = station(pilot).query_one(Headline)
        await until(pilot, lambda: re.search(r"4: \d\d% · ", str(headline.render())))


async def test_a_narrow_screen_keeps_percentage_time_left_and_folds(filled: Path) -> None:
    tasks = tuple(
        TaskRecord(name=f"fold{fold}", fold=fold, status=status)
        for fold, status in enumerate((Status.RUNNING, *[Status.QUEUED] * 4))
    )
    fill(filled, [record(4, status=Status.RUNNING, tasks=tasks)])
    start_running(filled, "4")
    async with opened(filled, (80, 24)) as pilot:
        status = station(pilot).query_one(RunStatus)
        told = r"▶ 4 ━*─* +\d+% \d+\.0 s left 0/5 folds"
        await until(pilot, lambda: re.search(told, status.render_line(0).text))


async def test_a_narrow_headline_keeps_to_its_two_lines(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING), record(5, status=Status.QUEUED)])
    start_running(filled, "4")
    async with opened(filled, (80, 24)) as pilot:
        headline = station(pilot).query_one(Headline)
        await until(pilot, lambda: " left, 1 queued" in headline.render_line(1).text)
        assert "7 Search" in headline.render_line(0).text
        assert " left, 1 queued · Climb the recipe" in headline.render_line(1).text


@pytest.mark.slow
async def test_the_palette_does_what_other_screens_keys_do(filled: Path) -> None:
    async with opened(filled) as pilot:

        def found() -> dict[str, SystemCommand]:
            commands = list(pilot.app.get_system_commands(pilot.app.screen))
            named = {command.help: command for command in commands}
            assert len(named) == len(commands), "each stands there once"
            return named

        images = found()["data.images"]
        assert images.title.startswith("Data: Look at labelled images")
        images.callback()
        await until(pilot, lambda: isinstance(pilot.app.screen, GalleryScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DataScreen))
        # What the shown screen does not offer is done where it is.
        assert found()["run.export"].title.startswith("Recipe: ")
        found()["search.best"].callback()
        await until(pilot, lambda: "No search yet" in notices(pilot))
        assert isinstance(pilot.app.screen, SearchScreen)
        # The calibration is in sight there, and its key is not offered.
        found()["errors.calibration"].callback()
        await until(pilot, lambda: "nothing here that it could be done with" in notices(pilot))


@pytest.mark.parametrize("keys", [*"12345678", "3 comma", "t", "e"])
async def test_the_palette_has_one_line_for_an_action_with_all_its_keys(
    filled: Path, keys: str
) -> None:
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press(*keys.split())
        await pilot.pause()
        commands = list(pilot.app.get_system_commands(pilot.app.screen))
        assert len({one.help for one in commands}) == len(commands)
        titles = {one.help: one.title for one in commands}
        doubles = {"Theme", "Quit", "Keys", "Maximize", "Screenshot"}
        assert not doubles & {*titles.values()}, "Textual's, for which there are better ones"
        if keys == "2":
            assert titles["chart.in"].endswith(" (+ =)")
        if keys == "3 comma":
            assert titles["settings.reset"].endswith(" (⌫)")


def test_the_palette_finds_every_stage() -> None:
    begun: list[Stage] = []
    commands = list(stage_commands(begun.append))
    assert [command.title for command in commands] == [f"Stage: {stage}" for stage in LADDER]
    for command in commands:
        command.callback()
    assert begun == list(LADDER)


async def test_a_program_that_is_replaced_meanwhile_is_told_of_once(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed"
    installed.mkdir()
    (installed / "screens.py").write_text("x = 1\n", "utf-8")
    monkeypatch.setattr(monitor, "_APP", installed)
    monkeypatch.setattr(monitor, "_PROGRAM_SECONDS", 0.0)
    async with opened(filled) as pilot:
        await until(pilot, lambda: cockpit(pilot).monitor._program is not None)
        assert "was updated" not in notices(pilot)
        (installed / "screens.py").write_text("x = 12\n", "utf-8")
        await until(pilot, lambda: "hydra-tui was updated q leaves" in notices(pilot))
        (installed / "screens.py").write_text("x = 123\n", "utf-8")
        await pilot.pause(1.0)
        assert notices(pilot).count("was updated") == 1


@pytest.mark.parametrize(
    ("key", "status", "told"),
    [
        ("u", Status.DONE, "4 is done: there is nothing to resume. R runs it again."),
        ("u", Status.QUEUED, "4 is queued: there is nothing to resume."),
        ("E", Status.QUEUED, "4 is queued, and has predicted nothing so far."),
        ("E", Status.FAILED, "4 has failed, and has predicted nothing so far. u goes on with it."),
    ],
)
async def test_a_key_that_can_do_nothing_leaves_the_next_keys_to_the_screen(
    filled: Path, key: str, status: Status, told: str
) -> None:
    fill(filled, [record(4, status=status)])
    async with opened(filled) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: told in notices(pilot))
        await pilot.press("3")
        assert station(pilot).NAME == "Results"


async def test_there_are_no_best_trials_before_one_is_done(filled: Path) -> None:
    fill(filled, [search(4, Status.DONE, FAILED)])
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("7")
        await until(pilot, lambda: station(pilot).record)
        await pilot.press("B")
        await until(pilot, lambda: "No trial of search 4 is done" in notices(pilot))
        assert station(pilot).NAME == "Search"
