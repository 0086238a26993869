"""The keys of the live screen."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Log, Static

from app.screens.live import LiveScreen
from app.screens.recipe import RecipeScreen
from app.widgets.chart_grid import ChartGrid
from app.widgets.curve_chart import CurveChart
from app.widgets.headline import Headline
from app.widgets.log_pane import LogPane
from app.widgets.system_pane import SystemPane
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.system import SystemLoad, SystemMeter
from tests.functional.long_runs import long_run
from tests.functional.staging import (
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

FIGURES = ("log_loss", "accuracy", "learning_rate")


@asynccontextmanager
async def watching(
    root: Path, size: tuple[int, int] = (120, 40), selected: str = "3", marked: str = ""
) -> AsyncIterator[Pilot[None]]:
    """The live screen on three long runs."""
    fill(
        root,
        [long_run(1, epochs=30), long_run(2, Stage.OVERFIT, loss=0.3), long_run(3, folds=5)],
    )
    async with opened(root, size) as pilot:
        desk = cockpit(pilot).desk
        desk.selected, desk.marked = selected, frozenset(marked)
        await pilot.press("2")
        await pilot.pause()
        yield pilot


def grid(pilot: Pilot[None]) -> ChartGrid:
    return station(pilot).query_one(ChartGrid)


def chart(pilot: Pilot[None], figure: str = "log_loss") -> CurveChart:
    return grid(pilot).query(CurveChart)[grid(pilot).figures.index(figure)]


def picture(shown: CurveChart) -> str:
    return "\n".join(shown.render_line(row).text for row in range(shown.size.height))


def named(shown: CurveChart) -> str:
    """The legend, in the border or above the curves."""
    return f"{shown.border_subtitle} {picture(shown)}"


def title(pilot: Pilot[None]) -> str:
    return str(chart(pilot).border_title)


@pytest.mark.parametrize(
    ("size", "figures", "shows_system"),
    [((80, 24), FIGURES[:1], False), ((120, 40), FIGURES, True), ((200, 60), FIGURES, True)],
)
async def test_larger_terminals_show_more(
    bare: Path, size: tuple[int, int], figures: tuple[str, ...], shows_system: bool
) -> None:
    async with watching(bare, size) as pilot:
        assert grid(pilot).figures == figures
        assert station(pilot).query_one(SystemPane).display == shows_system
        assert all("★" in picture(chart(pilot, one)) for one in figures[:2])
        assert "phase 2" in picture(chart(pilot))


@pytest.mark.exercises("chart.next", "chart.previous", "chart.full")
async def test_arrows_choose_a_chart_and_enter_shows_it_alone(bare: Path) -> None:
    async with watching(bare) as pilot:
        assert pilot.app.focused is chart(pilot)
        await pilot.press("down", "enter")
        await pilot.pause()
        assert grid(pilot).figures == ("accuracy",)
        assert not station(pilot).query_one("#below").display
        assert chart(pilot, "accuracy").size.height > 30
        await pilot.press("up")
        await pilot.pause()
        assert grid(pilot).figures == ("log_loss",), "the arrows lead on in full screen"
        await pilot.press("enter")
        await pilot.pause()
        assert grid(pilot).figures == FIGURES
        await pilot.press("tab", "tab", "enter")
        await pilot.pause()
        assert grid(pilot).figures == ("learning_rate",), "tab chooses too"


async def test_a_small_terminal_leads_through_all_charts(bare: Path) -> None:
    async with watching(bare, (80, 24)) as pilot:
        seen: list[str] = []
        for _ in range(4):
            seen += grid(pilot).figures
            await pilot.press("down")
            await pilot.pause()
        assert tuple(seen) == (*FIGURES, "log_loss")


@pytest.mark.exercises("chart.right", "chart.left", "chart.release")
async def test_a_line_reads_all_curves_off_and_escape_drops_it(bare: Path) -> None:
    async with watching(bare, marked="1") as pilot:
        await pilot.press("left", "left", "right")
        shown = named(chart(pilot))
        assert "epoch 36" in shown
        assert "val of 1 -" in shown, "that run had ended by then"
        assert "epoch 36" in named(chart(pilot, "accuracy")), "the same epoch everywhere"
        await pilot.press("enter", "escape")
        await pilot.pause()
        assert "epoch 36" not in named(chart(pilot))
        assert grid(pilot).figures == ("log_loss",)
        await pilot.press("escape")
        await pilot.pause()
        assert grid(pilot).figures == FIGURES
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, RecipeScreen)


@pytest.mark.exercises("chart.in", "chart.out", "chart.all", "chart.earlier", "chart.later")
async def test_zoom_and_pan_choose_the_epochs_and_the_title_tells_them(bare: Path) -> None:
    async with watching(bare) as pilot:
        await pilot.press("plus")
        assert "· 9 to 26 ·" in title(pilot)
        await pilot.press("greater_than_sign")
        assert "· 13 to 30 ·" in title(pilot)
        await pilot.press("less_than_sign", "less_than_sign")
        assert "· 5 to 22 ·" in title(pilot)
        await pilot.press("plus", "minus")
        assert "to" in title(pilot)
        await pilot.press("minus")
        assert " to " not in title(pilot)
        await pilot.press("plus", "0")
        assert " to " not in title(pilot)
        await pilot.press("plus")
        cockpit(pilot).desk.selected = "1"
        cockpit(pilot).draw()
        assert " to " not in title(pilot), "another experiment is seen whole"


@pytest.mark.exercises("chart.smooth")
async def test_smoothing_is_told_of_and_values_stay_as_measured(bare: Path) -> None:
    async with watching(bare) as pilot:
        before, values = picture(chart(pilot)), str(chart(pilot).border_subtitle)
        await pilot.press("s")
        assert "smoothed 0.6" in title(pilot)
        assert "smoothed" not in str(chart(pilot, "learning_rate").border_title)
        assert picture(chart(pilot)) != before
        assert str(chart(pilot).border_subtitle) == values
        await pilot.press("s")
        assert "smoothed 0.9" in title(pilot)
        await pilot.press("s")
        assert "smoothed" not in title(pilot)
        assert picture(chart(pilot)) == before


@pytest.mark.exercises("chart.folds")
async def test_folds_are_shown_behind_their_mean(bare: Path) -> None:
    async with watching(bare) as pilot:
        before = picture(chart(pilot))
        await pilot.press("k")
        assert "mean of 5 folds" in title(pilot)
        assert picture(chart(pilot)) != before
        await pilot.press("k")
        assert picture(chart(pilot)) == before
        cockpit(pilot).desk.selected = "1"
        await pilot.press("k")
        assert "It has one fold" in notices(pilot)


async def test_marked_runs_keep_their_colours_and_have_marks_of_their_own(bare: Path) -> None:
    async with watching(bare, (200, 60), marked="12") as pilot:
        desk = cockpit(pilot).desk
        places = dict(desk.places)
        assert len(set(places.values())) == 3
        assert "━◆ val of 1" in named(chart(pilot))
        desk.marked = frozenset("2")
        cockpit(pilot).draw()
        assert desk.places == {one: places[one] for one in "32"}
        assert "val of 1" not in named(chart(pilot))


async def test_the_overfit_gate_has_its_line(bare: Path) -> None:
    async with watching(bare, selected="2") as pilot:
        assert "┄┄┄┄" in picture(chart(pilot))
        assert "┄┄┄┄" not in picture(chart(pilot, "accuracy"))


@pytest.mark.exercises("log.follow", "log.search", "log.next", "log.previous", "log.close")
async def test_the_log_is_followed_and_searched(filled: Path) -> None:
    fill(filled, [record(4, status=Status.RUNNING)])
    start_running(filled, "4", epochs=40)
    async with opened(filled) as pilot:
        await pilot.press("2")
        log = station(pilot).query_one(Log)
        await until(pilot, lambda: log.line_count > 40 and log.is_vertical_scroll_end)
        assert "following" in str(log.border_subtitle)
        log.scroll_home(animate=False)
        await until(pilot, lambda: "f follows" in str(log.border_subtitle))
        say(filled, "4", epoch_ended(40))
        await until(pilot, lambda: log.line_count > 42)
        assert log.scroll_offset.y == 0, "whoever reads further up is left in peace"
        await pilot.press("f")
        await until(pilot, lambda: "following" in str(log.border_subtitle))
        assert log.is_vertical_scroll_end
        await pilot.press("slash", *"EPOCH 1")
        assert str(log.border_subtitle) == "match 11 of 11"
        await pilot.press("enter")
        assert str(log.border_subtitle) == "match 1 of 11"
        await until(pilot, lambda: log.scroll_offset.y == 0)
        await pilot.press("up")
        assert str(log.border_subtitle) == "match 11 of 11"
        assert any(
            segment.style and segment.style.reverse
            for row in range(log.size.height)
            for segment in log.render_line(row)
        )
        await pilot.press("escape")
        assert not station(pilot).query_one(Input).display
        assert isinstance(pilot.app.screen, LiveScreen)
        assert pilot.app.focused is log
        assert "match" not in str(log.border_subtitle)


async def test_long_lines_of_the_log_are_broken_where_the_pane_ends(bare: Path) -> None:
    long = "a note of so many words that no pane is wide enough for all of them: " + "word " * 30
    async with watching(bare, (120, 40)) as pilot:
        log = station(pilot).query_one(Log)
        pane = station(pilot).query_one(LogPane)
        pane.take("2", [long, "a short one", "", *["another"] * 60, "the last WORD"], True)

        def widest() -> int:
            return max(map(len, log.lines))

        await pilot.pause()
        assert 20 < widest() <= log.content_region.width
        assert " ".join(" ".join(log.lines).split()).startswith(long.strip())
        assert log.is_vertical_scroll_end, "and the newest is shown"
        await pilot.press("slash", *"word")
        assert str(log.border_subtitle) == "match 2 of 2", "not the parts of a line"
        await pilot.press("enter")
        assert str(log.border_subtitle) == "match 1 of 2"
        before = widest()
        await pilot.resize_terminal(90, 40)
        await until(pilot, lambda: widest() != before)
        assert widest() <= log.content_region.width
        count = len(log.lines)
        pane.take("2", [long], False)
        assert len(log.lines) > count + 1


async def test_a_log_without_end_keeps_its_newest_lines(bare: Path) -> None:
    async with watching(bare) as pilot:
        log = station(pilot).query_one(Log)
        pane = station(pilot).query_one(LogPane)
        pane.take("2", [f"line {number}" for number in range(4000)], True)
        pane.take("2", [f"line {number}" for number in range(4000, 6000)], False)
        assert (log.lines[0], log.lines[-1]) == ("line 2250", "line 5999")


async def test_who_reads_a_log_stays_there_when_its_oldest_lines_go(bare: Path) -> None:
    async with watching(bare) as pilot:
        log = station(pilot).query_one(Log)
        pane = station(pilot).query_one(LogPane)
        pane.take("2", [f"line {number}" for number in range(4900)], True)
        await pilot.pause()
        log.scroll_to(y=4000, animate=False, force=True, immediate=True)
        await pilot.pause()
        assert "stands still" in str(log.border_subtitle)
        pane.take("2", [f"line {number}" for number in range(4900, 5200)], False)
        await pilot.pause()
        assert log.lines[0] == "line 1450"
        assert log.lines[log.scroll_offset.y] == "line 4000"
        assert "stands still" in str(log.border_subtitle)
        await pilot.press("slash", *"line 4100")
        assert str(log.border_subtitle) == "match 1 of 1"
        await pilot.resize_terminal(90, 40)
        await pilot.pause()
        assert str(log.border_subtitle) == "match 1 of 1", "it is still the current one"


async def test_what_trains_is_in_sight_beside_the_mean_of_what_has_ended(bare: Path) -> None:
    async with watching(bare, selected="2") as pilot:
        desk = cockpit(pilot).desk
        one = long_run(9, folds=3)
        first, second, third = one.tasks
        runs = second.model_copy(
            update={
                "status": Status.RUNNING,
                "history": {name: values[:5] for name, values in second.history.items()},
            }
        )
        waits = third.model_copy(update={"status": Status.QUEUED, "history": {}})
        one = one.model_copy(update={"tasks": (first, runs, waits), "status": Status.RUNNING})
        records = (*desk.snapshot.records, one)
        desk.take(replace(desk.snapshot, records=records))
        desk.select(one.id)
        cockpit(pilot).draw()
        shown = chart(pilot).picture
        assert shown is not None
        lengths = {series.label: len(series.values) for series in shown.series}
        assert lengths == {"train": 36, "val": 36, "fold1": 5}


async def test_what_is_nowhere_in_the_log_is_said_to_be(bare: Path) -> None:
    async with watching(bare, (80, 24)) as pilot:
        await pilot.press("enter", "slash", *"n7")
        await pilot.pause()
        assert grid(pilot).figures == FIGURES[:1]
        log = station(pilot).query_one(LogPane).query_one(Log)
        assert str(log.border_subtitle) == "no line matches"
        await pilot.press("enter")
        assert pilot.app.focused is station(pilot).query_one(Input)


async def test_the_machine_is_read_only_while_it_is_shown(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []

    def reading(_: SystemMeter, tasks: object) -> SystemLoad:
        read.append(tasks)
        return SystemLoad(42.0, 8, 1 << 32, 1 << 34, 1 << 36)

    monkeypatch.setattr(SystemMeter, "read", reading)
    monkeypatch.setattr("app.screens.live._READ_SECONDS", 0.05)
    async with watching(bare) as pilot:
        pane = station(pilot).query_one(SystemPane)
        await until(pilot, lambda: "42% of 8 cores" in str(pane.render()))
        await pilot.press("1")
        await pilot.pause(0.1)
        known = len(read)
        await pilot.pause(0.2)
        assert len(read) == known
        await pilot.press("2")
        await until(pilot, lambda: len(read) > known)


async def test_without_experiments_no_chart_or_log_is_offered(bare: Path) -> None:
    async with opened(bare) as pilot:
        await pilot.press("2", "enter", "slash", "left", "plus", "s", "k", "down")
        await pilot.pause()
        assert isinstance(pilot.app.screen, LiveScreen)
        assert "baseline" in str(station(pilot).query_one("#empty", Static).render())
        assert not station(pilot).query_one("#below").display


async def test_a_small_terminal_names_the_keys_in_the_footer_that_the_heading_cuts(
    filled: Path,
) -> None:
    own = {"read on", "zoom in", "folds", "search", "full screen"}
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: own <= {one.description for one in named_keys(pilot)})
        assert "stop" in {one.description for one in named_keys(pilot)}
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "compare" in {one.description for one in named_keys(pilot)})
        assert "folds" not in {one.description for one in named_keys(pilot)}
        heading = station(pilot).query_one(Headline)
        assert "k folds, / search." in heading.render_line(1).text
