"""What is wrong with an experiment stands wherever it is looked at, whichever gate judges it."""

import json
from pathlib import Path

import pytest
from textual.widgets import Static

from app.cli import run_command
from app.presentation.diagnosed import symptoms_of
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.spec import Stage
from engine.recipe.diagnosis import Condition
from tests.functional.staging import cockpit, fill, opened, record, station, three, until

TOO_HIGH = "learning rate too high: the training loss rose from 1.700 to 9.000"


def thrown(number: int, status: Status = Status.DONE) -> ExperimentRecord:
    """A baseline whose steps were too long."""
    one = record(number, status=status)
    curve = (2.0, 1.7, 2.1, 5.0, 8.0, 9.0)
    task = TaskRecord(
        name="fold0", fold=0, status=status, history={"log_loss": curve, "val_log_loss": curve}
    )
    return one.model_copy(update={"tasks": (task,)})


def told(one: Static) -> str:
    return str(one.render())


def test_show_tells_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # The fourth is not what the gate of the baseline judges.
    fill(tmp_path, [*three(), thrown(4), thrown(5, Status.STOPPED)])
    assert run_command(["show", "4", "-w", str(tmp_path)]) == 0
    assert any(
        line.split() == ["diagnosis", *TOO_HIGH.split()]
        for line in capsys.readouterr().out.splitlines()
    )
    assert run_command(["show", "4", "-w", str(tmp_path), "--json"]) == 0
    (first, *_) = json.loads(capsys.readouterr().out)["diagnosis"]
    assert f"{first['condition']}: {first['evidence']}" == TOO_HIGH
    assert run_command(["show", "5", "-w", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["diagnosis"] == []


async def test_details_and_live_tell_it(bare: Path) -> None:
    fill(bare, [*three(), thrown(4), thrown(5, Status.STOPPED)])
    async with opened(bare, (200, 60)) as pilot:
        cockpit(pilot).desk.select("4")
        await pilot.press("3")

        def values() -> list[str]:
            pane = station(pilot).query_one("#details-text", Static).content
            return [str(cell) for cell in pane.columns[1].cells]  # type: ignore[union-attr]

        await until(pilot, lambda: TOO_HIGH in values())
        await pilot.press("2")
        await pilot.pause()
        line = station(pilot).query_one("#diagnosis", Static)
        assert told(line).startswith(f"4 · {TOO_HIGH} · unstable: ")
        cockpit(pilot).desk.select("5")
        station(pilot).draw()
        await pilot.pause()
        assert not line.display


@pytest.mark.parametrize("stage", [Stage.REGULARIZE, Stage.WIDEN, Stage.PSEUDO_LABEL])
def test_only_what_is_regularized_must_be_better_than_its_origin(stage: Stage) -> None:
    worse = {"parent_gain": -0.1, "parent_gain_error": 0.01}
    one = record(4, stage, parent="2")
    one = one.model_copy(update={"scores": one.scores.model_copy(update=worse)})
    told = {symptom.condition for symptom in symptoms_of(one)}
    assert (Condition.WORSE in told) == (stage is Stage.REGULARIZE)
