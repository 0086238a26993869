"""Gates and moves are judged anew when something has ended, not when a batch has."""

from pathlib import Path
from typing import Any

import pytest

from engine.events.types import BatchEnded
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.spec import Stage
from engine.jobs.tasks import moved
from engine.jobs.workspace import Workspace
from engine.recipe import known
from engine.recipe.choosing import champion
from engine.recipe.stages import climb
from engine.store.notebook import Notebook
from engine.watching import Watcher
from tests.functional.staging import epoch_ended, fill, record, say, start_running, three


@pytest.fixture
def climbed(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows by one whenever the recipe is judged."""
    times: list[object] = []

    def counted(*given: Any) -> Any:
        times.append(given)
        return climb(*given)

    monkeypatch.setattr("engine.watching.climb", counted)
    return times


def test_only_what_has_ended_is_judged(tmp_path: Path, climbed: list[object]) -> None:
    tasks = tuple(
        TaskRecord(name=f"fold{fold}", fold=fold, status=status)
        for fold, status in enumerate((Status.RUNNING, Status.QUEUED))
    )
    fill(tmp_path, [*three(), record(4, Stage.WIDEN, Status.RUNNING, tasks=tasks)])
    start_running(tmp_path, "4", epochs=2)
    watcher = Watcher(Workspace(tmp_path))
    before = watcher.look(None)
    assert len(climbed) == 1
    say(tmp_path, "4", BatchEnded(epoch=2, batch=9, batches=20, loss=0.4), epoch_ended(2))
    after = watcher.look(None)
    assert after.live != before.live
    assert len(after.records[3].tasks[0].epoch_seconds) == 3
    assert after.ladder is before.ladder
    assert len(climbed) == 1

    def done(one: ExperimentRecord) -> ExperimentRecord:
        return moved(one, "fold0", Status.RUNNING, Status.DONE)

    Notebook(Workspace(tmp_path)).change("4", done)
    watcher.look(None)
    assert len(climbed) == 2


def test_a_person_s_pass_is_judged(tmp_path: Path, climbed: list[object]) -> None:
    fill(tmp_path, three())
    watcher = Watcher(Workspace(tmp_path))
    watcher.look(None)
    Notebook(Workspace(tmp_path)).note_passed(Stage.WIDEN, True)
    ladder = watcher.look(None).ladder
    assert len(climbed) == 2
    assert [rung.stage for rung in ladder if rung.state == "passed"] == [Stage.WIDEN]


def test_blends_are_compared_once_for_all_pseudo_labelled_runs_that_are_in_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: list[object] = []

    def counted(*given: Any) -> Any:
        compared.append(given)
        return champion(*given)

    monkeypatch.setattr(known, "champion", counted)
    scores = record(1).scores.model_copy(update={"parent_gain": 0.01, "parent_gain_error": 0.02})
    runs = [record(number, Stage.PSEUDO_LABEL, scores=scores) for number in range(1, 41)]
    climb(None, runs)
    assert len(compared) <= 1
