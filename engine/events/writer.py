"""Appends a task's events to its file, one JSON line each."""

import json
import os
import time
from pathlib import Path
from typing import Self

from engine.events.reader import read_events
from engine.events.types import Event
from engine.files import explained

# Of seconds: what is compared with an event's time is rounded as it is.
TIME_DIGITS = 3


class EventWriter:
    """Appends events; every line is handed to the system whole, as soon as it is said.

    Sequence numbers go on from what the file already holds, so that a resumed task's events
    follow those of its earlier life.

    Args:
        path: the event file; made when missing.

    Raises:
        UserError: the disk is full or the place read-only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            size = os.fstat(self._handle).st_size
            if size and os.pread(self._handle, 1, size - 1) != b"\n":
                # A torn last line of the earlier life must not swallow the first new one. It is
                # ended before the numbers are read: it may be whole but for this very byte.
                os.write(self._handle, b"\n")
            earlier = read_events(path)
            self._next = earlier[-1].seq + 1 if earlier else 0
        self._is_torn = False

    def write(self, event: Event) -> None:
        """Append one event, numbered and timed.

        Args:
            event: what happened; its `seq` and `time` are set here.

        Raises:
            UserError: the disk is full.
        """
        fields = event.model_dump(mode="json", exclude_none=False)
        fields["seq"], fields["time"] = self._next, round(time.time(), TIME_DIGITS)
        line = json.dumps(fields, separators=(",", ":")).encode() + b"\n"
        rest = b"\n" + line if self._is_torn else line
        # A disk that fills up takes part of a line before it refuses the rest.
        self._is_torn = True
        with explained(self._path):
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        self._is_torn = False
        self._next += 1

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
