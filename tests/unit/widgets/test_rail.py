"""The recipe's ladder, line by line."""

from pathlib import PurePath
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from app.looks import style
from app.widgets.rail import Rail
from engine.recipe.stages import climb


class _Alone(App[None]):
    CSS_PATH: ClassVar[list[str | PurePath]] = [style("base")]

    def compose(self) -> ComposeResult:
        yield Rail()


@pytest.mark.parametrize("height", [16, 24, 40])
async def test_readings_stand_below_the_name_and_none_is_lost(height: int) -> None:
    readings = ("val 0.027/0.027 within noise", "x" * 26, "some that takes two lines here")
    ladder = [
        rung.model_copy(update={"reading": readings[place % 3]})
        for place, rung in enumerate(climb(None, ()))
    ]
    app = _Alone()
    async with app.run_test(size=(80, height)) as pilot:
        rail = app.query_one(Rail)
        rail.show(tuple(ladder), "")
        for _ in range(3):
            await pilot.pause()
        shown = [one.text[1:-1] for one in rail.render_lines(Region(0, 0, *rail.outer_size))]
        lines = [line.rstrip() for line in shown[1:-1]]
        names = {f"○ {rung.stage}" for rung in ladder}
        told = [one for one in lines if one and not any(one.startswith(name) for name in names)]
        assert all(one.startswith("  ") for one in told)
        assert lines[1:3] == ["  val 0.027/0.027 within", "  noise"]
        filled = max(place for place, one in enumerate(lines) if one)
        assert all(lines[:filled]), "no row is blank"


async def test_readings_stay_below_the_name_where_longer_ones_needed_a_scroll_bar() -> None:
    stages = climb(None, ())
    app = _Alone()
    async with app.run_test(size=(80, 29)) as pilot:
        rail = app.query_one(Rail)
        for reading in (
            "some that takes more than three lines, " * 2,
            "blend 0.030 vs 0.027 of 6: no",
        ):
            rail.show(tuple(one.model_copy(update={"reading": reading}) for one in stages), "")
            for _ in range(3):
                await pilot.pause()
        lines = [one.text.rstrip() for one in rail.render_lines(Region(1, 1, *rail.size))]
        assert lines[1:3] == ["  blend 0.030 vs 0.027 of 6:", "  no"]
        assert lines[-1].startswith("  no") or not lines[-1].strip(), "and all are in sight"
