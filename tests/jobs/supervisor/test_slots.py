"""Which device a task is given, and how many run at once."""

import os
import re
import time

import pytest

from engine.jobs import supervisor, tasks
from engine.jobs.liveness import claim
from engine.jobs.tasks import EVENTS
from engine.service import Service
from tests.jobs.supervisor.notes import Notes, finish, made, tell_device
from tests.support import tiny_spec


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


def test_as_many_at_once_as_there_are_slots(service: Service, notes: Notes) -> None:
    two = made(service, notes, "0", "1")
    first, *_ = [service.submit(tiny_spec()) for _ in range(3)]
    two.tick()
    tell_device(service, first, "Tesla T4")
    two.tick()
    assert list(notes.workers) == ["1", "2"]
    assert notes.devices == ["0", "1"]


def test_who_tells_within_the_millisecond_of_its_launch_is_heard(
    service: Service, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = made(service, notes, "0", "1")
    first, _ = [service.submit(tiny_spec()) for _ in range(2)]
    # An event's time is told in milliseconds, and may be rounded to before the launch.
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0004)
    two.tick()
    tell_device(service, first, "Tesla T4")
    two.tick()
    assert list(notes.workers) == ["1", "2"]


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
