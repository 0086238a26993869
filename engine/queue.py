"""What a person does to the queue: submit, stop, resume."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.search import SearchSpec
from engine.experiment.spec import ExperimentSpec
from engine.experiment.weights_file import check_weights
from engine.jobs.liveness import end_worker, request_stop
from engine.jobs.starting import ensure_supervisor
from engine.jobs.tasks import plan_tasks, with_tasks
from engine.jobs.workspace import Workspace
from engine.recipe.proposals import Proposal
from engine.store.notebook import Notebook
from engine.watching import Watcher


def submit(
    workspace: Workspace,
    notebook: Notebook,
    spec: ExperimentSpec | SearchSpec,
    parent: str | None,
    group: str | None = None,
) -> ExperimentRecord:
    """Queue an experiment.

    Args:
        workspace: where it is to run.
        notebook: the workspace's notebook.
        spec: what to run.
        parent: the experiment it was made from.
        group: the sweep or ablation it belongs to.

    Returns:
        The new record.

    Raises:
        UserError: the workspace is read-only, its disk full, its notebook damaged, or the weights
            that the spec names are not there.
    """
    check_weights(spec.base if isinstance(spec, SearchSpec) else spec)
    if notebook.data() is None:
        notebook.note_data(".")
    now = datetime.now(UTC)

    def make(identifier: str) -> ExperimentRecord:
        return ExperimentRecord(
            id=identifier,
            name=name_of(spec),
            stage=spec.stage,
            spec=spec,
            parent=parent,
            group=group,
            created=now,
            queued=now,
            tasks=plan_tasks(spec),
        )

    record = notebook.add(make)
    ensure_supervisor(workspace)
    return record


def submit_all(
    workspace: Workspace,
    notebook: Notebook,
    proposals: Sequence[Proposal],
    what: str,
    least: int = 2,
) -> tuple[ExperimentRecord, ...]:
    """Queue several experiments, as a group when there are enough for one.

    Args:
        workspace: where they are to run.
        notebook: the workspace's notebook.
        proposals: specs, each with the experiment it was made from.
        what: names the group, with the id of its first experiment.
        least: how many are called a group.

    Returns:
        The new records.

    Raises:
        UserError: as `submit`.
    """
    group: str | None = None
    records = []
    for spec, parent in proposals:
        record = submit(workspace, notebook, spec, parent, group)
        if group is None and len(proposals) >= least:
            group = f"{what} {record.id}"
            record = notebook.change(record.id, partial(_grouped, group=group))
        records.append(record)
    return tuple(records)


def _grouped(record: ExperimentRecord, group: str) -> ExperimentRecord:
    return record.model_copy(update={"group": group})


def stop(
    workspace: Workspace, notebook: Notebook, experiment: str, now: bool = False
) -> ExperimentRecord:
    """Take what is queued out of the queue; ask what runs to save and end.

    Args:
        workspace: where it runs.
        notebook: the workspace's notebook.
        experiment: its id.
        now: whether to end the processes of what runs, which may not hear what they are asked;
            what they saved last stays.

    Raises:
        UserError: there is no such experiment, or it has ended already.
    """

    def edit(record: ExperimentRecord) -> ExperimentRecord:
        status = Watcher(workspace).follow(record).status
        if status.is_finished:
            raise UserError(
                f"Experiment {record.id} {status.verb} already.",
                "one that is queued or running.",
                "see `hydra-tui ls`.",
            )
        tasks = tuple(
            task.model_copy(update={"status": Status.STOPPED})
            if task.status is Status.QUEUED
            else task
            for task in record.tasks
        )
        # While nobody else changes the notebook: a start that fails just now finds it.
        for task in tasks:
            if task.status is Status.RUNNING:
                request_stop(workspace.task(record.id, task.name))
                if now:
                    end_worker(workspace.task(record.id, task.name))
        changed = with_tasks(record, tasks)
        finished = datetime.now(UTC) if changed.status.is_finished else None
        return changed.model_copy(update={"finished": finished})

    return notebook.change(experiment, edit)


def resume(workspace: Workspace, notebook: Notebook, experiment: str) -> ExperimentRecord:
    """Queue what was stopped, interrupted or failed; it goes on from its checkpoint.

    Raises:
        UserError: there is no such experiment, or nothing of it is left to do.
    """

    def edit(stored: ExperimentRecord) -> ExperimentRecord:
        record = Watcher(workspace).follow(stored)
        if not record.status.is_resumable:
            raise UserError(
                f"Experiment {record.id} {record.status.verb}.",
                "one that was stopped, interrupted or failed.",
                f"to run it anew: `hydra-tui rerun {record.id}`.",
            )
        tasks = tuple(
            task.model_copy(update={"status": Status.QUEUED, "error": None})
            if task.status.is_resumable
            else task
            for task in record.tasks
        )
        changes = {"queued": datetime.now(UTC), "finished": None}
        return with_tasks(record, tasks).model_copy(update=changes)

    record = notebook.change(experiment, edit)
    ensure_supervisor(workspace)
    return record


def name_of(spec: ExperimentSpec | EnsembleSpec | SearchSpec) -> str:
    """A name that tells experiments apart at a glance: stage, backbone, size."""
    if isinstance(spec, EnsembleSpec):
        of = spec.in_brief if len(spec.members) > 1 else f"of {spec.members[0]} alone"
        return f"ensemble {of}"
    if isinstance(spec, SearchSpec):
        return f"search {spec.strategy} {spec.base.backbone} {spec.base.image_size}px"
    kind = " range test" if spec.kind == "range_test" else ""
    return f"{spec.stage}{kind} {spec.backbone} {spec.image_size}px"
