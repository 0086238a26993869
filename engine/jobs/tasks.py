"""An experiment becomes tasks: one fit each, each in a folder of its own."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field

from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.frozen import Frozen
from engine.experiment.means import mean_scores
from engine.experiment.record import ExperimentRecord, Status, TaskRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import ExperimentSpec
from engine.files import write_atomically
from engine.jobs.workspace import Workspace

ORDER = "task.json"
EVENTS = "events.jsonl"
LOG = "log.txt"
PREDICTIONS = "predictions.npz"
WEIGHTS = "model.weights.h5"
SEARCH = "search"


class TaskOrder(Frozen):
    """All a worker needs to know, as it lies in its task's folder."""

    experiment: str
    task: str
    fold: int
    spec: Annotated[ExperimentSpec, Field(description="What is fitted; a search's base.")]
    search: Annotated[SearchSpec | None, Field(description="What a search varies of it.")] = None
    parent: str | None
    overfit: Annotated[
        str | None, Field(description="What the gate of regularize holds it against.")
    ] = None
    workspace: str
    data: str
    slot: Annotated[int, Field(description="Which of the devices it was given.")] = 0
    slots: Annotated[
        int, Field(description="How many run side by side, each on a GPU of its own.")
    ] = 1

    def write(self, folder: Path) -> None:
        """Put the order into its task's folder.

        Raises:
            UserError: the disk is full or the folder read-only.
        """
        write_atomically(folder / ORDER, self.model_dump_json(indent=1))

    @classmethod
    def read(cls, folder: Path) -> "TaskOrder":
        """The order in a task's folder."""
        return cls.model_validate_json((folder / ORDER).read_text(encoding="utf-8"))


def has_predictions(workspace: Workspace, record: ExperimentRecord) -> bool:
    """Whether what an experiment predicted still lies on disk; a clone has the notebook alone.

    Args:
        workspace: where the runs lie.
        record: the experiment.
    """
    done = [task.name for task in record.tasks if task.status is Status.DONE]
    return all((workspace.task(record.id, name) / PREDICTIONS).is_file() for name in done)


def slot_of(folder: Path) -> int | None:
    """Which of the devices a task was given; None where its order can't be read."""
    try:
        return TaskOrder.read(folder).slot
    except (OSError, ValueError):
        return None


def waiting(record: ExperimentRecord) -> tuple[TaskRecord, ...]:
    """The tasks of an experiment that wait for a worker; blends never do: they are made at once."""
    if record.status.is_finished or isinstance(record.spec, EnsembleSpec):
        return ()
    return tuple(task for task in record.tasks if task.status is Status.QUEUED)


def plan_tasks(spec: ExperimentSpec | SearchSpec) -> tuple[TaskRecord, ...]:
    """One task for every fold that the spec asks for; one for a whole search."""
    if isinstance(spec, SearchSpec):
        return (TaskRecord(name=SEARCH, fold=0),)
    return tuple(TaskRecord(name=f"fold{fold}", fold=fold) for fold in range(spec.folds))


def status_of(tasks: Iterable[TaskRecord]) -> Status:
    """An experiment's status, by those of its tasks."""
    statuses = [task.status for task in tasks]
    if Status.RUNNING in statuses:
        return Status.RUNNING
    for status in (Status.FAILED, Status.INTERRUPTED, Status.STOPPED):
        if status in statuses:
            return status
    if all(status is Status.DONE for status in statuses):
        return Status.DONE
    # Between two folds the experiment goes on, although no worker has it just now.
    return Status.RUNNING if Status.DONE in statuses else Status.QUEUED


def with_tasks(record: ExperimentRecord, tasks: tuple[TaskRecord, ...]) -> ExperimentRecord:
    """A record with new tasks, and all that follows from them."""
    errors = [task.error for task in tasks if task.error is not None]
    return record.model_copy(
        update={
            "tasks": tasks,
            "status": status_of(tasks),
            "scores": mean_scores(tasks),
            "seconds": round(sum(task.seconds for task in tasks), 3),
            "error": errors[0] if errors else None,
        }
    )


def moved(record: ExperimentRecord, name: str, before: Status, after: Status) -> ExperimentRecord:
    """A record one of whose tasks has gone from one status to another.

    Args:
        record: the record.
        name: the task's name.
        before: the task's status; of another one the record comes back as it is.
        after: what it becomes.
    """
    tasks = tuple(
        task.model_copy(update={"status": after})
        if task.name == name and task.status is before
        else task
        for task in record.tasks
    )
    return record if tasks == record.tasks else with_tasks(record, tasks)
