"""Keys that follow the recipe: its next move, its gates, its autopilot, blends."""

import re
from pathlib import Path
from shutil import copytree
from threading import Event

import pytest
from textual.coordinate import Coordinate
from textual.widgets import DataTable, Input, OptionList, SelectionList, Static

from app.screens.blend import BlendScreen
from app.screens.confirm import ConfirmScreen
from app.screens.line import LineScreen
from app.screens.moves import MovesScreen
from app.screens.spec import SpecScreen
from app.widgets.next_move import NextMove
from app.widgets.rail import Rail
from app.widgets.run_status import RunStatus
from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.record import Scores, Status, TaskRecord
from engine.experiment.spec import Stage
from engine.jobs.liveness import request_stop
from engine.jobs.workspace import Workspace
from engine.pilot.flight import Flight, note_flight
from engine.recipe.stages import LADDER, GateState
from engine.store.notebook import Notebook
from engine.workbench import Workbench
from tests.functional.staging import (
    BEGAN,
    cockpit,
    fill,
    notices,
    opened,
    record,
    replace,
    station,
    stored,
    until,
)


@pytest.mark.exercises("recipe.next", "moves.choose", "moves.leave")
async def test_the_next_move_is_shown_chosen_and_run(filled: Path) -> None:
    async with opened(filled) as pilot:
        shown = pilot.app.screen.query_one(NextMove)
        assert "look at the data" in str(shown.render())
        await pilot.press("n", "enter")
        await until(pilot, lambda: pilot.app.current_mode == "data")
        await pilot.press("1")
        pilot.app.screen.query_one(Rail).highlighted = 0
        await pilot.press("P")
        desk = cockpit(pilot).desk
        await until(pilot, lambda: desk.snapshot.moves[-1].title == "pass baseline" or None)
        await pilot.press("n", "end", "enter")
        notebook = Notebook(Workspace(filled))
        await until(pilot, lambda: notebook.passed() == {"data", "baseline"})
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, MovesScreen))
        assert pilot.app.screen.query_one(OptionList).option_count >= 1
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, MovesScreen))
        assert len(Notebook(Workspace(filled)).records()) == 3


async def test_what_was_stopped_is_resumed_as_the_next_move(filled: Path) -> None:
    notebook = Notebook(Workspace(filled))
    for stage in LADDER[: LADDER.index(Stage.WIDEN)]:
        notebook.note_passed(stage, True)
    async with opened(filled) as pilot:
        desk = cockpit(pilot).desk
        (run, *_) = await until(pilot, lambda: desk.snapshot.moves or None)
        halted = [
            record(number, Stage.WIDEN, Status.STOPPED, spec=spec)
            for number, (spec, _) in enumerate(run.specs[:2], start=4)
        ]
        fill(filled, halted)
        await until(pilot, lambda: desk.snapshot.moves[0].kind == "resume" or None)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, MovesScreen))
        await pilot.press("home", "enter")
        await until(pilot, lambda: all(one.status is Status.QUEUED for one in stored(filled)[3:]))
        await until(pilot, lambda: "5 widen" in notices(pilot) and "4 widen" in notices(pilot))
        assert len(stored(filled)) == 5, "nothing is computed again"


@pytest.mark.exercises("recipe.pass")
async def test_a_gate_is_passed_and_judged_again(filled: Path) -> None:
    async with opened(filled) as pilot:
        rail = pilot.app.screen.query_one(Rail)
        rail.highlighted = 1
        await pilot.press("P")
        notebook = Notebook(Workspace(filled))
        await until(pilot, lambda: notebook.passed() == {"baseline"})
        assert "baseline is passed" in notices(pilot)
        await until(pilot, lambda: "baseline" in cockpit(pilot).desk.snapshot.passed)
        rail.highlighted = 1
        await pilot.press("P")
        await until(pilot, lambda: notebook.passed() == frozenset())


async def test_on_the_data_screen_it_is_the_data_that_is_passed(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("4")
        desk = cockpit(pilot).desk
        await until(pilot, lambda: desk.snapshot.summary is not None)
        await pilot.press("P")
        notebook = Notebook(Workspace(filled))
        await until(pilot, lambda: notebook.passed() == {"data"} or "is open" in notices(pilot))
        assert "data is passed" in notices(pilot) or "The gate of data is open" in notices(pilot)


async def test_a_gate_that_is_open_is_not_passed(filled: Path) -> None:
    async with opened(filled) as pilot:
        rail = pilot.app.screen.query_one(Rail)
        snapshot = cockpit(pilot).desk.snapshot
        rail.highlighted, rung = next(
            (n, rung) for n, rung in enumerate(snapshot.ladder) if rung.state is GateState.OPEN
        )
        await pilot.press("P")
        assert f"The gate of {rung.stage} is open" in notices(pilot)
        assert Notebook(Workspace(filled)).passed() == frozenset()


@pytest.mark.exercises("recipe.autopilot", "line.take", "line.leave")
async def test_the_autopilot_is_given_a_budget_and_stopped(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[float] = []
    monkeypatch.setattr(
        "engine.pilot.flight.Pilot.start", lambda _self, budget: started.append(budget)
    )
    stopped: list[bool] = []
    monkeypatch.setattr("engine.pilot.flight.Pilot.stop", lambda _self: stopped.append(True))
    async with opened(filled) as pilot:
        await pilot.press("A", "escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, LineScreen))
        await pilot.press("A")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineScreen))
        pilot.app.screen.query_one(Input).value = "soon"
        await pilot.press("enter")
        assert "is not a budget" in str(pilot.app.screen.query_one("#verdict", Static).render())
        pilot.app.screen.query_one(Input).value = "2m"
        await pilot.press("enter")
        await until(pilot, lambda: started == [120.0])
        flying = Flight(status="running", began=BEGAN, budget=120.0, used=30.0)
        note_flight(Workspace(filled), flying)
        monkeypatch.setattr("engine.pilot.flight.is_alive", lambda _folder: True)
        shown = pilot.app.screen.query_one(NextMove)
        await until(pilot, lambda: "1:30 left" in str(shown.render()) or None)
        status = str(station(pilot).query_one(RunStatus).render())
        assert status == "No fit runs: the autopilot is at work.", "and asks for nothing"
        await pilot.press("A")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: stopped == [True])
        request_stop(Workspace(filled).autopilot)
        await until(pilot, lambda: "autopilot · ending" in str(shown.render()))
        assert "left" not in str(shown.render())


@pytest.mark.exercises("run.blend", "blend.keep", "blend.leave")
async def test_blends_are_tried_and_one_is_kept(regularized: Path) -> None:
    async with opened(regularized, size=(120, 40)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        table = screen.query_one(DataTable)
        count = table.row_count

        def losses() -> list[str]:
            return [str(table.get_cell_at(Coordinate(row, 1))) for row in range(count)]

        await until(pilot, lambda: ".." not in losses())
        best = min((loss, row) for row, loss in enumerate(losses()) if loss != "-")[1]
        await until(pilot, lambda: table.cursor_row == best)
        table.focus()
        table.move_cursor(row=0)
        await pilot.press("down", "down", "down")
        told = screen.query_one("#told", Static)
        await until(pilot, lambda: "BRINGS" in str(told.content))
        assert str(told.content).startswith("weighted · AUC ")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, BlendScreen))
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        members = screen.query_one(SelectionList)
        members.focus()
        await pilot.press("k")
        notebook = Notebook(Workspace(regularized))
        made = await until(pilot, lambda: found[0] if (found := notebook.records()[4:]) else None)
        assert (made.stage, made.status) == (Stage.ENSEMBLE, Status.DONE)
        assert set(made.spec.members) == {"3", "4"}  # type: ignore[union-attr] # an ensemble


async def test_enter_keeps_the_highlighted_blend(regularized: Path) -> None:
    async with opened(regularized, size=(120, 40)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        table = screen.query_one(DataTable)
        await pilot.click(table, offset=(2, 2))
        await until(pilot, lambda: table.cursor_row == 1)
        await pilot.click(table, offset=(2, 2))
        assert pilot.app.screen is screen, "who clicks wants to look at it"
        await pilot.press("down", "enter")
        await until(pilot, lambda: pilot.app.screen is not screen)
        made = await until(pilot, lambda: found[0] if (found := stored(regularized)[4:]) else None)
        assert made.spec == EnsembleSpec(members=("4", "3"), method=Method.GEOMETRIC)


async def test_members_with_other_folds_are_scored_on_the_rows_of_all(regularized: Path) -> None:
    (*_, one) = stored(regularized)
    (task,) = one.tasks
    second = task.model_copy(update={"name": "fold1", "fold": 1})
    replace(regularized, one.model_copy(update={"tasks": (task, second)}))
    runs = Workspace(regularized)
    copytree(runs.task("4", "fold0"), runs.task("4", "fold1"))
    async with opened(regularized, size=(120, 40)) as pilot:
        cockpit(pilot).desk.marked = frozenset({"3", "4"})
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        told = screen.query_one("#told", Static)
        await until(pilot, lambda: "BRINGS" in str(told.content))
        assert "scored on the 4 rows that all members have" in str(told.content)


@pytest.mark.slow
async def test_an_ensemble_is_changed_where_it_was_made(regularized: Path) -> None:
    alone = record(5).model_copy(
        update={"stage": Stage.ENSEMBLE, "spec": EnsembleSpec(members=("4",))}
    )
    fill(regularized, [alone])
    async with opened(regularized, size=(120, 40)) as pilot:
        desk = cockpit(pilot).desk
        await until(pilot, lambda: desk.record is not None and desk.record.id == "5")
        await pilot.press("e")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        members = screen.query_one(SelectionList)
        assert members.selected == ["4"]
        assert members.option_count == 2, "others are offered"
        lines = [members.render_line(y).text for y in range(2)]
        assert ["X" in line for line in lines] == [True, False], "seen without colours"
        members.focus()
        await pilot.press("down", "space")
        await until(pilot, lambda: "X" in members.render_line(1).text)


@pytest.mark.slow
async def test_no_score_of_other_members_stands_beside_the_chosen_ones(regularized: Path) -> None:
    async with opened(regularized, size=(120, 40)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        table, members = screen.query_one(DataTable), screen.query_one(SelectionList)

        def scores() -> list[str]:
            return [str(table.get_cell_at(Coordinate(row, 1))) for row in range(table.row_count)]

        await until(pilot, lambda: ".." not in scores())
        members.deselect_all()
        await until(pilot, lambda: set(scores()) == {"-"})
        assert "two members" in str(screen.query_one("#told", Static).content)
        members.select("3")
        await until(pilot, lambda: {".."} & set(scores()))
        assert "-" not in scores()
        # As whoever chooses a way has it: else the cursor goes to the best one.
        table.focus()
        table.move_cursor(row=0)
        await pilot.press("k")
        assert "alone is no blend" in notices(pilot)
        assert pilot.app.screen is screen


async def test_a_blend_that_is_refused_says_so_once_and_a_search_is_no_member(
    regularized: Path,
) -> None:
    fill(regularized, [record(5, status=Status.STOPPED)])
    async with opened(regularized, size=(120, 40)) as pilot:
        cockpit(pilot).desk.marked = frozenset({"1", "3", "5"})
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        assert "Left out: 5" in notices(pilot)
        told = screen.query_one("#told", Static)
        # Of experiment 1 there are no predictions.
        await until(pilot, lambda: "are missing" in str(told.content))
        await until(pilot, lambda: not cockpit(pilot).desk.is_asking("ask"))
        assert pilot.app.screen is screen


async def test_what_ranks_can_t_be_blended_by_leaves_the_other_ways(
    regularized: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_blend = Workbench.try_blend

    def refusing(bench: Workbench, spec: EnsembleSpec) -> tuple[Scores, EnsembleReport]:
        if spec.calibrated:
            raise UserError("One predicted ranks.", "probabilities.", "leave it out.")
        return try_blend(bench, spec)

    monkeypatch.setattr(Workbench, "try_blend", refusing)
    async with opened(regularized, size=(120, 40)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        table, told = screen.query_one(DataTable), screen.query_one("#told", Static)
        await until(pilot, lambda: str(table.get_row("selection, tempered")[1]) == "-")
        scores = {str(row[0]): str(row[1]) for row in map(table.get_row_at, range(7))}
        assert {name for name, score in scores.items() if score == "-"} == {
            "mean, tempered", "weighted, tempered", "selection, tempered",
        }  # fmt: skip
        assert "BRINGS" in str(told.content)
        table.focus()
        table.move_cursor(row=1)
        await until(pilot, lambda: "One predicted ranks." in str(told.content))


@pytest.mark.slow
async def test_other_members_need_not_wait_for_the_scores_of_those_before(
    regularized: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    go_on = Event()
    try_blend = Workbench.try_blend

    def noting(bench: Workbench, spec: EnsembleSpec) -> tuple[Scores, EnsembleReport]:
        asked.append(spec.members)
        assert go_on.wait(60)
        return try_blend(bench, spec)

    monkeypatch.setattr(Workbench, "try_blend", noting)
    async with opened(regularized, size=(120, 40)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        screen.query_one(SelectionList).focus()
        await pilot.press("space", "space", "space", "space")
        go_on.set()
        table = screen.query_one(DataTable)
        rows = range(table.row_count)
        await until(
            pilot, lambda: all(str(table.get_cell_at(Coordinate(row, 1))) != ".." for row in rows)
        )
        # All that are soon there of the last choice; of each before what was being asked by then.
        assert len(asked) <= 8 + 4


@pytest.mark.slow
async def test_a_blend_and_its_gain_fit_a_small_terminal(regularized: Path) -> None:
    async with opened(regularized, size=(80, 24)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        table, told = screen.query_one(DataTable), screen.query_one("#told", Static)
        await until(pilot, lambda: "BRINGS" in str(told.content))
        await pilot.pause()
        assert str(table.get_cell_at(Coordinate(0, 3))).endswith(("noise", "better", "worse"))
        assert table.virtual_size.width <= table.size.width, "nothing is cut off"
        assert screen.query_one(".dialog").max_scroll_y == 0, "nor below"


@pytest.mark.parametrize("width", [80, 120])
async def test_by_another_metric_the_workbench_judges_by_that_first(
    regularized: Path, width: int
) -> None:
    (regularized / "hydra.toml").write_text('[competition]\nmetric = "quadratic_kappa"\n')
    scores = {"metric": "quadratic_kappa", "val_metric": 0.5, "val_quadratic_kappa": 0.5}
    (*_, one) = stored(regularized)
    replace(regularized, one.model_copy(update={"scores": one.scores.model_copy(update=scores)}))
    async with opened(regularized, size=(width, 24)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        table, told = screen.query_one(DataTable), screen.query_one("#told", Static)
        await until(pilot, lambda: "BRINGS" in str(told.content))
        await pilot.pause()
        titles = [str(one.label) for one in table.ordered_columns]
        row = dict(zip(titles, map(str, table.get_row_at(0)), strict=True))
        assert (row["kappa"], row["kappa gain"]) == ("1.0000", "+0.0000 ±0.0000 ≈ noise")
        assert ("log-loss gain" in str(told.content)) == (width == 80)
        assert ("Log-loss gain" in row) == (width == 120)
        assert table.virtual_size.width <= table.size.width, "nothing is cut off"


async def test_a_long_reading_of_a_gate_is_wrapped_in_the_rail(filled: Path) -> None:
    blend = record(4).model_copy(
        update={"stage": Stage.ENSEMBLE, "spec": EnsembleSpec(members=("2", "3"))}
    )
    gained = record(5, loss=0.436).scores.model_copy(
        update={"parent_gain": 0.128, "parent_gain_error": 0.01}
    )
    pseudo = record(5, Stage.PSEUDO_LABEL, scores=gained, parent="3")
    fill(filled, [blend, pseudo])
    for height, gate in ((40, "not worse on clean"), (24, "")):
        async with opened(filled, (120, height)) as pilot:
            rail = pilot.app.screen.query_one(Rail)
            lines = [rail.render_line(y).text for y in range(rail.size.height)]
            place = next(y for y, line in enumerate(lines) if "pseudo-label" in line)
            told = [line.strip() for line in lines[place + 1 : place + 4]]
            assert told == ["0.436 vs 0.564 of 3, noise", "0.020: better; not blended", "yet"]
            assert gate in lines[place + 4]
            assert any("submit" in line for line in lines), "all stages are in sight"


async def test_one_member_makes_no_blend(filled: Path) -> None:
    async with opened(filled) as pilot:
        await pilot.press("b")
        assert "Two finished members" in notices(pilot)


async def test_widening_shows_how_many_fits_it_queues(filled: Path) -> None:
    several = record(4, Stage.REGULARIZE, loss=0.15)
    tasks = tuple(
        TaskRecord(name=f"fold{n}", fold=n, status=Status.DONE, scores=several.scores)
        for n in range(2)
    )
    fill(filled, [several.model_copy(update={"tasks": tasks})])
    async with opened(filled, size=(120, 40)) as pilot:
        rail = pilot.app.screen.query_one(Rail)
        rail.focus()
        rail.highlighted = 4
        await pilot.press("enter")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, SpecScreen) else None
        )
        told = str(screen.query_one("#differences", Static).render())
        assert "fits, each with what is changed here: wide_cnn 16px" in told
        assert len(set(re.findall(r"\w+ \d+px", told))) > 1, "they are named"
        said = str(screen.query_one("#verdict", Static).render())
        assert re.search(r"queues \d fits", said)
        await pilot.press("enter")
        notebook = Notebook(Workspace(filled))
        await until(pilot, lambda: len(notebook.records()) > 5)
        assert len({one.group for one in notebook.records()[4:]}) == 1
