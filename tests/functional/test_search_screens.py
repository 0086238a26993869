"""Searches in the cockpit: listed, shown, followed, and not exported."""

from functools import partial
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Static

from app.screens.message import MessageScreen
from app.widgets.results_table import ResultsTable
from app.widgets.run_status import RunStatus
from engine.events.types import BatchEnded, TaskStarted, TrialEnded, TrialEpoch, TrialStarted
from engine.experiment.record import ExperimentRecord, Scores, Status, TaskRecord
from engine.experiment.search import TrialState
from engine.experiment.spec import ExperimentSpec, Stage
from engine.tuning.planning import plan_search
from tests.functional.staging import (
    cockpit,
    fill,
    opened,
    record,
    say,
    start_running,
    station,
    until,
)

SEARCH = plan_search(ExperimentSpec(stage=Stage.REGULARIZE), ["head.units=64,128,256"], "grid")
DONE = TrialState(id="1", status="done", values={"head.units": 128}, score=0.31, seconds=4.0)
FAILED = TrialState(id="2", status="failed", values={"head.units": 64}, error="It broke.")


def search(number: int, status: Status, *trials: TrialState) -> ExperimentRecord:
    scores = Scores(val_log_loss=0.31) if status is Status.DONE else Scores()
    # Its events lie where those of a fit would, so that the same hand can write them.
    task = TaskRecord(name="fold0", fold=0, status=status, scores=scores, trials=trials)
    name = "search grid plain_cnn 64px"
    return record(
        number, Stage.REGULARIZE, status, spec=SEARCH, name=name, tasks=(task,), scores=scores
    )


async def test_a_search_is_a_row_with_details_and_no_submission(filled: Path) -> None:
    fill(filled, [search(4, Status.DONE, DONE, FAILED)])
    async with opened(filled, size=(140, 40)) as pilot:
        for key in "1243":
            await pilot.press(key)
        await until(pilot, lambda: station(pilot).query_one(ResultsTable).row_count == 4)
        await pilot.press("e")
        assert "no fit" in "\n".join(str(one.message) for one in pilot.app._notifications)
        await pilot.press("E")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageScreen))
        said = str(pilot.app.screen.query_one(Static).render())
        assert "is a search, which predicts nothing" in said
        assert "hydra-tui promote 4" in said


def is_last(pilot: Pilot[None], trial: TrialState) -> bool:
    """Whether the cockpit has heard of a trial's last word."""
    return cockpit(pilot).desk.snapshot.records[0].tasks[0].trials[-1] == trial


async def test_a_running_search_tells_of_its_trials(bare: Path) -> None:
    fill(bare, [search(1, Status.RUNNING)])
    start_running(bare, "1", epochs=0)
    running = DONE.model_copy(update={"id": "2", "status": "running", "score": None})
    say(
        bare,
        "1",
        TaskStarted(),
        TrialEnded(trial=DONE, scores=Scores(val_log_loss=0.31)),
        TrialStarted(trial=running),
        BatchEnded(epoch=2, batch=5, batches=20, loss=0.5),
    )
    async with opened(bare, size=(140, 40)) as pilot:
        await pilot.press("2")
        status = station(pilot).query_one(RunStatus)
        await until(pilot, lambda: "trial 2/3 · training, epoch 3/10" in str(status.render()))
        for epoch in range(1, 4):
            further = running.model_copy(update={"epoch": epoch, "score": 1 / epoch})
            say(bare, "1", TrialEpoch(trial=further))
            await until(pilot, partial(is_last, pilot, further))
