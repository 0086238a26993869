"""How tasks end, whoever has died meanwhile."""

import subprocess
import sys

import pytest

from engine.errors import UserError
from engine.experiment.record import ErrorReport, Status
from engine.jobs import running
from engine.jobs.liveness import claim
from engine.jobs.supervisor import Supervisor
from engine.service import Service
from tests.jobs.supervisor.notes import Notes, finish, made, stored
from tests.support import tiny_spec


def test_a_worker_that_ends_without_a_word_was_interrupted(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    record = service.submit(tiny_spec())
    one.tick()
    notes.workers[record.id].code = -9
    one.tick()
    found = stored(service, record)
    assert found.status is Status.INTERRUPTED
    assert isinstance(found.error, ErrorReport)
    assert "signal 9" in found.error.happened


def test_a_run_that_left_the_notebook_does_not_hold_up_the_others(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    """As after going on from an older copy of a damaged notebook."""
    earlier = service.submit(tiny_spec())
    older = service.workspace.notebook.read_text()
    one.tick()
    finish(service, earlier)
    notes.workers[earlier.id].code = 0
    one.tick()
    gone = service.submit(tiny_spec())
    one.tick()
    service.workspace.notebook.write_text(older)
    notes.workers[gone.id].code = 0
    one.tick()
    assert len(notes.workers) == 2
    assert stored(service, earlier).status is Status.RUNNING


def test_a_heart_that_stopped_is_noticed_and_its_worker_killed(
    service: Service, notes: Notes, one: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = service.submit(tiny_spec())
    one.tick()
    one.tick()
    assert stored(service, record).status is Status.RUNNING
    monkeypatch.setattr(running, "_STALE_SECONDS", 0.0)
    one.tick()
    assert notes.workers[record.id].killed
    assert stored(service, record).status is Status.INTERRUPTED


def test_a_stale_worker_that_was_taken_over_is_killed_too(
    service: Service, notes: Notes, one: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:

    record = service.submit(tiny_spec())
    one.tick()
    frozen = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    claim(service.workspace.task(record.id, "fold0"), frozen.pid)
    second = made(service, Notes())
    second.tick()
    assert stored(service, record).status is Status.RUNNING
    monkeypatch.setattr(running, "_STALE_SECONDS", 0.0)
    second.tick()
    assert frozen.wait(timeout=10) == -9
    assert stored(service, record).status is Status.INTERRUPTED


def test_what_died_while_nobody_looked_can_be_resumed(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    """Both processes are gone, as after a power cut, and the notebook still says `running`."""
    record = service.submit(tiny_spec())
    one.tick()
    assert stored(service, record).status is Status.RUNNING
    assert service.record(record.id).status is Status.INTERRUPTED
    with pytest.raises(UserError, match="was interrupted already"):
        service.stop(record.id)
    assert service.resume(record.id).status is Status.QUEUED
    second = Notes()
    made(service, second).tick()
    assert list(second.workers) == [record.id]


def test_what_ended_while_nobody_looked_is_done(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    record = service.submit(tiny_spec())
    one.tick()
    finish(service, record)
    assert service.record(record.id).status is Status.DONE
    with pytest.raises(UserError, match="is done"):
        service.resume(record.id)
    assert stored(service, record).status is Status.RUNNING
    made(service, Notes()).tick()
    assert stored(service, record).status is Status.DONE


def test_what_hears_no_request_to_stop_is_ended_and_counts_as_stopped(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    record = service.submit(tiny_spec())
    one.tick()
    hanging = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    claim(service.workspace.task(record.id, "fold0"), hanging.pid)
    assert service.stop(record.id).status is Status.RUNNING
    assert [task.doing for task in service.snapshot().live] == ["saving and ending"]
    assert hanging.poll() is None
    service.stop(record.id, now=True)
    assert hanging.wait(10) == -9
    notes.workers[record.id].code = -9
    one.tick()
    ended = stored(service, record)
    assert (ended.status, ended.error) == (Status.STOPPED, None)
    assert service.resume(record.id).status is Status.QUEUED
