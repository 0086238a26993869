"""The supervisor's decisions, one look at a time, with workers that are only noted."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from engine.errors import UserError
from engine.events.types import TaskFinished, TaskStarted
from engine.events.writer import EventWriter
from engine.experiment.record import ErrorReport, ExperimentRecord, Scores, Status
from engine.jobs import liveness, running, supervisor, tasks
from engine.jobs.launchers import Handle
from engine.jobs.liveness import claim, claim_of, is_alive, last_beat, request_stop
from engine.jobs.supervisor import Supervisor
from engine.jobs.tasks import EVENTS
from engine.jobs.workspace import Workspace
from engine.service import Service
from tests.support import refused, tiny_spec


class Note:
    """A worker that does what the test says."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.killed = False

    def exit_code(self) -> int | None:
        return self.code

    def kill(self) -> None:
        self.killed = True


class Notes:
    """A launcher that only notes what it is asked."""

    def __init__(self) -> None:
        self.workers: dict[str, Note] = {}
        self.devices: list[str] = []
        self.warmed: set[str] = set()
        self.ended = False

    def launch(self, folder: Path, device: str) -> Handle:
        self.workers[folder.parent.name] = made = Note()
        self.devices.append(device)
        return made

    def warm(self, device: str) -> None:
        self.warmed.add(device)

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def service(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A workspace that no real supervisor comes to."""
    monkeypatch.setattr("engine.queue.ensure_supervisor", lambda _workspace: None)
    return Service(workspace.root)


@pytest.fixture
def notes() -> Notes:
    return Notes()


def made(service: Service, notes: Notes, *slots: str) -> Supervisor:
    return Supervisor(service.workspace, notes, slots or ("cpu",))


@pytest.fixture
def one(service: Service, notes: Notes) -> Supervisor:
    return made(service, notes)


@pytest.fixture
def lock(service: Service) -> Iterator[FileLock]:
    service.workspace.locks.mkdir(parents=True)
    held = FileLock(service.workspace.locks / "supervisor.lock")
    held.acquire()
    claim(service.workspace.supervisor, os.getpid())
    yield held
    held.release(force=True)


def stored(service: Service, record: ExperimentRecord) -> ExperimentRecord:
    return service._notebook.record(record.id)


def tell_device(service: Service, record: ExperimentRecord, device: str) -> None:
    with EventWriter(service.workspace.task(record.id, "fold0") / EVENTS) as events:
        events.write(TaskStarted(environment={"device": device}))


def finish(
    service: Service, record: ExperimentRecord, task: str = "fold0", device: str = "made up"
) -> None:
    with EventWriter(service.workspace.task(record.id, task) / EVENTS) as events:
        events.write(TaskStarted(environment={"device": device}))
        events.write(TaskFinished(scores=Scores(val_log_loss=0.5, val_rows=8), seconds=2.0))


def test_every_free_device_has_a_warm_worker(
    service: Service, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "_WARM_DELAY_SECONDS", 0.0)
    first = service.submit(tiny_spec())
    several = made(service, notes, "0", "1", "2")
    several.tick()
    tell_device(service, first, "Tesla T4")
    notes.warmed.clear()
    several.tick()
    assert notes.devices == ["0"]
    assert notes.warmed == {"1", "2"}
    notes.warmed.clear()
    for _ in range(2):
        service.submit(tiny_spec())
    several.tick()
    several.tick()
    assert notes.warmed == {"0"}, "whichever is free first, the next task has one to begin with"


def test_one_after_the_other_in_order(service: Service, notes: Notes, one: Supervisor) -> None:
    first, second = service.submit(tiny_spec()), service.submit(tiny_spec())
    one.tick()
    one.tick()
    assert list(notes.workers) == [first.id]
    assert stored(service, first).status is Status.RUNNING
    finish(service, first)
    notes.workers[first.id].code = 0
    one.tick()
    assert list(notes.workers) == [first.id, second.id]
    done = stored(service, first)
    assert (done.status, done.seconds) == (Status.DONE, 2.0)
    assert done.environment == {"device": "made up"}
    assert done.finished is not None


def test_as_many_at_once_as_there_are_slots(service: Service, notes: Notes) -> None:
    two = made(service, notes, "0", "1")
    first, *_ = [service.submit(tiny_spec()) for _ in range(3)]
    two.tick()
    tell_device(service, first, "Tesla T4")
    two.tick()
    assert list(notes.workers) == ["1", "2"]
    assert notes.devices == ["0", "1"]


def test_where_tensorflow_finds_no_gpu_one_at_a_time_computes_on_the_cpu(
    service: Service, notes: Notes, caplog: pytest.LogCaptureFixture
) -> None:
    record = service.submit(tiny_spec("folds=2"))
    two = made(service, notes, "0", "1")
    two.tick()
    two.tick()
    assert notes.devices == ["0"], "the first has not told yet"
    tell_device(service, record, "CPU, 8 cores")
    two.tick()
    two.tick()
    assert notes.devices == ["0"]
    finish(service, record, "fold0")
    notes.workers[record.id].code = 0
    two.tick()
    assert notes.devices == ["0", "cpu"]
    assert [one.message for one in caplog.records if "no GPU" in one.message] == [
        "TensorFlow finds no GPU: one task at a time computes on the CPU"
    ]


def test_where_gpus_have_computed_nobody_waits_for_the_first_to_tell(
    service: Service, notes: Notes
) -> None:
    before, only = service.submit(tiny_spec()), made(service, notes, "0")
    only.tick()
    finish(service, before, device="Tesla T4")
    notes.workers[before.id].code = 0
    only.tick()
    several, _ = [service.submit(tiny_spec("folds=2")) for _ in range(2)]
    three = made(service, notes, "0", "1", "2")
    three.tick()
    assert notes.devices == ["0", "0", "1", "2"]
    tell_device(service, several, "CPU, 8 cores")
    three.tick()
    assert three._slots.count() == 1, "the libraries are gone"


def test_what_a_task_told_in_an_earlier_life_says_nothing_of_this_one(
    service: Service, notes: Notes
) -> None:
    record, _ = service.submit(tiny_spec()), service.submit(tiny_spec())
    tell_device(service, record, "CPU, 8 cores")
    events = service.workspace.task(record.id, "fold0") / EVENTS
    events.write_text(re.sub(r'"time":[\d.]+', '"time":1.0', events.read_text()))
    two = made(service, notes, "0", "1")
    two.tick()
    two.tick()
    assert two._slots.is_unsure
    tell_device(service, record, "Tesla T4")
    two.tick()
    assert notes.devices == ["0", "1"]


def set_slots(service: Service, text: str) -> None:
    service.workspace.settings.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("devices", "settings", "told"),
    [
        (("0", "1"), "", 2),
        (("0", "1"), "[jobs]\nslots = 1", 1),
        (("0", "1"), "[jobs]\nslots = 4", 2),
        (("cpu",), "[jobs]\nslots = 2", 1),
    ],
)
def test_a_worker_hears_how_many_run_beside_it_on_other_devices(
    service: Service, notes: Notes, devices: tuple[str, ...], settings: str, told: int
) -> None:
    set_slots(service, settings)
    record = service.submit(tiny_spec())
    made(service, notes, *devices).tick()
    assert tasks.TaskOrder.read(service.workspace.task(record.id, "fold0")).slots == told


def test_slots_are_read_anew_when_the_settings_change(service: Service, notes: Notes) -> None:
    one = made(service, notes)
    first, second, third = (service.submit(tiny_spec()) for _ in range(3))
    one.tick()
    assert list(notes.workers) == [first.id]
    set_slots(service, "[jobs]\nslots = 3")
    one.tick()
    assert list(notes.workers) == [first.id, second.id, third.id]
    assert notes.devices == ["cpu"] * 3
    fourth = service.submit(tiny_spec())
    set_slots(service, "[jobs]\nslots = ")
    one.tick()
    notes.workers[first.id].code = 0
    one.tick()
    assert list(notes.workers)[3:] == [fourth.id], "the file is broken: as many as before"


def test_what_runs_in_a_slot_that_is_gone_counts(service: Service, notes: Notes) -> None:
    set_slots(service, "[jobs]\nslots = 2")
    one = made(service, notes)
    first, second, third = (service.submit(tiny_spec()) for _ in range(3))
    one.tick()
    assert list(notes.workers) == [first.id, second.id]
    set_slots(service, "[jobs]\nslots = 1 # now")
    notes.workers[first.id].code = 0
    one.tick()
    assert list(notes.workers) == [first.id, second.id], "the second goes on, and nothing beside it"
    notes.workers[second.id].code = 0
    one.tick()
    assert list(notes.workers)[2:] == [third.id]


def test_the_folds_of_an_experiment_run_before_the_next_one(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    folded = service.submit(tiny_spec("folds=2"))
    service.submit(tiny_spec())
    one.tick()
    finish(service, folded, "fold0")
    notes.workers[folded.id].code = 0
    one.tick()
    tasks = stored(service, folded).tasks
    assert [task.status for task in tasks] == [Status.DONE, Status.RUNNING]
    assert list(notes.workers) == [folded.id]


def test_who_takes_over_knows_which_device_a_task_has(service: Service, notes: Notes) -> None:
    first, second, third = (service.submit(tiny_spec()) for _ in range(3))
    two = made(service, notes, "0", "1")
    two.tick()
    tell_device(service, first, "Tesla T4")
    two.tick()
    finish(service, first)
    notes.workers[first.id].code = 0
    two.tick()
    assert notes.devices == ["0", "1", "0"]
    for record in (second, third):
        claim(service.workspace.task(record.id, "fold0"), os.getpid())
    other = made(service, notes, "0", "1")
    other.tick()
    assert {one.experiment: one.slot for one in other._running} == {second.id: 1, third.id: 0}


def test_what_is_taken_over_tells_of_its_gpu_though_nothing_has_ended(
    service: Service, notes: Notes
) -> None:
    first, second, _ = (service.submit(tiny_spec()) for _ in range(3))
    two = made(service, notes, "0", "1")
    two.tick()
    tell_device(service, first, "Tesla T4")
    two.tick()
    for record in (first, second):
        claim(service.workspace.task(record.id, "fold0"), os.getpid())
    other = made(service, notes, "0", "1")
    other.tick()
    assert {one.experiment: one.slot for one in other._running} == {first.id: 0, second.id: 1}
    other.tick()
    assert not other._slots.is_unsure


def test_what_is_resumed_goes_to_the_end_of_the_queue(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    first, second = service.submit(tiny_spec()), service.submit(tiny_spec())
    service.stop(first.id)
    service.resume(first.id)
    one.tick()
    assert list(notes.workers) == [second.id]


def test_what_is_to_come_next_comes_before_folds_that_wait(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    records = [service.submit(tiny_spec(f"folds={folds}")) for folds in (2, 1, 1, 1)]
    first, second, third, fourth = (record.id for record in records)
    one.tick()
    moved = service.tidying.advance([fourth, third])
    assert [record.id for record in moved] == [third, fourth], "in the order of before"
    for done in (records[0], records[2]):
        finish(service, done)
        notes.workers[done.id].code = 0
        one.tick()
    assert list(notes.workers) == [first, third, fourth]
    with pytest.raises(UserError, match=f"Nothing of experiment {third} waits: it is done"):
        service.tidying.advance([second, third])
    assert stored(service, records[1]).queued == records[1].queued, "all of them, or none"


def test_a_stop_that_came_just_before_the_start_holds(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    record = service.submit(tiny_spec())
    order = one._next_order()
    assert order is not None
    service.stop(record.id)
    one._start(order, 0)
    assert notes.workers == {}
    assert stored(service, record).status is Status.STOPPED
    assert one._free_slots() == [0]


def test_an_old_request_to_stop_is_forgotten(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    record = service.submit(tiny_spec())
    folder = service.workspace.task(record.id, "fold0")
    request_stop(folder)
    one.tick()
    assert list(notes.workers) == [record.id]
    assert not (folder / "stop").exists()


class Full(Notes):
    """A launcher that finds the disk full once."""

    def launch(self, folder: Path, device: str) -> Handle:
        if not self.devices:
            self.devices.append(device)
            refused()
        return super().launch(folder, device)


def test_what_gets_no_worker_is_queued_again(service: Service) -> None:
    full = Full()
    one = made(service, full)
    record, other = service.submit(tiny_spec("folds=2")), service.submit(tiny_spec())
    with pytest.raises(UserError, match="disk is full"):
        one.tick()
    assert stored(service, record).status is Status.QUEUED
    one.tick()
    assert list(full.workers) == [record.id], "it keeps its place in the queue"
    assert service.stop(other.id).status is Status.STOPPED


def test_what_gets_no_worker_can_be_stopped(service: Service) -> None:
    full = Full()
    one = made(service, full)
    record = service.submit(tiny_spec())
    with pytest.raises(UserError, match="disk is full"):
        one.tick()
    assert service.stop(record.id).status is Status.STOPPED
    one.tick()
    assert full.workers == {}


def test_a_stop_that_came_while_it_got_no_worker_holds(service: Service) -> None:
    class Slow(Full):
        """One that is asked to stop while its worker starts."""

        def launch(self, folder: Path, device: str) -> Handle:
            if not self.devices:
                assert service.stop(record.id).status is Status.RUNNING
            return super().launch(folder, device)

    slow = Slow()
    one = made(service, slow)
    claim(service.workspace.supervisor, os.getpid())
    record = service.submit(tiny_spec("folds=2"))
    with pytest.raises(UserError, match="disk is full"):
        one.tick()
    one.tick()
    ended = stored(service, record)
    assert {task.status for task in ended.tasks} == {Status.STOPPED}
    assert ended.finished is not None
    assert slow.workers == {}


def test_what_gets_no_worker_while_nothing_can_be_noted_was_interrupted(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made(service, Full())
    record = service.submit(tiny_spec())

    def not_back(known: ExperimentRecord, name: str, old: Status, new: Status) -> ExperimentRecord:
        return refused() if new is Status.QUEUED else tasks.moved(known, name, old, new)

    with monkeypatch.context() as patch:
        patch.setattr(supervisor, "moved", not_back)
        with pytest.raises(UserError, match="disk is full"):
            one.tick()
    assert stored(service, record).status is Status.RUNNING
    one.tick()
    assert stored(service, record).status is Status.INTERRUPTED
    assert service.resume(record.id).status is Status.QUEUED


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
    import subprocess
    import sys

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
