"""Experiments side by side, and what each factor of one is worth, by keys."""

import csv
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Static

from app.screens.ablation import AblationScreen
from app.screens.compare import CompareScreen
from app.widgets.curve_chart import CurveChart
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.jobs.workspace import Workspace
from engine.store.notebook import Notebook
from tests.functional.predicted import predict
from tests.functional.staging import cockpit, fill, notices, opened, record, stored, until


def cells(pilot: Pilot[None]) -> dict[str, list[str]]:
    """The table's rows by their names; verdicts stand under `gain`'s."""
    table = pilot.app.screen.query_one("#table", DataTable)
    rows = [[str(cell) for cell in table.get_row_at(row)] for row in range(table.row_count)]
    return {name or "verdict": rest for name, *rest in rows}


def headings(pilot: Pilot[None]) -> list[str]:
    table = pilot.app.screen.query_one("#table", DataTable)
    return [str(column.label).splitlines()[0] for column in table.ordered_columns[1:]]


def told(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#told", Static).render())


@pytest.mark.exercises("run.compare", "view.compare", "compare.reference", "compare.fields")
async def test_marked_experiments_are_held_against_each_other(regularized: Path) -> None:
    async with opened(regularized, (120, 40)) as pilot:
        await pilot.press("6")
        assert pilot.app.screen.has_class("-empty")
        await pilot.press("escape", "c")
        assert "Mark experiments" in notices(pilot)
        await pilot.press("3")
        await pilot.pause()
        await pilot.press("space", "down", "space", "c")
        screen = pilot.app.screen
        assert isinstance(screen, CompareScreen)
        await until(pilot, lambda: "better" in told(pilot) or "worse" in told(pilot) or None)
        assert headings(pilot) == ["● 3 reference", "◆ 4"]
        assert cells(pilot)["gain"][0] == "reference"
        assert cells(pilot)["verdict"][1].split(maxsplit=1)[1] in ("better", "within noise")
        assert "backbone" not in cells(pilot), "they have the same"
        await pilot.press("right", "r")
        await until(pilot, lambda: headings(pilot) == ["● 3", "◆ 4 reference"])
        await until(pilot, lambda: cells(pilot)["verdict"][0].startswith(("▼", "≈")) or None)
        assert cockpit(pilot).desk.selected == "4", "keys act on the highlighted column"
        await pilot.press("f")
        assert cells(pilot)["backbone"] == ["wide_cnn", "wide_cnn"]
        await pilot.press("escape")
        assert pilot.app.current_mode == "results"


@pytest.mark.slow
@pytest.mark.exercises("compare.figure", "compare.smooth", "compare.copy", "compare.write")
async def test_curves_lie_over_each_other_and_the_table_is_taken_along(regularized: Path) -> None:
    async with opened(regularized, (160, 40)) as pilot:
        cockpit(pilot).desk.marked = frozenset("34")
        await pilot.press("c")
        chart = pilot.app.screen.query_one(CurveChart)
        assert "val of 3" in str(chart.border_subtitle)
        assert "val of 4" in str(chart.border_subtitle)
        await pilot.press("M")
        await until(pilot, lambda: "better" in told(pilot) or "noise" in told(pilot) or None)
        await pilot.press("s", "m", "M")
        assert "smoothed" in str(chart.border_title)
        assert pilot.app.clipboard.startswith("| ID | NAME |")
        await pilot.press("w")
        await until(pilot, lambda: "compare-3-4.csv" in notices(pilot))
        with (regularized / "comparisons" / "compare-3-4.csv").open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert [row["ID"] for row in rows] == ["3", "4"]
        assert [row["LOG-LOSS GAIN VERDICT"] for row in rows] == ["reference", "better"]
        assert rows[0]["LOG-LOSS GAIN"] == ""
        assert float(rows[1]["LOG-LOSS GAIN"]) > 2 * float(rows[1]["LOG-LOSS GAIN ERROR"])


@pytest.mark.slow
async def test_experiments_without_predictions_are_compared_by_their_fields(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        cockpit(pilot).desk.marked = frozenset("12")
        await pilot.press("c")
        await until(pilot, lambda: "missing" in told(pilot) or "can't be" in told(pilot) or None)
        assert cells(pilot)["backbone"] == ["plain_cnn", "wide_cnn"]
        assert cells(pilot)["verdict"][1] == "not comparable"


def said(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#ablation", Static).content)


@pytest.mark.exercises(
    "run.ablate", "ablation.queue", "ablation.more", "ablation.fewer", "ablation.close"
)
async def test_an_ablation_is_planned_queued_and_shown(filled: Path) -> None:
    spec = record(4, Stage.REGULARIZE).fit
    assert spec is not None
    head = spec.head.model_copy(update={"dropout": 0.5, "units": 128})
    spec = spec.model_copy(update={"head": head})
    fill(filled, [record(4, Stage.REGULARIZE, loss=0.15, parent="3", spec=spec)])
    predict(filled, "4", 0.9)
    notebook = Notebook(Workspace(filled))
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("a")
        assert isinstance(pilot.app.screen, AblationScreen)
        await until(pilot, lambda: said(pilot).startswith("4 runs"))
        assert "head.units 128 → 64" in said(pilot)
        await pilot.press("plus")
        await until(pilot, lambda: "3 with seed 3" in said(pilot))
        await pilot.press("minus")
        await until(pilot, lambda: said(pilot).startswith("4 runs"))
        await pilot.press("enter")
        await until(pilot, lambda: len(notebook.records()) == 8)
        await until(pilot, lambda: "… run 5: queued" in said(pilot))
        assert all(
            (one.group or "").startswith("ablation of 4 against 3,")
            for one in notebook.records()[4:]
        )
        done = record(5, Stage.REGULARIZE)
        predict(filled, "5", 0.1)
        ended = {"status": Status.DONE, "tasks": done.tasks, "scores": done.scores}
        notebook.change("5", lambda one: one.model_copy(update=ended))
        await until(pilot, lambda: "better" in said(pilot) or None)
        await pilot.press("plus")
        await until(pilot, lambda: len(notebook.records()) == 9)
        ninth = notebook.records()[-1]
        assert ninth.fit is not None
        assert (ninth.parent, ninth.group) == ("3", notebook.records()[4].group)
        taken = [one.fit.seed for one in notebook.records()[:-1] if one.fit and one.parent == "3"]
        assert ninth.fit.seed not in taken
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, AblationScreen)


async def test_the_ablation_of_one_factor_is_found_again(filled: Path) -> None:
    spec = record(4, Stage.REGULARIZE).fit
    assert spec is not None
    head = spec.head.model_copy(update={"dropout": 0.5})
    # On more folds than 3, which is the same without that factor.
    spec = spec.model_copy(update={"head": head, "folds": spec.folds + 1})
    fill(filled, [record(4, Stage.REGULARIZE, loss=0.15, parent="3", spec=spec)])
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("a")
        await until(pilot, lambda: said(pilot).startswith("3 runs"))
        await pilot.press("minus", "minus")
        await until(pilot, lambda: said(pilot).startswith("1 run,") or said(pilot)[:6] == "1 run.")
        await pilot.press("enter")
        await until(pilot, lambda: "… run 5: queued" in said(pilot))
        await pilot.press("escape", "a")
        await until(pilot, lambda: "… run 5: queued" in said(pilot))
        assert len(Notebook(Workspace(filled)).records()) == 5


async def test_what_has_been_run_already_is_not_queued(filled: Path) -> None:
    spec = record(4, Stage.REGULARIZE).fit
    assert spec is not None
    spec = spec.model_copy(update={"head": spec.head.model_copy(update={"dropout": 0.5})})
    fill(filled, [record(4, Stage.REGULARIZE, loss=0.15, parent="3", spec=spec)])
    async with opened(filled, (120, 40)) as pilot:
        await pilot.press("a")
        await until(pilot, lambda: said(pilot).startswith("3 runs"))
        assert "used as it is" not in said(pilot), "without its predictions 3 tells nothing"
        await pilot.press("escape")
        predict(filled, "3", 0.1)
        predict(filled, "4", 0.9)
        await pilot.press("a")
        await until(pilot, lambda: said(pilot).startswith("2 runs"))
        assert "Run already, and used as it is:\n  3  head.dropout 0.5 → 0.0" in said(pilot)
        await pilot.press("minus")
        await until(pilot, lambda: said(pilot).startswith("1 run"))
        await pilot.press("minus")
        await until(pilot, lambda: "●" in said(pilot))
        await pilot.press("enter")
        assert len(stored(filled)) == 4, "nothing is left to be queued"
        await pilot.press("plus")
        await until(pilot, lambda: said(pilot).startswith("1 run"))
        await pilot.press("enter")
        await until(pilot, lambda: "head.dropout" in said(pilot) and "Enter" not in said(pilot))
        assert len(Notebook(Workspace(filled)).records()) == 5


async def test_what_has_all_been_run_is_shown_at_once(filled: Path) -> None:
    spec = record(4, Stage.REGULARIZE).fit
    assert spec is not None
    head = spec.head.model_copy(update={"dropout": 0.5})
    fill(
        filled,
        [record(4, Stage.REGULARIZE, parent="3", spec=spec.model_copy(update={"head": head}))],
    )
    seeded = [spec.model_copy(update={"seed": seed}) for seed in (1, 2)]
    fill(
        filled,
        [record(n, Stage.REGULARIZE, spec=one) for n, one in zip((5, 6), seeded, strict=True)],
    )
    predict(filled, "3", 0.1)
    predict(filled, "4", 0.9)
    async with opened(filled, (120, 40)) as pilot:
        cockpit(pilot).desk.selected = "4"
        await pilot.press("a")
        await until(pilot, lambda: "within noise" in said(pilot))
        assert "by 3 seeds" in str(pilot.app.screen.query_one("#key", Static).content)
        await pilot.press("plus")
        await until(pilot, lambda: said(pilot).startswith("1 run"))
        assert "3 with seed 3" in said(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: len(stored(filled)) == 7)
        await until(pilot, lambda: "within noise" in said(pilot))


async def test_what_has_no_baseline_is_refused_in_place(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        cockpit(pilot).desk.selected = "1"
        await pilot.press("a")
        await until(pilot, lambda: "There is no ablation of experiment 1" in said(pilot))
        await pilot.press("enter")
        assert len(Notebook(Workspace(filled)).records()) == 3


@pytest.mark.parametrize("key", [*"REpdetaTYrfmswM"])
async def test_no_key_acts_on_an_experiment_that_an_empty_screen_hides(
    filled: Path, key: str
) -> None:
    async with opened(filled, (120, 40)) as pilot:
        before = stored(filled)
        await pilot.press("6")
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        await pilot.press(key)
        await until(pilot, lambda: "Nothing is compared yet: mark two" in notices(pilot))
        await pilot.pause()
        assert stored(filled) == before
        assert len(pilot.app.screen_stack) == 1, "no dialog is about it either"


async def test_a_table_that_is_gone_is_not_taken_along(regularized: Path) -> None:
    async with opened(regularized, (120, 40)) as pilot:
        cockpit(pilot).desk.marked = frozenset("34")
        await pilot.press("c")
        await until(pilot, lambda: "better" in told(pilot) or "noise" in told(pilot) or None)
        await pilot.press("d", "y")
        await until(pilot, lambda: pilot.app.screen.has_class("-empty"))
        await pilot.press("w")
        await until(pilot, lambda: "Nothing is compared yet" in notices(pilot))
        assert not (regularized / "comparisons").exists()


async def test_what_is_marked_is_compared_and_nothing_else(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        desk.marked, desk.selected = frozenset("12"), "3"
        await pilot.press("c")
        assert await until(pilot, lambda: headings(pilot)) == ["● 1 reference", "◆ 2"]


async def test_a_single_mark_is_held_against_the_selected_one(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        desk.marked, desk.selected = frozenset("1"), "3"
        await pilot.press("c")
        assert await until(pilot, lambda: headings(pilot)) == ["● 1 reference", "◆ 3"]


async def test_a_deletion_is_about_the_highlighted_column(filled: Path) -> None:
    async with opened(filled, (120, 40)) as pilot:
        desk = cockpit(pilot).desk
        desk.marked = frozenset("123")
        await pilot.press("c", "right")
        await until(pilot, lambda: desk.selected == "2")
        await pilot.press("d")
        dialog = pilot.app.screen.query_one(".dialog")
        assert str(dialog.border_title).startswith("Delete 2 ")
        assert "The marked" not in str(dialog.query_one(Static).content)
        await pilot.press("y")
        await until(pilot, lambda: headings(pilot) == ["● 1 reference", "◆ 3"])
        assert [one.id for one in stored(filled)] == ["1", "3"]
