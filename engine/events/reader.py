"""Tails a task's event file from a byte offset."""

from pathlib import Path

from pydantic import ValidationError

from engine.events.types import EVENT, Event

_CHUNK = 4 << 20


class EventReader:
    """Reads the events that were appended since the last read.

    A torn last line is left for the next read; events already seen (by sequence number) are
    passed over, so that folding them is idempotent.

    Args:
        path: the event file; it need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._last = -1

    def read(self) -> list[Event]:
        """Events appended since the last call, oldest first; at most 4 MiB of them."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._offset)
                block = stream.read(_CHUNK)
        except FileNotFoundError:
            return []
        end = block.rfind(b"\n") + 1
        self._offset += end
        events = []
        for line in block[:end].splitlines():
            try:
                event = EVENT.validate_json(line)
            except ValidationError:
                # A line torn by a crash: the worker that resumed went on below it.
                continue
            if event.seq > self._last:
                self._last = event.seq
                events.append(event)
        return events


def read_events(path: Path) -> list[Event]:
    """All events of a file, oldest first; none when it does not exist."""
    reader = EventReader(path)
    events: list[Event] = []
    while block := reader.read():
        events += block
    return events
