"""The table behind a walk tells which shut gates the autopilot did not wait for."""

from pathlib import Path

import pytest

from app.command_line.recipe import _ended
from app.presentation.tables import gone_without
from engine.experiment.spec import Stage
from engine.pilot.flight import Flight
from engine.recipe.stages import climb
from engine.service import Service
from tests.unit.recipe.made_up import NOW, done, photographs

FLIGHT = Flight(
    status="done", began=NOW, budget=60.0, passed=(Stage.OVERFIT, Stage.BASELINE, Stage.WIDEN)
)
TOLD = "The autopilot went on although these gates are not open: overfit, widen."


def test_gates_that_have_opened_since_are_not_among_them() -> None:
    records = (done("1", Stage.BASELINE, 0.2), done("2", Stage.OVERFIT, 0.3, train=0.2))
    ladder = climb(photographs(), records)
    assert gone_without(ladder, FLIGHT.passed) == [TOLD]
    assert gone_without(ladder, (Stage.BASELINE,)) == []
    assert gone_without(climb(photographs(), records, frozenset({"widen"})), (Stage.WIDEN,)) == []


def test_it_stands_below_the_last_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    service = Service(tmp_path)
    try:
        _ended(service, FLIGHT, as_json=False)
    finally:
        service.close()
    lines = capsys.readouterr().out.splitlines()
    told = "The autopilot went on although these gates are not open: baseline, overfit, widen."
    place = lines.index(told)
    assert lines[place - 1].split()[1] == "submit"
