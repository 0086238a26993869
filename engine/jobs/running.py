"""A task that has a worker, as its supervisor sees it."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from engine.events.reader import EventReader
from engine.events.types import TaskStarted
from engine.events.writer import TIME_DIGITS
from engine.jobs.launchers import Handle
from engine.jobs.liveness import end_worker, is_alive, last_beat
from engine.jobs.tasks import EVENTS, ORDER

_STALE_SECONDS = 180.0


@dataclass
class Running:
    """A task in a slot.

    Args:
        experiment: the experiment's id.
        task: the task's name.
        slot: which of the slots it has.
        handle: its process; None of one taken over from an earlier supervisor.
        folder: the task's.
        since: when it was launched, by this machine's clock; None of one taken over.
    """

    experiment: str
    task: str
    slot: int
    handle: Handle | None
    folder: Path
    since: float | None = None
    _beat: int = 0
    _beat_seen: float = field(default_factory=time.monotonic)
    _events: EventReader = field(init=False)

    def __post_init__(self) -> None:
        self._events = EventReader(self.folder / EVENTS)

    def has_ended(self) -> bool:
        """Whether its worker is gone; one whose heart has stopped is ended."""
        if self.handle is not None:
            ended = self.handle.exit_code() is not None
        else:
            ended = not is_alive(self.folder)
        return ended or self._is_stale()

    def environment(self) -> dict[str, str] | None:
        """Where it computes, once, when its worker has told."""
        told = [event for event in self._events.read() if isinstance(event, TaskStarted)]
        # Earlier lives of the task computed where they did.
        # A disk of another machine may have another clock: what was launched here goes by ours.
        since = (self.folder / ORDER).stat().st_mtime if self.since is None else self.since
        is_told = bool(told) and told[-1].time >= round(since, TIME_DIGITS)
        return told[-1].environment if is_told else None

    def _is_stale(self) -> bool:
        """A heart that has not been seen to beat, by a clock that sleeps when the machine does."""
        beat = last_beat(self.folder)
        now = time.monotonic()
        if beat != self._beat:
            self._beat, self._beat_seen = beat, now
        if now - self._beat_seen < _STALE_SECONDS:
            return False
        if self.handle is not None:
            self.handle.kill()
        else:
            # One that was taken over: a task that is resumed must not have two workers.
            end_worker(self.folder)
        return True
