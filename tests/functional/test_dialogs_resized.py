"""Workbenches in a terminal that gets another size while they are open."""

from pathlib import Path

from textual.coordinate import Coordinate
from textual.widgets import DataTable, Static

from app.screens.blend import BlendScreen
from tests.functional.predicted import freeze_folds
from tests.functional.staging import opened, until
from tests.functional.test_pseudo_workbench import said, workbench


async def test_pseudo_labels_are_seen_whole_in_a_smaller_terminal(regularized: Path) -> None:
    freeze_folds(regularized)
    async with opened(regularized, (120, 40)) as pilot:
        screen = await workbench(pilot)
        await until(pilot, lambda: "4 test images" in said(pilot, "told"))
        slider, balance = (screen.query_one(f"#{one}", Static) for one in ("slider", "balance"))
        for size in ((80, 24), (200, 60), (120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: slider.region.height == 8)
            dialog = screen.query_one(".dialog").region
            await until(pilot, lambda: balance.region.height == 4)
            assert balance.region.bottom < dialog.bottom <= size[1]


async def test_a_refusal_still_stands_in_a_terminal_of_another_size(regularized: Path) -> None:
    freeze_folds(regularized, held_out=range(4, 8))
    async with opened(regularized, (120, 40)) as pilot:
        await workbench(pilot)
        await until(pilot, lambda: "would leak into the validation" in said(pilot, "told"))
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "would leak into the validation" in said(pilot, "told")


async def test_a_blend_is_laid_out_anew_for_another_width(regularized: Path) -> None:
    async with opened(regularized, (120, 40)) as pilot:
        await pilot.press("b")
        screen = await until(
            pilot, lambda: s if isinstance(s := pilot.app.screen, BlendScreen) else None
        )
        table = screen.query_one(DataTable)
        await until(pilot, lambda: ".." not in str(table.get_cell_at(Coordinate(5, 1))) or None)
        await until(pilot, lambda: str(table.get_cell_at(Coordinate(5, 1))))
        table.focus()
        table.move_cursor(row=0)
        await pilot.press("down", "down")
        told = screen.query_one("#told", Static)

        def shown() -> tuple[list[list[str]], str, int]:
            rows = [[str(cell) for cell in table.get_row_at(row)] for row in range(6)]
            return rows, str(told.content), table.cursor_row

        wide = shown()
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: screen.has_class("-narrow"))
        await until(pilot, lambda: shown()[0][3][-1].endswith("≈ noise"))
        assert table.virtual_size.width <= table.size.width, "no verdict is cut"
        assert "BRINGS" in shown()[1]
        assert "wide_cnn" not in shown()[1], "their ids must do"
        assert table.cursor_row == 2
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: shown() == wide)
