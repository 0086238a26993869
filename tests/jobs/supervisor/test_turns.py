"""Which task comes next, and what becomes of one that gets no worker."""

import os
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import ExperimentSpec
from engine.jobs import supervisor, tasks
from engine.jobs.launchers import Handle
from engine.jobs.liveness import claim, request_stop
from engine.jobs.supervisor import Supervisor
from engine.jobs.tasks import TaskOrder
from engine.service import Service
from tests.jobs.supervisor.notes import Notes, finish, made, stored
from tests.support import refused, tiny_spec


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


def test_a_regularized_fit_is_told_what_its_gate_holds_it_against(
    service: Service, notes: Notes, one: Supervisor
) -> None:
    """From whatever it was made: the run that learnt by heart, where that is not the parent."""

    def ordered(spec: ExperimentSpec, parent: str | None = None) -> TaskOrder:
        record = service.submit(spec, parent)
        one.tick()
        finish(service, record)
        notes.workers[record.id].code = 0
        one.tick()
        return TaskOrder.read(service.workspace.task(record.id, "fold0"))

    heart = tiny_spec("stage=overfit")
    assert ordered(heart).overfit is None
    held_back = tiny_spec("stage=regularize", "head.dropout=0.2")
    assert ordered(held_back, "1").overfit is None, "its parent is compared with anyway"
    again = held_back.model_copy(update={"seed": 1})
    assert ordered(again, "2").overfit == "1"
    assert ordered(heart.model_copy(update={"seed": 1}), "1").overfit is None


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
