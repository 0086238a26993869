"""A fit that takes longer than was estimated: whether what is left of the budget is enough."""

from pathlib import Path

import pytest

from engine.experiment.record import Status
from engine.pilot.process import Autopilot
from engine.service import Service
from tests.functional.staging import fill, record, start_running
from tests.unit.competition.builders import flowers


@pytest.mark.parametrize(
    ("epochs", "budget", "ends"),
    [
        # It has worked for 7 s, a second for each event, on 5.25 of 6 epochs: 1 s is left to do.
        (5, 8.0, True),
        (5, 5.5, False),
        # Of 1.25 epochs that took 3 s there are 11 s left to do.
        (1, 14.0, False),
        (1, 30.0, True),
        (0, 5.5, False),
    ],
)
def test_it_goes_on_where_its_pace_is_enough(
    tmp_path: Path, epochs: int, budget: float, ends: bool
) -> None:
    root = flowers(tmp_path / "garden")
    fill(root, [record(1, status=Status.RUNNING)])
    start_running(root, "1", epochs)
    service = Service(root)
    try:
        pilot = Autopilot(service, budget, lambda: False)
        assert pilot._will_end(service.record("1")) is ends
    finally:
        service.close()
