"""What is read of an event file is read once: by one thread, and not at every look."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event as Signal

import pytest

from engine.events.reader import EventReader
from engine.events.types import Event
from engine.experiment.record import Status
from engine.jobs.liveness import release_claim
from engine.jobs.workspace import Workspace
from engine.watching import Watcher
from tests.functional.staging import fill, record, start_running


def test_no_thread_reads_events_while_another_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, [record(1, status=Status.RUNNING)])
    start_running(tmp_path, "1", epochs=3)
    reading, second, go_on, read = Signal(), Signal(), Signal(), EventReader.read

    def slow(reader: EventReader) -> list[Event]:
        if reading.is_set():
            second.set()
        reading.set()
        go_on.wait(10)
        return read(reader)

    monkeypatch.setattr(EventReader, "read", slow)
    watcher = Watcher(Workspace(tmp_path))
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(watcher.look, None)
        assert reading.wait(10)
        other = threads.submit(watcher.look, None)
        has_read_too = second.wait(0.3)
        go_on.set()
    assert not has_read_too
    assert len(first.result().records[0].tasks[0].epoch_seconds) == 3
    assert other.result().records == first.result().records


def test_what_a_dead_worker_said_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, [record(1, status=Status.RUNNING)])
    start_running(tmp_path, "1", epochs=3)
    release_claim(Workspace(tmp_path).task("1", "fold0"))
    watcher, read, given = Watcher(Workspace(tmp_path)), EventReader.read, []

    def counted(reader: EventReader) -> list[Event]:
        events = read(reader)
        given.extend(events)
        return events

    monkeypatch.setattr(EventReader, "read", counted)
    first = watcher.look(None)
    assert first.records[0].status is Status.INTERRUPTED
    said = len(given)
    assert watcher.look(None) is first
    assert len(given) == said
