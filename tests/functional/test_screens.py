"""Every main screen opens, says what it is for, and what to do while it is empty."""

import itertools
import re
from pathlib import Path

import pytest
from textual.widgets import Log, Static

from app.screens.data import DataScreen
from app.screens.help import HelpScreen
from app.screens.live import LiveScreen
from app.screens.message import MessageScreen
from app.screens.recipe import RecipeScreen
from app.screens.results import ResultsScreen
from app.widgets.curve_chart import CurveChart
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from engine.experiment.record import Scores, Status, TaskRecord
from tests.functional.staging import (
    cockpit,
    epoch_ended,
    fill,
    named_keys,
    notices,
    opened,
    record,
    replace,
    say,
    start_running,
    station,
    until,
)

SCREENS = {"1": RecipeScreen, "2": LiveScreen, "3": ResultsScreen, "4": DataScreen}


def shown(pilot_screen: object, selector: str) -> str:
    """The text a static shows."""
    assert hasattr(pilot_screen, "query_one")
    return str(pilot_screen.query_one(selector, Static).render())


@pytest.mark.exercises("view.live", "view.results", "view.data", "view.recipe")
async def test_numbers_lead_to_the_screens_and_each_says_what_it_is_for(filled: Path) -> None:
    async with opened(filled) as pilot:
        for key in "2341":
            await pilot.press(key)
            screen = station(pilot)
            assert type(screen) is SCREENS[key]
            assert screen.PURPOSE in shown(screen, "#headline")
            assert "garden" in shown(screen, "#headline")


async def test_without_experiments_every_screen_says_what_to_do(bare: Path) -> None:
    async with opened(bare) as pilot:
        for key in "123":
            await pilot.press(key)
            empty = station(pilot).query_one("#empty", Static)
            assert empty.display
            assert "baseline" in str(empty.render())
            assert not any(chart.region for chart in station(pilot).query(CurveChart))


@pytest.mark.exercises("view.back")
async def test_escape_goes_one_step_back_and_ends_at_home(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("4", "escape")
        assert isinstance(pilot.app.screen, RecipeScreen)
        await pilot.press("3", "enter")
        assert pilot.app.current_mode == "live"
        await pilot.press("escape")
        assert pilot.app.current_mode == "results", "the one it was opened from"
        await pilot.press("escape", "escape")
        assert isinstance(pilot.app.screen, RecipeScreen)
        # To and fro is no longer way back.
        await pilot.press(*"3432")
        seen = []
        for _ in range(4):
            await pilot.press("escape")
            seen.append(pilot.app.current_mode)
        assert seen == ["results", "data", "recipe", "recipe"]
        await pilot.press("4", "1", "3", "escape")
        assert isinstance(pilot.app.screen, RecipeScreen), "what lay before home is forgotten"


async def test_the_data_screen_shows_classes_and_sizes(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("4")
        await pilot.pause()
        text = str(station(pilot).query_one("#classes Static", Static).render())
        assert "0 " in text
        assert "4 (50%)" in text
        assert "24 " in str(station(pilot).query_one("#sizes Static", Static).render())


@pytest.mark.exercises("data.look")
async def test_r_looks_at_the_data_again(bare: Path) -> None:
    labels = (bare / "train_labels.csv").read_text()
    (bare / "train_labels.csv").unlink()
    (bare / "train").rename(bare / "elsewhere")
    async with opened(bare) as pilot:
        desk = cockpit(pilot).desk
        assert desk.data_problem is not None
        assert "4 tells why" in shown(station(pilot), "#headline")
        await pilot.press("4")
        assert desk.data_problem.fix in shown(station(pilot), "#facts-text")
        (bare / "elsewhere").rename(bare / "train")
        (bare / "train_labels.csv").write_text(labels)
        await pilot.press("r")
        await until(pilot, lambda: desk.snapshot.summary is not None)
        assert desk.data_problem is None
        assert station(pilot).query_one("#classes").display


async def test_data_that_can_not_be_used_is_told_on_the_first_screen(bare: Path) -> None:
    (bare / "train_labels.csv").unlink()
    (bare / "train").rename(bare / "elsewhere")
    for size in ((80, 24), (110, 30)):
        async with opened(bare, size) as pilot:
            screen, error = station(pilot), cockpit(pilot).desk.data_problem
            assert error is not None
            told = " ".join(shown(screen, "#empty").split())
            for part in (error.happened, error.expected, error.fix):
                assert " ".join(part.split()) in told
            assert "baseline" not in told
            rail = screen.query_one(Rail)
            assert "can't be used" in rail.render_line(1).text
            headline = screen.query_one("#headline")
            lines = "".join(headline.render_line(y).text for y in range(2))
            assert "the data can't be used: 4 tells why" in lines, "it is not cut off"
            await pilot.press("n")
            assert error.happened in notices(pilot).replace("\n", " ")
            assert "Something runs" not in notices(pilot)


async def test_beside_experiments_it_stands_where_the_next_move_would(filled: Path) -> None:
    (filled / "train_labels.csv").unlink()
    (filled / "train").rename(filled / "elsewhere")
    async with opened(filled, (120, 30)) as pilot:
        error = cockpit(pilot).desk.data_problem
        assert error is not None
        assert error.happened in shown(station(pilot), "#next-move")


async def test_keys_for_experiments_do_nothing_where_none_is_shown(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("4", "R", "x", "E", "p")
        await pilot.pause()
        assert isinstance(pilot.app.screen, DataScreen)
        assert notices(pilot) == ""


@pytest.mark.exercises("app.help", "help.close")
async def test_help_explains_the_screen_and_closes_again(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3", "question_mark")
        screen = pilot.app.screen
        assert isinstance(screen, HelpScreen)
        keys = {key: text for key, text, _ in screen.lines()}
        assert keys["]"].startswith("Show or hide the details")
        assert keys["/"].startswith("Show only experiments")
        assert keys["?"] == "Explain this screen"
        assert "y" not in keys, "the results have no loss axis"
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ResultsScreen)


@pytest.mark.exercises("app.quit")
async def test_q_leaves(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("q")
        await until(pilot, lambda: not pilot.app.is_running)


@pytest.mark.exercises("pane.right", "pane.left", "pane.next")
async def test_side_panes_come_and_go_and_focus_stays_on_something_visible(filled: Path) -> None:
    async with opened(filled) as pilot:
        screen, details = station(pilot), station(pilot).query_one("#details")
        assert not details.display, "100 columns have no room for them"
        await pilot.press("]")
        assert details.display
        assert details.query_one(Static).size.height > 20, "scores and spec"
        assert isinstance(pilot.app.focused, Rail)
        await pilot.press("[")
        await pilot.pause()
        assert not screen.query_one(Rail).display
        await pilot.press("tab")
        assert pilot.app.focused is not None
        assert pilot.app.focused.display
        await pilot.press("2")
        assert station(pilot).query_one("#details").display, "all screens agree"


async def test_narrow_terminals_show_details_instead_of_the_rest(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("]")
        await pilot.pause()
        assert station(pilot).query_one("#details").size.width > 40
        assert not station(pilot).query_one("#main").display
        await pilot.press("]")
        assert station(pilot).query_one("#main").display


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_home_table_shows_losses_and_accuracy_at_every_size(
    filled: Path, size: tuple[int, int]
) -> None:
    async with opened(filled, size) as pilot:
        table = station(pilot).query_one(ResultsTable)
        labels = table.labels
        assert {"Train", "Val"} <= set(labels)
        assert {"Accuracy", "Acc"} & set(labels)
        assert table.max_scroll_x == 0, "nothing is cut off"


async def test_a_terminal_that_is_too_small_says_so_and_recovers(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.resize_terminal(70, 20)
        await pilot.pause()
        assert "too small: 70x20" in shown(station(pilot), "#headline")
        await pilot.resize_terminal(40, 10)
        await pilot.pause()
        assert station(pilot).query_one("#too-small").display
        assert not station(pilot).query_one("#body").display
        await pilot.resize_terminal(120, 40)
        await pilot.pause()
        assert not station(pilot).query_one("#too-small").display
        assert station(pilot).PURPOSE in shown(station(pilot), "#headline")


@pytest.mark.parametrize("size", [(40, 10), (45, 30)])
async def test_a_terminal_that_was_too_small_from_the_start_takes_any_key(
    filled: Path, size: tuple[int, int]
) -> None:
    async with opened(filled, size) as pilot:
        await pilot.press("pageup", "pagedown", "up", "down", "home", "end", "3", "pagedown")
        assert "too small" in shown(station(pilot), "#headline")


@pytest.mark.parametrize("key", ["3", "1"])
async def test_the_row_that_keys_act_on_stays_in_sight(filled: Path, key: str) -> None:
    fill(filled, [record(number, loss=0.3) for number in range(4, 44)])
    async with opened(filled, (120, 70)) as pilot:
        await pilot.press(key, "tab")
        table = station(pilot).query_one(ResultsTable)
        table.focus()
        await pilot.press("end")
        row = table.cursor_row
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        top = table.scroll_offset.y
        assert table.cursor_row == row
        assert top <= row < top + table.scrollable_content_region.height - 1


async def test_the_live_screen_follows_a_run_as_it_speaks(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4")
    async with opened(filled) as pilot:
        await pilot.press("2")
        screen = station(pilot)
        log, chart = screen.query_one(Log), screen.query_one(CurveChart)
        await until(pilot, lambda: log.line_count >= 4)
        assert "epoch 3/6" in shown(screen, "#run-status")
        assert re.search(r" 4: \d\d% · 2.0 s left", shown(screen, "#headline"))
        before = chart.border_subtitle
        say(filled, "4", epoch_ended(2))
        await until(pilot, lambda: "epoch 3 " in "\n".join(log.lines))
        await until(pilot, lambda: chart.border_subtitle != before)


async def test_the_end_of_a_run_is_told_and_the_selection_stays(filled: Path) -> None:
    running = record(4, status=Status.RUNNING)
    fill(filled, [running])
    start_running(filled, "4")
    async with opened(filled) as pilot:
        desk = cockpit(pilot).desk
        await pilot.press("3", "down")
        await until(pilot, lambda: desk.selected == "3")
        replace(filled, record(4, loss=0.1))
        await until(pilot, lambda: "4 baseline" in notices(pilot))
        assert "is done" in notices(pilot)
        assert desk.selected == "3"
        table = station(pilot).query_one(ResultsTable)
        assert table.cursor_row == 1


async def test_a_range_test_has_a_chart_of_its_own_and_no_submission(bare: Path) -> None:
    rates = tuple(10.0 ** (-7 + step / 10) for step in range(60))
    tested = record(
        1,
        scores=Scores(suggested_rate=rates[40]),
        tasks=(
            TaskRecord(
                name="fold0",
                fold=0,
                status=Status.DONE,
                history={"learning_rate": rates, "loss": tuple(1 / rate**0.01 for rate in rates)},
            ),
        ),
    )
    spec = tested.spec.model_copy(update={"kind": "range_test"})
    fill(bare, [tested.model_copy(update={"spec": spec})])
    async with opened(bare) as pilot:
        await pilot.press("2")
        chart = station(pilot).query_one(CurveChart)
        assert "Loss over learning rate, 1.0e-03 suggested" in str(chart.border_title)
        picture = "".join(chart.render_line(row).text for row in range(chart.size.height))
        assert all(f"1e-{power}" in picture for power in (7, 5, 3))
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        assert "predicts nothing" in str(pilot.app.screen.query_one(Static).render())


@pytest.mark.parametrize("width", [80, 116, 120, 124])
async def test_no_key_of_the_footer_covers_another(filled: Path, width: int) -> None:
    async with opened(filled, (width, 30)) as pilot:
        for number in "123":
            await pilot.press(number)
            await pilot.pause()
            ends = [(one.begin, one.end) for one in named_keys(pilot)]
            assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(ends)), number
            assert ends[-1][1] <= width
