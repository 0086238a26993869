"""How long a supervisor stays, and whose place it leaves."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from engine.jobs import liveness, supervisor
from engine.jobs.launchers import Handle
from engine.jobs.liveness import claim, claim_of, is_alive, last_beat
from engine.jobs.supervisor import Supervisor
from engine.service import Service
from tests.jobs.supervisor.notes import Notes, made
from tests.support import tiny_spec


def test_it_retires_when_nothing_happens(
    notes: Notes, one: Supervisor, lock: FileLock, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_IDLE_SECONDS", 0.1)
    one.run(lock)
    assert last_beat(service.workspace.supervisor) > 0, "another machine can tell that it lived"
    assert notes.ended
    assert not lock.is_locked
    assert claim_of(service.workspace.supervisor) is None


def test_it_does_not_retire_from_a_queue(
    service: Service, notes: Notes, one: Supervisor, lock: FileLock
) -> None:
    one.tick()
    record = service.submit(tiny_spec())
    assert not one._retire(lock)
    assert lock.is_locked
    assert is_alive(service.workspace.supervisor)
    one.tick()
    assert list(notes.workers) == [record.id]


def test_it_stays_while_somebody_is_there_or_something_runs(
    service: Service, one: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_IDLE_SECONDS", 0.0)
    assert one._is_idle()
    service.workspace.presence.parent.mkdir(parents=True, exist_ok=True)
    service.workspace.presence.touch()
    assert not one._is_idle()
    an_hour_ago = time.time() - 3600
    os.utime(service.workspace.presence, (an_hour_ago, an_hour_ago))
    assert one._is_idle()
    ahead = time.time() + 3600
    os.utime(service.workspace.presence, (ahead, ahead))
    assert one._is_idle(), "a clock was wrong when this was touched"
    service.submit(tiny_spec())
    one.tick()
    assert not one._is_idle()


def test_it_leaves_within_two_minutes_of_the_last_sign(
    service: Service, one: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.workspace.presence.parent.mkdir(parents=True, exist_ok=True)
    service.workspace.presence.touch()
    wall, running = time.time(), time.monotonic()
    passed = 0.0
    clock = SimpleNamespace(time=lambda: wall + passed, monotonic=lambda: running + passed)
    for module in (supervisor, liveness):
        monkeypatch.setattr(module, "time", clock)
    idle_at = None
    for passed in range(1, 301):
        if one._is_idle():
            idle_at = passed
            break
    assert idle_at is not None
    assert 60 < idle_at <= 120, "who comes back at once finds it, who is gone does not pay for it"


def test_a_damaged_notebook_is_waited_out_but_not_for_ever(
    service: Service, notes: Notes, one: Supervisor, lock: FileLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.workspace.notebook.write_text("damaged")
    monkeypatch.setattr(supervisor, "_IDLE_SECONDS", 0.1)
    monkeypatch.setattr(supervisor, "_RETRY_SECONDS", 0.02)
    one.run(lock)
    assert notes.ended
    assert service.workspace.notebook.read_text() == "damaged"


def test_a_workspace_that_vanished_is_left_and_not_made_again(
    tmp_path: Path, service: Service, one: Supervisor, lock: FileLock
) -> None:
    service.workspace.root.rename(tmp_path / "moved")
    one.run(lock)
    assert not service.workspace.root.exists()


def test_one_that_starts_in_a_deleted_workspace_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["supervisor", str(tmp_path / "gone")])
    supervisor.main()
    assert list(tmp_path.iterdir()) == []


def test_a_deleted_cache_folder_costs_nothing_but_a_new_lock(
    tmp_path: Path, service: Service, one: Supervisor, lock: FileLock
) -> None:
    service.workspace.hydra.rename(tmp_path / "deleted")
    assert one._is_in_charge(lock)
    assert is_alive(service.workspace.supervisor)
    with pytest.raises(TimeoutError):
        FileLock(service.workspace.locks / "supervisor.lock").acquire(timeout=0)


def test_of_two_supervisors_after_that_one_leaves(
    tmp_path: Path, service: Service, notes: Notes, one: Supervisor, lock: FileLock
) -> None:
    service.workspace.hydra.rename(tmp_path / "deleted")
    service.workspace.locks.mkdir(parents=True)
    with FileLock(service.workspace.locks / "supervisor.lock").acquire(timeout=1):
        claim(service.workspace.supervisor, os.getppid())
        one.run(lock)
        assert notes.ended
        found = claim_of(service.workspace.supervisor)
        assert found is not None
        assert found.pid == os.getppid()


def test_no_process_for_a_worker_is_waited_for(
    service: Service, lock: FileLock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crowded(Notes):
        """No process can be started for a moment."""

        def launch(self, folder: Path, device: str) -> Handle:
            if not self.devices:
                self.devices.append(device)
                raise BlockingIOError(11, "Resource temporarily unavailable")
            return super().launch(folder, device)

    crowded = Crowded()
    record = service.submit(tiny_spec())
    monkeypatch.setattr(supervisor, "_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(Supervisor, "_is_idle", lambda self: bool(crowded.workers))
    monkeypatch.setattr(Supervisor, "_retire", lambda self, lock: True)
    made(service, crowded).run(lock)
    assert list(crowded.workers) == [record.id]
