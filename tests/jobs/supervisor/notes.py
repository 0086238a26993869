"""Workers that are only noted, and what a test has them tell."""

from pathlib import Path

from engine.events.types import TaskFinished, TaskStarted
from engine.events.writer import EventWriter
from engine.experiment.record import ExperimentRecord, Scores
from engine.jobs.launchers import Handle
from engine.jobs.supervisor import Supervisor
from engine.jobs.tasks import EVENTS
from engine.service import Service


class Note:
    """A worker that does what the test says."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.killed = False

    def exit_code(self) -> int | None:
        return self.code

    def kill(self) -> None:
        self.killed = True


class Notes:
    """A launcher that only notes what it is asked."""

    def __init__(self) -> None:
        self.workers: dict[str, Note] = {}
        self.devices: list[str] = []
        self.warmed: set[str] = set()
        self.ended = False

    def launch(self, folder: Path, device: str) -> Handle:
        self.workers[folder.parent.name] = made = Note()
        self.devices.append(device)
        return made

    def warm(self, device: str) -> None:
        self.warmed.add(device)

    def end(self) -> None:
        self.ended = True


def made(service: Service, notes: Notes, *slots: str) -> Supervisor:
    return Supervisor(service.workspace, notes, slots or ("cpu",))


def stored(service: Service, record: ExperimentRecord) -> ExperimentRecord:
    return service._notebook.record(record.id)


def tell_device(service: Service, record: ExperimentRecord, device: str) -> None:
    with EventWriter(service.workspace.task(record.id, "fold0") / EVENTS) as events:
        events.write(TaskStarted(environment={"device": device}))


def finish(
    service: Service, record: ExperimentRecord, task: str = "fold0", device: str = "made up"
) -> None:
    with EventWriter(service.workspace.task(record.id, task) / EVENTS) as events:
        events.write(TaskStarted(environment={"device": device}))
        events.write(
            TaskFinished(
                scores=Scores(train_log_loss=0.25, val_log_loss=0.5, val_rows=8), seconds=2.0
            )
        )
