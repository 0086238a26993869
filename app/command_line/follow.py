"""Following an experiment from the command line until it ends."""

import sys
import time
from collections.abc import Sequence

from app.command_line.inplace import CLEAR, rewrite
from app.presentation.log_lines import event_text
from app.presentation.text import (
    STATUS_MARKS,
    epoch_text,
    progress_text,
    scores_text,
    trial_text,
)
from engine.events.reader import EventReader
from engine.events.types import Event
from engine.experiment.record import ExperimentRecord, Status
from engine.service import Service

_POLL_SECONDS = 0.1


def follow(service: Service, experiment: str) -> ExperimentRecord:
    """Tell of an experiment's progress on stderr until it ends.

    On a terminal one line is rewritten in place; elsewhere each epoch gets a line.

    Args:
        service: the workspace.
        experiment: its id.

    Returns:
        The record as it ended.
    """
    teller = _Teller()
    while True:
        record = service.record(experiment)
        live = [task for task in service.snapshot().live if task.experiment == experiment]
        teller.tell(record, [progress_text(task) for task in live])
        if record.status.is_finished:
            teller.end(record)
            return record
        service.attend()
        time.sleep(_POLL_SECONDS)


class _Teller:
    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty()
        self._told: dict[str, int] = {}
        self._trials = 0
        self._line = ""

    def tell(self, record: ExperimentRecord, lines: Sequence[str]) -> None:
        for number, task in enumerate(record.tasks):
            known = self._told.get(task.name, 0)
            epochs = len(next(iter(task.history.values()), ()))
            for epoch in range(known, epochs):
                self._say(f"{record.id} {task.name} · {epoch_text(record, number, epoch)}")
            self._told[task.name] = max(known, epochs)
            ended = [trial for trial in task.trials if trial.is_finished]
            for trial in ended[self._trials :]:
                self._say(f"{record.id} {trial_text(trial)}")
            self._trials = len(ended)
        line = f"{record.id} {record.status}" + "".join(f" · {line}" for line in lines)
        if self._in_place and line != self._line:
            self._line = line
            rewrite(line, sys.stderr)

    def end(self, record: ExperimentRecord) -> None:
        mark = STATUS_MARKS[record.status]
        self._say(f"{mark} {record.id} {record.name} {record.status}: {scores_text(record.scores)}")

    def _say(self, line: str) -> None:
        sys.stderr.write(f"{CLEAR}{line}\n" if self._in_place else f"{line}\n")
        sys.stderr.flush()


def print_log(service: Service, experiment: str, keep_on: bool) -> None:
    """Print what an experiment said: its events, and what its libraries printed.

    Args:
        service: the workspace.
        experiment: its id.
        keep_on: whether to wait for more until it ends.
    """
    sources = [
        (name, path, EventReader(events)) for name, path, events in service.log_files(experiment)
    ]
    offsets = dict.fromkeys((path for _, path, _ in sources), 0)
    has_said = False
    while True:
        # Looked at before reading, so that what comes with the end is still printed.
        record = service.record(experiment)
        for name, path, events in sources:
            # One read gives only so much of a long run.
            while block := events.read():
                has_said |= _print_events(name, block)
            if path.exists():
                with path.open(encoding="utf-8", errors="replace") as stream:
                    stream.seek(offsets[path])
                    sys.stdout.write(stream.read())
                    offsets[path] = stream.tell()
        sys.stdout.flush()
        if record.status.is_finished or not keep_on:
            if not has_said and not any(offsets.values()):
                why = "has no log" if record.status.is_finished else "has said nothing yet"
                print(f"Experiment {experiment} {why}.", file=sys.stderr)
            return
        if any(task.status is Status.QUEUED for task in record.tasks):
            # Nobody else may be there to have it begun.
            service.attend()
        time.sleep(_POLL_SECONDS)


def _print_events(task: str, events: Sequence[Event]) -> bool:
    """Print what is worth it; whether anything was."""
    told = [(event.time, line) for event in events if (line := event_text(event)) is not None]
    for at, line in told:
        when = time.strftime("%H:%M:%S", time.localtime(at))
        sys.stdout.write(f"{when} {task} {line}\n")
    return bool(told)
