"""What takes long is tried when somebody asks for it, and kept once its score is there."""

from pathlib import Path

import pytest
from textual.coordinate import Coordinate
from textual.widgets import DataTable, SelectionList, Static

from app.screens.blend import BlendScreen
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.record import Scores
from engine.workbench import Workbench
from tests.functional.staging import opened, stored, until


async def test_a_forest_is_tried_on_enter_and_kept_on_another(
    regularized: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[EnsembleSpec] = []
    try_blend = Workbench.try_blend

    def noting(bench: Workbench, spec: EnsembleSpec) -> tuple[Scores, EnsembleReport]:
        asked.append(spec)
        return try_blend(bench, spec)

    monkeypatch.setattr(Workbench, "try_blend", noting)
    async with opened(regularized, size=(120, 40)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        table, told = screen.query_one(DataTable), screen.query_one("#told", Static)
        last = table.row_count - 1

        def score(row: int = last) -> str:
            return str(table.get_cell_at(Coordinate(row, 1)))

        await until(pilot, lambda: ".." not in [score(row) for row in range(last)])
        assert (str(table.get_cell_at(Coordinate(last, 0))), score()) == ("stack, forest", "enter")
        assert "forest" not in {one.learner for one in asked}
        table.focus()
        table.move_cursor(row=last)
        await until(pilot, lambda: "enter tries it" in str(told.content))
        await pilot.press("enter")
        await until(pilot, lambda: score() not in ("enter", ".."))
        assert asked[-1].learner == "forest"
        assert table.cursor_row == last
        assert "BRINGS" in str(told.content)
        # Of other members nothing is known of it.
        screen.query_one(SelectionList).focus()
        await pilot.press("space")
        await until(pilot, lambda: score() == "enter")
        await pilot.press("space")
        table.focus()
        table.move_cursor(row=last)
        await pilot.press("enter", "enter")
        # A second press meanwhile keeps nothing that nobody has seen.
        await until(pilot, lambda: score() not in ("enter", ".."))
        assert pilot.app.screen is screen
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is not screen)
        made = await until(pilot, lambda: found[0] if (found := stored(regularized)[4:]) else None)
        assert isinstance(made.spec, EnsembleSpec)
        assert made.spec.learner == "forest"
