"""What the Results screen can do beside what every screen can."""

import json
from pathlib import Path

import pytest
from textual.strip import Strip
from textual.widgets import Input, OptionList, Static

from app.presentation.listing import ALL
from app.screens.columns import ColumnsScreen
from app.screens.confirm import ConfirmScreen
from app.screens.remarks import RemarksScreen
from app.widgets.results_table import ResultsTable
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.jobs.workspace import Workspace
from engine.service import Service
from engine.store.notebook import Notebook
from tests.functional.searched import DONE, FAILED, search
from tests.functional.staging import (
    cockpit,
    fill,
    notices,
    opened,
    record,
    start_running,
    station,
    stored,
    three,
    until,
)


def table_of(pilot: object) -> ResultsTable:
    return station(pilot).query_one(ResultsTable)  # type: ignore[arg-type]


def ids(table: ResultsTable) -> list[str]:
    """What the first column says, from top to bottom."""
    return [table.get_row_at(row)[0].strip(" ◆*▸▾") for row in range(table.row_count)]


@pytest.mark.exercises(
    "table.up", "table.down", "table.page_up", "table.page_down", "table.first", "table.last"
)
async def test_the_cursor_goes_everywhere_and_selects(bare: Path) -> None:
    fill(bare, [record(number, loss=number / 100) for number in range(1, 61)])
    async with opened(bare, (100, 24)) as pilot:
        desk = cockpit(pilot).desk
        await pilot.press("3", "home")
        table = table_of(pilot)
        await until(pilot, lambda: desk.selected == "1")
        await pilot.press("down", "down", "up")
        await until(pilot, lambda: desk.selected == "2")
        await pilot.press("pagedown")
        below = table.cursor_row
        assert below > 8
        assert table.scroll_offset.y > 0, "the cursor is shown"
        await pilot.press("pageup")
        assert table.cursor_row < below
        await pilot.press("end")
        await until(pilot, lambda: desk.selected == "60")
        assert table.scroll_offset.y + table.size.height - 1 >= 60
        await pilot.press("down")
        assert table.cursor_row == 59, "below the last there is none"


@pytest.mark.slow
async def test_a_mark_is_painted_at_once(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3")
        painted: list[str] = []
        render = ResultsTable.render_line

        def noting(table: ResultsTable, y: int) -> Strip:
            strip = render(table, y)
            painted.append(strip.text)
            return strip

        monkeypatch.setattr(ResultsTable, "render_line", noting)
        await pilot.press("space")
        await until(pilot, lambda: any("◆" in line for line in painted))


async def test_the_mouse_chooses_opens_and_sorts(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3")
        table, desk = table_of(pilot), cockpit(pilot).desk
        await pilot.click(ResultsTable, offset=(8, 3))
        await until(pilot, lambda: desk.selected == "2")
        await pilot.click(ResultsTable, offset=(3, 1))
        await until(pilot, lambda: "sorted by ID ↑" in str(table.border_subtitle))
        await pilot.click(ResultsTable, offset=(3, 1))
        await until(pilot, lambda: "sorted by ID ↓" in str(table.border_subtitle))
        await pilot.click(ResultsTable, offset=(8, 2))
        await until(pilot, lambda: desk.selected == "3")
        await pilot.click(ResultsTable, offset=(8, 2))
        await until(pilot, lambda: cockpit(pilot).current_mode == "live")


async def test_the_filter_knows_fields_and_says_what_it_does_not_understand(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3", "slash")
        screen, table = station(pilot), table_of(pilot)
        told = screen.query_one("#filter-help", Static)
        await until(pilot, lambda: told.display)
        assert "id stage status" in str(told.render())
        screen.query_one(Input).value = "val<0.4 -stage:overfit"
        await until(pilot, lambda: ids(table) == ["3"])
        assert "filter: val<0.4 -stage:overfit" in str(table.border_subtitle)
        screen.query_one(Input).value = "stge:overfit"
        await until(pilot, lambda: "the nearest is `stage`" in str(told.render()))
        assert ids(table) == ["3"], "the last good filter holds"
        assert "shown until then: what passes val<0.4 -stage:overfit" in str(told.render())
        screen.query_one(Input).value = ""
        await pilot.pause()
        screen.query_one(Input).value = "val<abc"
        await until(pilot, lambda: "shown until then: all" in str(told.render()))
        screen.query_one(Input).value = "nowhere"
        await until(pilot, lambda: table.is_bare)
        assert "esc clears it" in table.render_line(2).text
        screen.query_one(Input).value = "stage:overfit"
        await until(pilot, lambda: ids(table) == ["2"])
        assert "id stage status" in str(told.render())
        await pilot.press("enter")
        await until(pilot, lambda: not told.display)


@pytest.mark.exercises(
    "table.columns",
    "columns.toggle",
    "columns.up",
    "columns.down",
    "columns.keep",
    "columns.leave",
)
async def test_columns_are_chosen_ordered_and_remembered(filled: Path, own_settings: Path) -> None:
    state = own_settings.parent / "state.json"
    async with opened(filled) as pilot:
        await pilot.press("3", "C")
        assert isinstance(pilot.app.screen, ColumnsScreen)
        await pilot.press("down", "space", "escape")
        assert table_of(pilot).names == ALL, "escape changes nothing"
        await pilot.press("C", "down", "space", "down", "K", "J", "K", "enter")
        wanted = ("id", "stage", *ALL[3:])
        assert table_of(pilot).names == wanted
        assert table_of(pilot).labels[:2] == ("ID", "Stage")
        await until(pilot, state.exists)
        assert json.loads(state.read_text())["columns"] == list(wanted)


@pytest.mark.exercises("columns.reset")
async def test_columns_are_recalled_and_one_stays(filled: Path, own_settings: Path) -> None:
    (own_settings.parent / "state.json").write_text('{"columns": ["val", "id"]}')
    async with opened(filled) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: table_of(pilot).names == ("val", "id"))
        await pilot.press("C", "space", "down", "space", "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, ColumnsScreen), "a table without columns is none"
        assert dialog.query_one(OptionList).option_count == len(ALL)
        await pilot.press("r", "enter")
        assert table_of(pilot).names == ALL


async def test_a_damaged_memory_is_told_of_and_ignored(filled: Path, own_settings: Path) -> None:
    (own_settings.parent / "state.json").write_text("{")
    async with opened(filled) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "all columns are shown" in notices(pilot))
        assert table_of(pilot).names == ALL


@pytest.mark.exercises("table.group", "table.fold")
async def test_groups_and_trials_unfold_and_fold(filled: Path) -> None:
    sweep = [
        record(number, Stage.WIDEN, loss=0.1 + number / 100, group="sweep 4") for number in (4, 5)
    ]
    fill(filled, [*sweep, search(6, Status.DONE, DONE, FAILED)])
    async with opened(filled, (140, 40)) as pilot:
        await pilot.press("3", "g")
        table = table_of(pilot)
        assert ids(table)[:3] == ["sweep 4 · 2 experiments · best val 0.1400 x1", "4", "5"]
        await pilot.press("home", "R")
        await until(pilot, lambda: "This is a group" in notices(pilot))
        assert len(Notebook(Workspace(filled)).records()) == 6
        await pilot.press("z")
        assert ids(table) == [
            "sweep 4 · 2 experiments · best val 0.1400 x1",
            "no group · 4 experiments · best val 0.2000 x1",
            *("3", "2", "1", "6"),
        ]
        await pilot.press("enter")
        assert ids(table)[1:3] == ["4", "5"], "enter unfolds, too"
        await pilot.press("down", "z")
        assert table.cursor_row == 0, "who folds from within is on the heading"
        await pilot.press("g", "end")
        await until(pilot, lambda: cockpit(pilot).desk.selected == "6")
        await pilot.press("z", "end")
        assert ids(table)[-3:] == ["6", "└", "└"]
        assert "units=64" in " ".join(table.get_row_at(7))
        assert cockpit(pilot).desk.selected == "6", "keys on a trial act on its search"
        await pilot.press("z")
        assert ids(table)[-1] == "6"
        assert table.cursor_row == 5
        await pilot.press("home", "z")
        await until(pilot, lambda: "Nothing is below this row" in notices(pilot))


@pytest.mark.exercises("run.remark", "remarks.keep", "remarks.leave", "remarks.next")
async def test_tags_and_a_note_are_written_shown_and_found(filled: Path) -> None:
    async with opened(filled, (200, 40)) as pilot:
        await pilot.press("3", "t")
        assert isinstance(pilot.app.screen, RemarksScreen)
        await pilot.press("escape", "t", *"keep,best", "tab", *"go", "enter")
        book = Notebook(Workspace(filled))
        await until(pilot, lambda: book.record("3").tags == ("keep", "best"))
        assert book.record("3").note == "go"
        await until(pilot, lambda: "Tags and note of 3 are kept" in notices(pilot))
        await until(pilot, lambda: "keep best" in table_of(pilot).get_row_at(0))
        assert "go" in table_of(pilot).get_row_at(0)
        await pilot.press("slash", *"tag:best")
        await until(pilot, lambda: ids(table_of(pilot)) == ["3"])
        await pilot.press("enter", "t")
        assert pilot.app.screen.query_one("#tags", Input).value == "keep best"
        assert pilot.app.screen.query_one("#note", Input).value == "go"
        told = pilot.app.screen.query(".dialog Static")
        assert "Others have" not in str(told.first(Static).content), "they are its own"
        await pilot.press("escape", "slash", "escape", "escape", "end", "t")
        told = await until(pilot, lambda: pilot.app.screen.query(".dialog Static"))
        assert "Others have: best keep." in str(told.first(Static).content)


async def test_what_was_typed_of_a_note_is_lost_only_after_asking(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("t", "tab", *"mind", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("n", "space", *"it", "enter")
        await until(pilot, lambda: stored(filled)[-1].note == "mind it")
        await until(pilot, lambda: (found := cockpit(pilot).desk.record) and found.note)
        await pilot.press("t", *"no", "escape", "y")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        assert stored(filled)[-1].tags == ()
        await pilot.press("t", "escape")
        assert station(pilot), "nothing was changed"


@pytest.mark.exercises("run.delete", "run.undelete")
async def test_what_was_deleted_after_asking_comes_back(filled: Path) -> None:
    book = Notebook(Workspace(filled))

    def left() -> list[str]:
        return [one.id for one in book.records()]

    async with opened(filled) as pilot:
        await pilot.press("3", "d")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("n", "d", "y")
        await until(pilot, lambda: left() == ["1", "2"])
        await until(pilot, lambda: "Deleted experiment 3. U puts back" in notices(pilot))
        await until(pilot, lambda: ids(table_of(pilot)) == ["2", "1"])
        await pilot.press("U")
        await until(pilot, lambda: left() == ["1", "2", "3"])
        await until(pilot, lambda: cockpit(pilot).desk.selected == "3")
        await until(pilot, lambda: ids(table_of(pilot)) == ["3", "2", "1"])
        await pilot.press("home", "space", "down", "space", "d")
        dialog = pilot.app.screen.query_one(".dialog")
        assert dialog.border_title == "Delete the 2 marked experiments?"
        told = str(dialog.query_one(Static).content)
        assert told.startswith("2 overfit wide_cnn 16px\n3 regularize wide_cnn 16px\n\nThey leave")
        await pilot.press("y")
        await until(pilot, lambda: left() == ["1"])
        await until(pilot, lambda: cockpit(pilot).desk.marked == frozenset())
        await pilot.press("U")
        await until(pilot, lambda: left() == ["1", "2", "3"])
        await until(pilot, lambda: cockpit(pilot).desk.marked == {"2", "3"})
        await pilot.press("d", "y")
        await until(pilot, lambda: left() == ["1"])
    async with opened(filled) as pilot:
        await pilot.press("3", "U")
        await until(pilot, lambda: len(left()) == 2)
        await pilot.press("U")
        await until(pilot, lambda: left() == ["1", "2", "3"])
        await pilot.press("U")
        await until(pilot, lambda: "Nothing was deleted" in notices(pilot))


async def test_marks_come_back_where_undelete_is_pressed_twice(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3", "home", "space", "down", "space", "d", "y")
        await until(pilot, lambda: ids(table_of(pilot)) == ["1"])
        await pilot.press("U", "U")
        await until(pilot, lambda: "Nothing was deleted" in notices(pilot))
        await until(pilot, lambda: cockpit(pilot).desk.marked == {"2", "3"})


async def test_what_runs_is_not_deleted(bare: Path) -> None:
    fill(bare, [*three(), record(4, status=Status.RUNNING)])
    start_running(bare, "4")
    async with opened(bare) as pilot:
        await pilot.press("3", "home")
        await until(pilot, lambda: cockpit(pilot).desk.selected == "4")
        await pilot.press("d")
        await until(pilot, lambda: "stop it first" in notices(pilot))
        assert station(pilot)


async def test_trials_do_not_push_other_columns_off_the_screen(filled: Path) -> None:
    values = {"head.dropout": 0.1428, "head.units": 32, "phases.0.learning_rate": 0.00123}
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("3")
        table = table_of(pilot)
        await until(pilot, lambda: table.row_count == 3)
        assert " Changes" in table.render_line(0).text
        fill(filled, [search(4, Status.DONE, DONE.model_copy(update={"values": values}))])
        await until(pilot, lambda: table.row_count == 4)
        assert " Changes" in table.render_line(0).text
        cockpit(pilot).desk.selected = "4"
        cockpit(pilot).draw()
        await pilot.press("z")
        assert " Changes" in table.render_line(0).text
        (shown,) = (row for row in range(5) if "trial 1" in table.get_row_at(row)[2])
        assert "dropout=…" in table.render_line(shown + 1).text


async def test_no_figure_of_the_small_table_is_cut(bare: Path) -> None:
    long = record(1, Stage.PSEUDO_LABEL, Status.INTERRUPTED, seconds=3725.0)
    fill(bare, [long, record(2, Stage.OVERFIT, seconds=75.0), record(3, seconds=12.9)])
    async with opened(bare, (120, 40)) as pilot:
        table = table_of(pilot)
        await until(pilot, lambda: table.row_count == 3)
        assert "Curve" not in table.render_line(0).text, "it is the chart above"
        lines = [table.render_line(row).text.rstrip() for row in range(1, 4)]
        assert [line.rsplit("  ", 1)[1].strip() for line in lines] == ["12.9 s", "1:15", "1:02:05"]
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: "Val curve" in table.render_line(0).text)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "Val curve" not in table.render_line(0).text)
        for row in range(1, 4):
            line = table.render_line(row).text
            assert "0.4000 x1" in line or "pseudo-label" in line
            assert "…" not in line


async def test_what_failed_comes_after_what_ended_well(bare: Path) -> None:
    one = record(1, loss=0.5)
    folds = tuple(one.tasks[0].model_copy(update={"name": f"fold{n}", "fold": n}) for n in range(5))
    failed = record(2, status=Status.FAILED, scores=record(2, loss=0.2).scores, tasks=folds)
    fill(bare, [one, failed])
    async with opened(bare) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: ids(table_of(pilot)) == ["1", "2"])


async def test_escape_takes_back_what_is_typed_and_then_the_filter(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("3")
        table = table_of(pilot)
        await until(pilot, lambda: table.row_count == 3)
        await pilot.press("slash", *"overfit", "enter")
        await until(pilot, lambda: ids(table) == ["2"])
        await pilot.press("slash", *"xyz")
        await until(pilot, lambda: ids(table) == [])
        await pilot.press("escape")
        await until(pilot, lambda: ids(table) == ["2"])
        assert table.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: len(ids(table)) == 3)


async def test_columns_are_scrolled_one_by_one_beside_the_ids(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("3")
        table = table_of(pilot)
        await until(pilot, lambda: table.row_count == 3)
        whole = table.render_line(0).text
        await pilot.press("right")
        await until(pilot, lambda: table.render_line(0).text != whole)
        assert table.render_line(0).text.split()[:2] == ["ID", "Stage"]
        assert table.render_line(1).text.split()[0] == "3"
        await pilot.press("right")
        assert table.render_line(0).text.split()[:2] == ["ID", "Train"]
        await pilot.press("left", "left", "left")
        assert table.render_line(0).text == whole


async def test_a_groups_line_stays_whole_beside_scrolled_columns(filled: Path) -> None:
    fill(filled, [record(4, Stage.WIDEN, loss=0.1, group="a sweep over learning rates and seeds")])
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("3", "g")
        table = table_of(pilot)
        told = " ▾ a sweep over learning rates and seeds · 1 experiment · best val 0.1000 x1"
        await until(pilot, lambda: table.render_line(1).text.rstrip() == told)
        await pilot.press("right", "right", "right")
        assert table.scroll_offset.x > 0
        assert table.render_line(1).text.rstrip() == told
        await pilot.resize_terminal(70, 24)
        await until(pilot, lambda: table.render_line(1).text.rstrip().endswith("…"))
        assert table.render_line(1).text.startswith(told[:40])


async def test_what_tells_an_experiment_from_its_origin_stays_when_that_is_deleted(
    bare: Path,
) -> None:
    child = record(2, parent="1")
    assert child.fit is not None
    fill(
        bare,
        [record(1), child.model_copy(update={"spec": child.fit.model_copy(update={"seed": 7})})],
    )
    Service(bare).tidying.delete(("1",))
    async with opened(bare, (200, 60)) as pilot:
        await pilot.press("3")
        table = station(pilot).query_one(ResultsTable)
        lines = range(table.size.height)
        await until(pilot, lambda: any("seed 7" in table.render_line(y).text for y in lines))
