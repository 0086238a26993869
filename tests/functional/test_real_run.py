"""One run from the first key to the submission, with a real supervisor and worker."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from app.screens.spec import SpecScreen
from app.widgets.curve_chart import CurveChart
from app.widgets.spec_field import SpecField
from engine.experiment.record import Status
from engine.jobs.workspace import Workspace
from tests.functional.form import Field
from tests.functional.staging import SharedHelper, cockpit, notices, opened, station, until
from tests.support import end_processes
from tests.unit.competition.builders import flowers


@pytest.fixture
def alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helper: SharedHelper) -> Iterator[Path]:
    """A competition whose queue is run; its processes end with the test."""
    monkeypatch.setattr("engine.service.Helper", lambda: helper)
    root = flowers(tmp_path / "garden", rows=40)
    yield root
    end_processes(Workspace(root))


async def test_the_baseline_runs_by_keys_and_its_submission_is_valid(alive: Path) -> None:
    async with opened(alive) as pilot:
        desk = cockpit(pilot).desk
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SpecScreen))
        # A screen is there a moment before what stands on it.
        await until(pilot, lambda: len(pilot.app.screen.query(SpecField)) > 0)
        # Long enough to be seen at work, short enough to wait for.
        for path, value in (("image_size", "8"), ("batch_size", "8"), ("phases.0.epochs", "40")):
            Field(pilot.app.screen, path).value = value
        await pilot.press("enter")
        chart = station(pilot).query_one(CurveChart)
        seen: list[int] = []

        def is_done() -> bool:
            record = desk.record
            if record is not None and record.status is Status.RUNNING and chart.border_subtitle:
                points = len(record.tasks[0].history.get("val_log_loss", ()))
                seen.extend([points] if points not in seen else [])
            return record is not None and record.status.is_finished

        await until(pilot, is_done, 90)
        assert desk.record is not None
        assert desk.record.status is Status.DONE, desk.record.error
        assert len([points for points in seen if points]) > 1, "the curve grew while it ran"
        assert "val" in str(chart.border_subtitle)
        await pilot.press("E")
        await until(pilot, lambda: "Submission written" in notices(pilot))
        [written] = (alive / "submissions").iterdir()
        with written.open(newline="") as stream:
            rows = list(csv.reader(stream))
        assert rows[0] == ["name", "tulip"]
        assert sorted(row[0] for row in rows[1:]) == ["1", "2", "3", "4"]
        assert all(0 <= float(row[1]) <= 1 for row in rows[1:])
        await until(pilot, lambda: desk.record is not None and desk.record.submission)
        assert not station(pilot).query(Input)
        assert "Nothing runs" in str(station(pilot).query_one("#run-status", Static).render())
