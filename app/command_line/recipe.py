"""The whole recipe by one command: the autopilot started, followed, stopped."""

import argparse
import sys
import time
from pathlib import Path
from shlex import quote

from app.command_line.inplace import CLEAR, rewrite
from app.command_line.opening import (
    DONE,
    INTERRUPTED,
    WORK_FAILED,
    command,
    located,
    open_cockpit,
    open_service,
)
from app.command_line.speaking import print_json, progress, tell
from app.presentation.tables import gone_without, ladder_lines, table_lines
from app.presentation.text import duration, progress_text, seconds_of
from engine.errors import UserError
from engine.pilot.flight import Flight
from engine.service import Service
from engine.setup import write_demo

_POLL_SECONDS = 0.2
# Whoever deletes `.hydra/` deletes what it says of itself, and it says it again.
_GRACE_SECONDS = 5.0
_BAR = 20
_DEMO = "hydra-demo"
DEMO_BUDGET = "4m"


def recipe(parsed: argparse.Namespace) -> int:
    """Start the autopilot, or join the one that flies, and tell what it does and why."""
    service = open_service(parsed)
    try:
        if parsed.stop:
            service.pilot.stop()
            if parsed.json:
                flight = service.pilot.flight()
                print_json({"autopilot": flight.model_dump(mode="json") if flight else None})
                return DONE
            print("The autopilot was asked to stop; what runs is saved and can be resumed.")
            return DONE
        _start(service, seconds_of(parsed.budget))
        if parsed.detach:
            return _leave(service, parsed.json)
        return _follow(service, parsed.json)
    finally:
        service.close()


def demo(parsed: argparse.Namespace) -> int:
    """Write the built-in competition; open the cockpit on it, or run the whole recipe."""
    folder = _demo_folder(parsed)
    # What writes it imports scikit-learn first.
    tell(f"Writing the built-in digits into {folder} ..")
    write_demo(folder)
    service = Service(folder)
    if not parsed.headless and sys.stdin.isatty() and sys.stdout.isatty():
        return open_cockpit(service)
    if not parsed.headless:
        tell("This is not a terminal, so the recipe runs without the cockpit.")
    try:
        tell(f"Workspace: {service.workspace.root}")
        _start(service, seconds_of(DEMO_BUDGET))
        return _follow(service, parsed.json)
    finally:
        service.close()


def _demo_folder(parsed: argparse.Namespace) -> Path:
    """Where the demo goes: DIR is its workspace, by either name."""
    if hasattr(parsed, "data"):
        raise UserError(
            "The demo writes its own data, and --data names other.",
            "`hydra-tui demo DIR`.",
            f"leave --data out; or open that data: `hydra-tui --data {quote(parsed.data)}`.",
        )
    workspace = getattr(parsed, "workspace", None)
    folder = Path(parsed.folder or workspace or _DEMO)
    if workspace is not None and Path(workspace).resolve() != folder.resolve():
        raise UserError(
            f"The demo can't be written both to {folder} and to {workspace}.",
            "one folder, which becomes its workspace.",
            f"name one: `hydra-tui demo {quote(str(folder))}`.",
        )
    return folder


def _start(service: Service, budget: float) -> None:
    """Have the autopilot walk the recipe; one that is under way keeps its own budget.

    Args:
        service: the workspace.
        budget: seconds.

    Raises:
        UserError: the data can't be used.
    """
    if service.pilot.is_flying:
        _tell_of_other(service)
        return
    # Data that can't be used is the asker's to mend, before anything is started.
    _ = service.known_summary() or service.summary(progress)
    try:
        service.pilot.start(budget)
    except UserError:
        # Somebody else has started one meanwhile: that one is joined.
        if not service.pilot.is_flying:
            raise
        _tell_of_other(service)


def _leave(service: Service, as_json: bool) -> int:
    """Say how an autopilot that goes on by itself is followed."""
    if as_json:
        flight = service.pilot.flight()
        print_json({"autopilot": flight.model_dump(mode="json") if flight else None})
    else:
        print(_goes_on(service.workspace.root))
    return DONE


def _goes_on(root: Path) -> str:
    return (
        f"The autopilot goes on by itself. Follow it: {command('recipe', root)}; "
        f"stop it: {command('recipe --stop', root)}"
    )


def _follow(service: Service, as_json: bool) -> int:
    """Tell of the autopilot until it has ended.

    Args:
        service: the workspace.
        as_json: whether stdout is kept for one JSON document.

    Returns:
        The exit status: failed where no valid submission is left though there are test images.

    Raises:
        UserError: the autopilot died at its start.
    """
    try:
        flight = _landed(service)
    except KeyboardInterrupt:
        tell(f"\n{_goes_on(service.workspace.root)}")
        return INTERRUPTED
    return _ended(service, flight, as_json)


def _tell_of_other(service: Service) -> None:
    """Say that one is joined which has a budget of its own."""
    if (flight := service.pilot.flight()) is not None:
        used, budget = duration(flight.used), duration(flight.budget)
        stop = command("recipe --stop", service.workspace.root)
        tell(
            f"An autopilot is under way: {used} of its {budget} are used. It is joined, and keeps "
            f"that budget; {stop} ends it."
        )


def _landed(service: Service) -> Flight:
    """Tell of the autopilot until it has ended."""
    teller, seen = _Teller(), time.monotonic()
    while True:
        flight = service.pilot.flight()
        if flight is not None:
            teller.tell(flight, service)
            if flight.status != "running":
                teller.end()
                return flight
        if flight is not None or service.pilot.is_flying:
            seen = time.monotonic()
        elif time.monotonic() - seen > _GRACE_SECONDS:
            raise UserError(
                "The autopilot ended without a word.",
                "a process that tells what it does.",
                f"see {service.workspace.autopilot / 'log.txt'}.",
            )
        time.sleep(_POLL_SECONDS)


def _ended(service: Service, flight: Flight, as_json: bool) -> int:
    service.known_summary()
    snapshot = service.snapshot()
    if as_json:
        print_json(
            {
                "experiments": [record.model_dump(mode="json") for record in snapshot.records],
                "gates": [rung.model_dump(mode="json") for rung in snapshot.ladder],
                "autopilot": flight.model_dump(mode="json"),
                "submission": flight.submission or None,
            }
        )
    else:
        print(*table_lines(snapshot.records), "", sep="\n")
        without = gone_without(snapshot.ladder, flight.passed)
        print(*ladder_lines(snapshot.ladder), *without, "", sep="\n")
        if flight.submission:
            print(f"Submission of experiment {flight.best}: {flight.submission}")
    if flight.problem:
        tell(located(flight.problem, service.workspace.root))
    summary = snapshot.summary
    is_owed = flight.submission or summary is None or not summary.test_images
    return DONE if flight.status != "failed" and is_owed else WORK_FAILED


class _Teller:
    """Says each step once, and on a terminal rewrites a bar below them."""

    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty()
        self._told = 0

    def tell(self, flight: Flight, service: Service) -> None:
        """Say what is new."""
        for entry in flight.entries[self._told :]:
            clock = entry.at.astimezone().strftime("%H:%M:%S")
            clear = CLEAR if self._in_place else ""
            tell(f"{clear}{clock} {entry.stage}: {entry.what} · {entry.why}")
        self._told = len(flight.entries)
        if self._in_place:
            done = min(flight.used / flight.budget, 1.0)
            bar = "█" * round(_BAR * done) + "░" * (_BAR - round(_BAR * done))
            live = [progress_text(task) for task in service.snapshot().live]
            line = f"{bar} {duration(flight.used)} of {duration(flight.budget)}"
            rewrite(" · ".join([line, *live]), sys.stderr)

    def end(self) -> None:
        """Take the bar away: what is said next is no part of it."""
        if self._in_place:
            rewrite("", sys.stderr)
