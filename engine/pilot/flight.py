"""What an autopilot says of itself, as it lies in the workspace; light, for whoever watches."""

import subprocess
import sys
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from engine.errors import UserError
from engine.experiment.frozen import Frozen
from engine.experiment.spec import Stage
from engine.files import explained, write_atomically
from engine.jobs.liveness import (
    claim,
    forget_stop,
    is_alive,
    is_claimed,
    is_stop_requested,
    request_stop,
)
from engine.jobs.workspace import Workspace

_FLIGHT = "flight.json"


class Entry(Frozen):
    """One step that was taken."""

    at: datetime
    stage: Stage
    what: str
    why: str


class Flight(Frozen):
    """One walk through the recipe, so far."""

    status: Literal["running", "done", "stopped", "failed"]
    began: datetime
    budget: Annotated[float, Field(description="Seconds it was given.")]
    used: Annotated[float, Field(description="Seconds it has taken.")] = 0.0
    entries: tuple[Entry, ...] = ()
    passed: Annotated[
        tuple[Stage, ...], Field(description="Stages it went on from, though their gates are shut.")
    ] = ()
    submission: Annotated[str, Field(description="The best CSV so far; empty before it.")] = ""
    best: Annotated[str, Field(description="The experiment it is of.")] = ""
    problem: Annotated[str, Field(description="Why it failed, or why there is no CSV.")] = ""
    is_ending: Annotated[bool, Field(description="It runs, but was asked to end.")] = False


def flight_of(workspace: Workspace) -> Flight | None:
    """The autopilot's last word on itself; None when none has ever run here.

    Args:
        workspace: which.
    """
    with suppress(OSError, ValidationError):
        path = workspace.autopilot / _FLIGHT
        flight = Flight.model_validate_json(path.read_text(encoding="utf-8"))
        # Without any claim `.hydra/` is just being deleted: whoever flies lays claim anew.
        is_dead = is_claimed(workspace.autopilot) and not is_alive(workspace.autopilot)
        if flight.status == "running" and is_dead:
            return flight.model_copy(
                update={
                    "status": "failed",
                    "problem": "its process is gone: see its log; then start it again",
                }
            )
        if flight.status == "running" and is_stop_requested(workspace.autopilot):
            return flight.model_copy(update={"is_ending": True})
        return flight
    return None


def note_flight(workspace: Workspace, flight: Flight) -> None:
    """Keep what an autopilot says of itself.

    Args:
        workspace: which.
        flight: what it says.

    Raises:
        UserError: the disk is full or the workspace read-only.
    """
    write_atomically(workspace.autopilot / _FLIGHT, flight.model_dump_json(indent=1))


class Pilot:
    """Starts and stops a workspace's autopilot.

    Args:
        workspace: which.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def flight(self) -> Flight | None:
        """What the autopilot says of itself; None when none has ever run here."""
        return flight_of(self._workspace)

    @property
    def is_flying(self) -> bool:
        """Whether an autopilot is under way."""
        return is_alive(self._workspace.autopilot)

    def start(self, budget: float) -> None:
        """Start a process that walks the recipe; it lives on without whoever started it.

        Args:
            budget: seconds it may take.

        Raises:
            UserError: one is under way already, or the workspace is read-only.
        """
        # Here, since who only looks needs no lock.
        from engine.pilot.charge import one_at_a_time

        with one_at_a_time(self._workspace):
            if self.is_flying:
                raise UserError(
                    "The autopilot is under way in this workspace already.",
                    "one at a time.",
                    "stop it first: `hydra-tui recipe --stop`, or A in the cockpit.",
                )
            self._launch(budget)

    def _launch(self, budget: float) -> None:
        place = self._workspace.autopilot
        log = place / "log.txt"
        with explained(log):
            log.parent.mkdir(parents=True, exist_ok=True)
            forget_stop(place)
            # What an earlier one said is not this one's.
            (place / _FLIGHT).unlink(missing_ok=True)
            with log.open("a", encoding="utf-8") as stream:
                process = subprocess.Popen(  # noqa: S603 (our own module)
                    [sys.executable, "-P", "-m", "engine.pilot.process",
                     str(self._workspace.root), str(budget)],
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                    start_new_session=True,
                )  # fmt: skip
        # At once: its own imports take a moment, in which a second one could be started.
        claim(place, process.pid)

    def stop(self) -> None:
        """Ask the autopilot to stop what runs, which is saved, and to end.

        Raises:
            UserError: none is under way.
        """
        if not self.is_flying:
            raise UserError(
                "No autopilot is under way in this workspace.",
                "one that runs.",
                "start it: `hydra-tui recipe --budget 20m`.",
            )
        request_stop(self._workspace.autopilot)
