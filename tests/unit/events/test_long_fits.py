"""Following a fit of hours: a command looks once, and tells of all of it."""

from pathlib import Path

import pytest

from engine.events.types import TaskFinished
from engine.experiment.record import Scores, Status
from engine.following import TaskWatch
from engine.jobs.liveness import release_claim
from engine.jobs.workspace import Workspace
from tests.functional.staging import epoch_ended, record, say, start_running

_EPOCHS = 100


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TaskWatch:
    """Of a fit whose events are many times what one read gives."""
    monkeypatch.setattr("engine.events.reader._CHUNK", 2000)
    start_running(tmp_path, "1", epochs=0)
    say(tmp_path, "1", *map(epoch_ended, range(_EPOCHS)))
    running = record(1, status=Status.RUNNING)
    return TaskWatch(Workspace(tmp_path), running, running.tasks[0])


def test_one_look_sees_all_epochs(watch: TaskWatch) -> None:
    assert len(watch.look().history["val_log_loss"]) == _EPOCHS


def test_a_first_paint_does_not_wait_for_all_that_was_said(watch: TaskWatch) -> None:
    assert 0 < len(watch.look(is_glance=True).history["val_log_loss"]) < _EPOCHS
    assert len(watch.look().history["val_log_loss"]) == _EPOCHS


def test_a_first_glance_tells_how_a_fit_has_ended(watch: TaskWatch, tmp_path: Path) -> None:
    say(tmp_path, "1", TaskFinished(scores=Scores(val_log_loss=0.25), seconds=9.0))
    release_claim(Workspace(tmp_path).task("1", "fold0"))
    assert watch.look(is_glance=True).status is Status.DONE


def test_a_fit_that_finished_while_nobody_ran_the_queue_is_done(
    watch: TaskWatch, tmp_path: Path
) -> None:
    say(tmp_path, "1", TaskFinished(scores=Scores(val_log_loss=0.25), seconds=9.0))
    release_claim(Workspace(tmp_path).task("1", "fold0"))
    ended = watch.look()
    assert ended.status is Status.DONE
    assert ended.scores.val_log_loss == 0.25
