"""What a task says is never lost, never doubled, and always in order."""

from pathlib import Path
from typing import Any, Literal

import pytest

from engine.errors import UserError
from engine.events.reader import EventReader, read_events
from engine.events.types import (
    BatchEnded,
    EpochEnded,
    Event,
    Note,
    PhaseStarted,
    Preparing,
    TaskFailed,
    TaskFinished,
    TaskStarted,
    TaskStopped,
    TrialEnded,
    TrialEpoch,
    TrialStarted,
)
from engine.events.writer import EventWriter
from engine.experiment.record import ErrorReport, Scores, Status, TaskRecord
from engine.experiment.search import TrialState
from engine.jobs.folding import ended_task, fold_events

PLANNED = TaskRecord(name="fold0", fold=0)


def say(path: Path, *events: Event) -> None:
    with EventWriter(path) as writer:
        for event in events:
            writer.write(event)


def note(text: str) -> Note:
    return Note(text=text)


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Note)]


def epoch(number: int, loss: float) -> EpochEnded:
    return EpochEnded(epoch=number, figures={"log_loss": loss}, seconds=1.0)


def trial(name: str, status: Literal["running", "done", "failed"], **more: Any) -> TrialState:
    return TrialState(id=name, status=status, values={"head.units": 8}, **more)


def at(time: float, event: Event) -> Event:
    return event.model_copy(update={"time": time})


def test_every_kind_of_event_comes_back_as_it_was_said(tmp_path: Path) -> None:
    said: list[Event] = [
        TaskStarted(environment={"device": "CPU"}, resumed_epoch=2),
        Preparing(what="decoding", done=1, total=2),
        PhaseStarted(phase=0, train="all", epochs=3, batches=4, trainable=5, total=6),
        BatchEnded(epoch=0, batch=1, batches=4, loss=None),
        epoch(0, 0.5),
        note("ä\n"),
        TrialStarted(trial=trial("1", "running")),
        TrialEpoch(trial=trial("1", "running", epoch=1, score=0.5)),
        TrialEnded(trial=trial("1", "done", score=0.5), scores=Scores(val_log_loss=0.5)),
        TaskFinished(scores=Scores(val_log_loss=0.25), seconds=1.5),
        TaskStopped(seconds=2.0),
        TaskFailed(error=ErrorReport(happened="a", expected="b", fix="c"), seconds=3.0),
    ]
    say(tmp_path / "e", *said)
    read = read_events(tmp_path / "e")
    assert [event.seq for event in read] == list(range(len(said)))
    assert all(event.time > 1.7e9 for event in read)
    assert [e.model_copy(update={"seq": 0, "time": 0.0}) for e in read] == said


def test_numbers_go_on_in_the_next_life(tmp_path: Path) -> None:
    say(tmp_path / "e", note("a"), note("b"))
    say(tmp_path / "e", note("c"))
    assert [event.seq for event in read_events(tmp_path / "e")] == [0, 1, 2]


def test_a_torn_last_line_is_left_for_the_next_read(tmp_path: Path) -> None:
    path = tmp_path / "e"
    say(path, note("a"), note("b"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    reader = EventReader(path)
    assert texts(reader.read()) == ["a"]
    assert texts(reader.read()) == []
    path.write_bytes(whole)
    assert texts(reader.read()) == ["b"]


@pytest.mark.parametrize("torn", [10, 1])
def test_a_torn_line_swallows_nothing_of_the_next_life(tmp_path: Path, torn: int) -> None:
    """Torn in the middle, or whole but for the line's end: then its number is used up."""
    path = tmp_path / "e"
    say(path, note("a"), note("b"))
    path.write_bytes(path.read_bytes()[:-torn])
    say(path, note("c"))
    assert texts(read_events(path)) == (["a", "c"] if torn > 1 else ["a", "b", "c"])


def test_a_line_that_a_full_disk_tore_swallows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    path, write = tmp_path / "e", os.write
    room = [30, None]

    def filling_up(handle: int, data: bytes) -> int:
        if room[0] is None:
            return write(handle, data)
        if room[0] == 0:
            raise OSError(28, "No space left on device")
        taken = write(handle, data[: room[0]])
        room[0] = 0
        return taken

    with EventWriter(path) as writer:
        monkeypatch.setattr(os, "write", filling_up)
        with pytest.raises(UserError, match="disk is full"):
            writer.write(note("lost"))
        room[0] = None
        writer.write(note("kept"))
        monkeypatch.undo()
    assert texts(read_events(path)) == ["kept"]


def test_a_reader_passes_over_what_it_has_seen(tmp_path: Path) -> None:
    path = tmp_path / "e"
    say(path, note("a"))
    path.write_bytes(path.read_bytes() * 2)
    say(path, note("b"))
    assert texts(read_events(path)) == ["a", "b"]


def test_a_missing_file_has_nothing_to_say(tmp_path: Path) -> None:
    assert EventReader(tmp_path / "e").read() == []


def test_a_long_file_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.events.reader._CHUNK", 200)
    say(tmp_path / "e", *(note(str(n)) for n in range(20)))
    reader = EventReader(tmp_path / "e")
    assert 0 < len(reader.read()) < 20
    assert texts(read_events(tmp_path / "e")) == [str(n) for n in range(20)]


def test_folding_twice_changes_nothing() -> None:
    events: list[Event] = [
        TaskStarted(),
        PhaseStarted(phase=0, train="head", epochs=1, batches=1, trainable=1, total=1),
        epoch(0, 0.7),
        PhaseStarted(phase=1, train="all", epochs=1, batches=1, trainable=1, total=1),
        epoch(1, 0.6),
        TaskFinished(scores=Scores(val_log_loss=0.6), seconds=4.0),
    ]
    once = fold_events(PLANNED, events)
    assert fold_events(once, events) == once
    assert once.status is Status.DONE
    assert once.history == {"log_loss": (0.7, 0.6)}
    assert once.phase_starts == (0, 1)
    assert once.seconds == 4.0
    assert once.scores.val_log_loss == 0.6


def test_a_resumed_life_says_later_epochs_again() -> None:
    events: list[Event] = [
        TaskStarted(),
        epoch(0, 0.9),
        epoch(1, 0.8),
        epoch(2, 0.7),
        TaskStarted(resumed_epoch=1),
        epoch(1, 0.5),
    ]
    folded = fold_events(PLANNED, events)
    assert folded.status is Status.RUNNING
    assert folded.history == {"log_loss": (0.9, 0.5)}


def test_working_time_counts_every_life_however_it_ended() -> None:
    events: list[Event] = [
        at(100.0, TaskStarted()),
        at(130.0, epoch(0, 0.9)),  # killed here, without a word
        at(500.0, TaskStarted(resumed_epoch=1)),
        at(507.0, TaskStopped(seconds=7.0)),
        at(900.0, TaskStarted(resumed_epoch=1)),
        at(905.0, epoch(1, 0.5)),
    ]
    assert fold_events(PLANNED, events).seconds == 30.0 + 7.0 + 5.0


def test_an_error_is_forgotten_when_the_task_starts_again() -> None:
    failed = TaskFailed(error=ErrorReport(happened="it broke"), seconds=1.0)
    assert fold_events(PLANNED, [TaskStarted(), failed]).error == failed.error
    assert fold_events(PLANNED, [TaskStarted(), failed, TaskStarted()]).error is None


@pytest.mark.parametrize(
    ("code", "how"),
    [(None, "no last word"), (0, "no last word"), (1, "exit status 1"), (-9, "signal 9")],
)
def test_a_task_without_a_last_word_was_interrupted(code: int | None, how: str) -> None:
    ended = ended_task(fold_events(PLANNED, [TaskStarted()]), code)
    assert ended.status is Status.INTERRUPTED
    assert ended.error is not None
    assert how in ended.error.happened
    assert ("short of memory" in ended.error.happened) is (code == -9)
    assert "resume it" in ended.error.fix


def test_a_task_that_said_how_it_ended_is_left_as_it_is() -> None:
    done = fold_events(PLANNED, [TaskStarted(), TaskFinished(scores=Scores(), seconds=1.0)])
    assert ended_task(done, 1) is done


def test_trials_are_known_by_their_last_word_and_one_cut_short_waits_to_be_run_again() -> None:
    begun: list[Event] = [
        TaskStarted(),
        TrialStarted(trial=trial("1", "running")),
        TrialEnded(trial=trial("1", "done", score=0.5), scores=Scores(val_log_loss=0.5)),
        TrialStarted(trial=trial("2", "running")),
        TrialEpoch(trial=trial("2", "running", epoch=3, score=0.6)),
    ]
    running = fold_events(PLANNED, begun)
    assert [(one.id, one.status, one.epoch) for one in running.trials] == [
        ("1", "done", 0),
        ("2", "running", 3),
    ]
    # No curve: those of one trial would run into the next one's.
    assert running.history == {}
    assert ended_task(running, -9).trials[1].status == "stopped"
    stopped = fold_events(PLANNED, [*begun, TaskStopped(seconds=1.0)])
    assert [one.status for one in stopped.trials] == ["done", "stopped"]
    resumed = [*begun, TaskStarted(), TrialStarted(trial=trial("2", "running"))]
    assert [one.status for one in fold_events(PLANNED, resumed[:-1]).trials] == ["done", "stopped"]
    again = fold_events(PLANNED, resumed)
    assert [(one.status, one.epoch) for one in again.trials] == [("done", 0), ("running", 0)]
    assert fold_events(again, resumed) == again


def test_the_pace_of_frozen_layers_is_read_off_their_progress() -> None:
    looked = "computing training images through efficientnet_lite0"
    events = [
        at(0, TaskStarted()),
        at(2, Preparing(what="decoding images at 224 px", done=1, total=1000)),
        at(10, Preparing(what=looked, done=16, total=1000)),
        at(13, Preparing(what=looked, done=616, total=1000)),
    ]
    assert fold_events(PLANNED, events).images_per_second == pytest.approx(200.0)
    assert fold_events(PLANNED, events[:3]).images_per_second is None
