"""A stage whose only run has failed says so, and which keys help."""

from pathlib import Path

import pytest

from app.widgets.curve_chart import CurveChart
from app.widgets.rail import Rail
from engine.experiment.record import Status
from tests.functional.staging import fill, opened, record, station, until


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (Status.FAILED, "it has failed: its log (2) says why, R runs it again"),
        (Status.STOPPED, "it was stopped: u goes on with it, R runs it again"),
    ],
)
async def test_it_is_told_in_the_recipe_and_in_the_chart(
    bare: Path, status: Status, hint: str
) -> None:
    fill(bare, [record(1, status=status)])
    async with opened(bare) as pilot:
        chart = station(pilot).query_one(CurveChart)
        await until(pilot, lambda: chart.picture is not None and chart.picture.hint == hint)
        told = str(station(pilot).query_one(Rail).get_option_at_index(1).prompt)
        assert f"first run {status}" in told
