"""The one worker that looks at the workspace and posts what has changed."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from textual.message import Message
from textual.worker import get_current_worker

from app.faults import noted_fault
from app.messages import LogGrown, Refused, SnapshotTaken
from app.presentation.text import event_text
from engine.errors import UserError
from engine.events.reader import EventReader
from engine.service import Service
from engine.watching import Snapshot

_POLL_SECONDS = 0.2
_SWITCH_SECONDS = 0.001
_TAIL_BYTES = 16_384


class Monitor:
    """Polls the service in a thread of its own.

    Args:
        service: the workspace.
        post: posts a message to the cockpit; safe to call from a thread.
    """

    def __init__(self, service: Service, post: Callable[[Message], bool]) -> None:
        self._service = service
        self._post = post
        # Set after the first paint: processes that import TensorFlow would take its time.
        self.is_attending = False
        self._followed: str | None = None
        self._wanted: str | None = None
        self._sources: list[_Source] = []
        self._seen: Snapshot | None = None
        self._told: set[str] = set()

    def follow(self, experiment: str | None) -> None:
        """Choose whose log is read.

        Args:
            experiment: its id.
        """
        self._wanted = experiment

    def run(self) -> None:
        """Poll until the worker is cancelled."""
        worker = get_current_worker()
        # Reading thousands of records must not keep the one waiting that draws.
        sys.setswitchinterval(_SWITCH_SECONDS)
        while not worker.is_cancelled:
            try:
                self.look()
            except Exception:
                self._tell_once(noted_fault(self._service.workspace.hydra / "cockpit.log"))
            time.sleep(_POLL_SECONDS)

    def look(self) -> None:
        """Look once, and post what is new."""
        snapshot = self._service.snapshot()
        if snapshot is not self._seen:
            self._seen = snapshot
            self._post(SnapshotTaken(snapshot))
        self._read_log()
        if self.is_attending:
            self._attend()

    def _tell_once(self, fault: UserError) -> None:
        if str(fault) not in self._told:
            self._told.add(str(fault))
            self._post(Refused(fault))

    def _attend(self) -> None:
        try:
            self._service.attend()
        except UserError:
            # A read-only workspace can be looked at; who asks for a run is told why not.
            return

    def _read_log(self) -> None:
        wanted, afresh = self._wanted, False
        if wanted != self._followed:
            self._followed, afresh = wanted, True
            self._sources = self._open(wanted)
        if wanted is None:
            return
        lines = tuple(line for source in self._sources for line in source.read())
        if lines or afresh:
            self._post(LogGrown(wanted, lines, afresh))

    def _open(self, experiment: str | None) -> list["_Source"]:
        if experiment is None:
            return []
        try:
            files = self._service.log_files(experiment)
        except UserError:
            return []
        return [_Source(*file, named=len(files) > 1) for file in files]


class _Source:
    """What one task says: its events, and what its libraries print."""

    def __init__(self, name: str, log: Path, events: EventReader, named: bool) -> None:
        self._prefix = f"{name} " if named else ""
        self._log = log
        self._events = events
        self._offset: int | None = None

    def read(self) -> list[str]:
        lines = []
        for event in self._events.read():
            if (text := event_text(event)) is not None:
                when = time.strftime("%H:%M:%S", time.localtime(event.time))
                lines.append(f"{when} {self._prefix}{text}")
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
