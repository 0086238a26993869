"""How the autopilot's end is told."""

from datetime import UTC, datetime

import pytest

from app.notices import landed_notice
from engine.experiment.spec import Stage
from engine.pilot.flight import Entry, Flight


@pytest.mark.parametrize("last", ["submissions/4-best.csv", "nothing was left to do"])
def test_a_path_is_named_once(last: str) -> None:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    entry = Entry(at=at, stage=Stage.SUBMIT, what="export 4 best", why=last)
    flight = Flight(
        began=at, budget=60.0, used=60.0, status="done", best="4", entries=(entry,),
        submission="submissions/4-best.csv",
    )  # fmt: skip
    assert landed_notice(flight).text.count("submissions/4-best.csv") == 1
