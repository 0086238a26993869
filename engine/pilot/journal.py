"""What the autopilot says of itself while it flies."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

from engine.errors import UnwritableError
from engine.experiment.spec import Stage
from engine.jobs.workspace import Workspace
from engine.pilot.flight import Entry, Flight, note_flight

# What is said last is tried again for so long where it can't be written.
_LAST_SECONDS, _RETRY_SECONDS = 600.0, 5.0

_log = logging.getLogger("autopilot")


class Replaced(Exception):
    """Another autopilot is in charge of the workspace: what there is to say is its."""


class Journal:
    """Keeps what the autopilot says where others can read it.

    A disk that is full for a moment keeps nobody from flying: what can't be written is written
    with what is said next.

    Args:
        workspace: where.
        budget: seconds the flight may take, from now on.
        is_in_charge: whether this still is the workspace's autopilot.
    """

    def __init__(
        self, workspace: Workspace, budget: float, is_in_charge: Callable[[], bool]
    ) -> None:
        self._workspace = workspace
        self._is_in_charge = is_in_charge
        self._began = time.monotonic()
        self._is_written = False
        self.flight = Flight(status="running", began=datetime.now(UTC), budget=budget)

    @property
    def used(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def note(self, stage: Stage, what: str, why: str) -> None:
        """Add an entry.

        Args:
            stage: the stage it is about.
            what: what is done.
            why: the reason, or what came of it.

        Raises:
            Replaced: another autopilot is in charge.
        """
        _log.info("%s: %s (%s)", stage, what, why)
        entry = Entry(at=datetime.now(UTC), stage=stage, what=what, why=why)
        self.change(entries=(*self.flight.entries, entry))

    def change(self, **changes: object) -> None:
        """Say something else than before; without any changes, how much time was used.

        Args:
            changes: fields of the flight.

        Raises:
            Replaced: another autopilot is in charge.
        """
        if not self._is_in_charge():
            raise Replaced
        flight = self.flight.model_copy(update={"used": round(self.used, 1)} | changes)
        if flight == self.flight and self._is_written:
            return
        self.flight = flight
        try:
            note_flight(self._workspace, flight)
            self._is_written = True
        except UnwritableError as error:
            if self._is_written:
                _log.warning("%s", error)
            self._is_written = False

    def end(self, **changes: object) -> None:
        """Say the last word, which nothing comes behind: where it can't be written, try again.

        Args:
            changes: fields of the flight.

        Raises:
            Replaced: another autopilot is in charge.
        """
        self.change(**changes)
        deadline = time.monotonic() + _LAST_SECONDS
        while not self._is_written and time.monotonic() < deadline:
            time.sleep(_RETRY_SECONDS)
            self.change()
