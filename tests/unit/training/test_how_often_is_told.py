"""What a fit tells of its progress: often enough to watch, not more than is ever read."""

from pathlib import Path

import pytest

from engine.events.types import BatchEnded, Event, Preparing
from engine.jobs.workspace import Workspace
from engine.training import reporter
from tests.support import tiny_spec
from tests.unit.training.fitting import Told, fit


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(reporter, "_MOST_SECONDS", 1.0)
    monkeypatch.setattr(reporter, "time", clock)
    return clock


def told(clock: Clock, seconds: float, epochs: int, batches: int = 2000) -> list[int]:
    """How many words on batches there are in each of some epochs of so many seconds."""
    said: list[Event] = []
    watcher = reporter.Reporter(said.append, batches)

    class Model:
        class optimizer:
            learning_rate = 0.1

    watcher.set_model(Model())
    for epoch in range(epochs):
        watcher.on_epoch_begin(epoch)
        for batch in range(batches):
            clock.now += seconds / batches
            watcher.on_train_batch_end(batch, {"loss": 0.5})
        watcher.on_epoch_end(epoch, {"loss": 0.5})
    return [
        sum(isinstance(one, BatchEnded) and one.epoch == epoch for one in said)
        for epoch in range(epochs)
    ]


@pytest.mark.parametrize(
    ("seconds", "least", "most"),
    [(4, 35, 40), (30, 50, 60), (360, 300, 360)],
)
def test_an_epoch_is_told_of_many_times_however_long_it_is(
    clock: Clock, seconds: float, least: int, most: int
) -> None:
    assert least <= told(clock, seconds, 3)[-1] <= most


def test_eight_hours_write_a_few_megabytes(clock: Clock) -> None:
    events = sum(told(clock, 120, 3)) / 3 * (8 * 3600 / 120)
    assert events * 130 < 5e6


def test_preparing_for_minutes_is_told_of_once_a_second(clock: Clock) -> None:
    said: list[Event] = []
    step = reporter.progress(said.append, "decoding", lambda: None)
    for done in range(1, 6001):
        clock.now += 0.05
        step(done, 6000)
    assert all(isinstance(one, Preparing) for one in said)
    assert said[-1].done == said[-1].total == 6000  # type: ignore[union-attr] # asserted above
    assert len(said) < 450


@pytest.mark.slow
def test_validating_is_told_between_the_last_batch_and_the_end_of_the_epoch(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporter, "_MOST_SECONDS", 0.0)
    said = Told()
    fit(place, tiny_spec("phases.0.epochs=2"), tmp_path / "fit", said)
    kinds = [
        event.what.split()[0] if isinstance(event, Preparing) else event.kind
        for event in said.events
    ]
    first, last = kinds.index("epoch"), len(kinds) - 1 - kinds[::-1].index("epoch")
    assert kinds[first - 1] == kinds[last - 1] == "validating"
    assert kinds[first + 1] == "batch"
    ends = [event for event in said.events if isinstance(event, Preparing)]
    assert all(one.done <= one.total for one in ends)
    validated = [one for one in ends if one.what == "validating"]
    assert validated[0].done == 0
    assert validated[-1].done == validated[-1].total > 0
    assert kinds.index("building") < kinds.index("phase")
