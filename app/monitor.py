"""The one worker that looks at the workspace and posts what has changed."""

import sys
import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message
from textual.worker import get_current_worker

from app.faults import noted_fault
from app.messages import LogGrown, ProgramReplaced, Refused, SnapshotTaken
from engine.errors import UserError
from engine.jobs.program import ENGINE, Program
from engine.service import Service
from engine.watching import Snapshot

if TYPE_CHECKING:
    from app.logs import Log

_APP = Path(__file__).parent
_POLL_SECONDS = 0.2
_SWITCH_SECONDS = 0.001
_PROGRAM_SECONDS = 5.0


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
        self._wanted: str | None = None
        self._is_other = False
        self._sources: list[Log] = []
        self._seen: Snapshot | None = None
        self._told: set[str] = set()
        self._is_over = False
        # Which program this is; None before the first paint, and once it is told to be another.
        self._program: Program | None = None
        self._program_at = -inf

    def follow(self, experiment: str | None) -> None:
        """Choose whose log is read.

        Args:
            experiment: its id.
        """
        if experiment != self._wanted:
            self._wanted, self._is_other = experiment, True

    def end(self) -> None:
        """Poll no more, nor begin to: who leaves at once is gone before the first look."""
        self._is_over = True

    def run(self) -> None:
        """Poll until the worker is cancelled, or the cockpit ends."""
        worker = get_current_worker()
        # Reading thousands of records must not keep the one waiting that draws.
        sys.setswitchinterval(_SWITCH_SECONDS)
        while not (worker.is_cancelled or self._is_over):
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
            self._look_at_program()

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

    def _look_at_program(self) -> None:
        """Tell once that it was replaced: screens that are opened from then on may not fit."""
        now = time.monotonic()
        if now - self._program_at < _PROGRAM_SECONDS:
            return
        if self._program_at == -inf:
            # Here, since it takes a moment.
            self._program = Program("app", _APP, ENGINE)
        elif self._program is not None and self._program.is_replaced():
            self._program = None
            self._post(ProgramReplaced())
        self._program_at = now

    def _read_log(self) -> None:
        # Also who comes back at once has the log anew: what was posted meanwhile was not shown.
        afresh, self._is_other = self._is_other, False
        wanted = self._wanted
        if afresh:
            self._sources = self._open(wanted)
        if wanted is None:
            return
        lines = tuple(line for source in self._sources for line in source.read())
        if lines or afresh:
            self._post(LogGrown(wanted, lines, afresh))

    def _open(self, experiment: str | None) -> list["Log"]:
        if experiment is None:
            return []
        try:
            files = self._service.log_files(experiment)
        except UserError:
            return []
        # Here, since no log is followed before the first paint.
        from app.logs import Log

        return [
            Log(name if len(files) > 1 else "", printed, events) for name, printed, events in files
        ]
