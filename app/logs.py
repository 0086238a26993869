"""The end of a task's log, and what comes behind it."""

import time
from pathlib import Path

from app.presentation.log_lines import event_text
from engine.events.reader import EventReader

_TAIL_BYTES = 16_384


class Log:
    """What one task says: its events, and what its libraries print.

    Args:
        name: the task's name, which begins each of its lines; empty where it is the only one.
        printed: the file of what is printed.
        events: the file of its events.
    """

    def __init__(self, name: str, printed: Path, events: Path) -> None:
        self._prefix = f"{name} " if name else ""
        self._log = printed
        self._events = EventReader(events)
        self._offset: int | None = None

    def read(self) -> list[str]:
        """The lines that are new since the last call."""
        lines = []
        for event in self._events.read():
            if (text := event_text(event)) is not None:
                when = time.strftime("%H:%M:%S", time.localtime(event.time))
                lines += f"{when} {self._prefix}{text}".splitlines()
        return lines + self._printed()

    def _printed(self) -> list[str]:
        try:
            with self._log.open("rb") as stream:
                size = stream.seek(0, 2)
                if self._offset is None:
                    self._offset = max(0, size - _TAIL_BYTES)
                if size <= self._offset:
                    return []
                stream.seek(self._offset)
                block = stream.read()
        except FileNotFoundError:
            return []
        end = block.rfind(b"\n") + 1
        self._offset += end
        return block[:end].decode("utf-8", "replace").splitlines()
