"""A fit that takes longer than was estimated: whether what is left of the budget is enough."""

import os
from pathlib import Path

import pytest

from engine.events.types import Preparing, TaskStarted
from engine.experiment.record import Status, TaskRecord
from engine.jobs.liveness import claim
from engine.jobs.workspace import Workspace
from engine.pilot.process import Autopilot
from engine.service import Service
from tests.functional.staging import BEGAN, fill, record, say, start_running
from tests.unit.competition.builders import flowers


@pytest.mark.parametrize(
    ("epochs", "budget", "ends"),
    [
        # Of 0.75 epochs of 2 s, and of predicting what was trained on, 2.3 s are left to do; the
        # last submission takes 5 s.
        (5, 8.0, True),
        (5, 6.5, False),
        # Of 4.75 epochs, 10.3 s.
        (1, 14.0, False),
        (1, 30.0, True),
        (0, 5.5, False),
    ],
)
def test_it_goes_on_where_its_pace_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs: int, budget: float, ends: bool
) -> None:
    # The last word was said just now.
    monkeypatch.setattr("engine.following.time.time", lambda: BEGAN.timestamp() + epochs + 2)
    root = flowers(tmp_path / "garden")
    fill(root, [record(1, status=Status.RUNNING)])
    start_running(root, "1", epochs, seconds=2.0)
    service = Service(root)
    try:
        pilot = Autopilot(service, budget, lambda: False)
        assert pilot._will_bring(service.record("1"), 60.0) is ends
    finally:
        service.close()


@pytest.mark.parametrize(("expected", "will"), [(100.0, True), (1000.0, False)])
def test_what_has_not_begun_to_train_is_taken_to_train_as_was_expected(
    tmp_path: Path, expected: float, will: bool
) -> None:
    folds = tuple(TaskRecord(name=f"fold{fold}", fold=fold) for fold in range(5))
    first = folds[0].model_copy(update={"status": Status.RUNNING})
    fill(tmp_path, [record(1, status=Status.RUNNING, tasks=(first, *folds[1:]))])
    claim(Workspace(tmp_path).task("1", "fold0"), os.getpid())
    views = Preparing(what="computing views", done=4000, total=5000)
    say(tmp_path, "1", TaskStarted(environment={}), views)
    service = Service(tmp_path)
    assert [task.own for task in service.snapshot().live] == [None]
    pilot = Autopilot(service, 60, lambda: False)
    assert pilot._will_bring(service.record("1"), expected) == will
