"""The detached process that runs a workspace's queue. At most one a workspace."""

import logging
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import UserError
from engine.events.reader import read_events
from engine.events.types import TaskStarted
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.search import SearchSpec
from engine.files import explained
from engine.jobs.folding import ended_task, fold_events
from engine.jobs.launchers import Launcher, LocalLauncher, devices
from engine.jobs.liveness import (
    Heartbeat,
    claim,
    claim_of,
    forget_stop,
    is_stop_requested,
    release_claim,
)
from engine.jobs.program import Program
from engine.jobs.running import Running
from engine.jobs.slots import Slots
from engine.jobs.starting import is_attended
from engine.jobs.tasks import EVENTS, TaskOrder, moved, slot_of, waiting, with_tasks
from engine.jobs.workspace import Workspace
from engine.recipe.choosing import REGULARIZED, heart_to_beat
from engine.store.notebook import Notebook

_TICK_SECONDS = 0.05
# Who starts run after run, or opens the cockpit again, finds a warm worker; who is gone gets the
# hundreds of megabytes back within two minutes of the last sign, whose age adds to this.
_IDLE_SECONDS = 90.0
# A cockpit gives one every few seconds; several may be late on a busy machine.
_PRESENCE_SECONDS = 20.0
_RETRY_SECONDS = 5.0
# The next warm worker's start must not compete with a run's first batches.
_WARM_DELAY_SECONDS = 3.0

_log = logging.getLogger("supervisor")


class Supervisor:
    """Takes queued tasks into free slots and folds finished ones into the notebook.

    Args:
        workspace: whose queue it runs.
        launcher: starts workers.
        found: the machine's devices.
    """

    def __init__(self, workspace: Workspace, launcher: Launcher, found: tuple[str, ...]) -> None:
        self._workspace = workspace
        self._notebook = Notebook(workspace)
        self._launcher = launcher
        self._slots = Slots(workspace, found)
        self._program = Program("engine.jobs.supervisor")
        self._running: list[Running] = []
        self._active_at = self._launched_at = time.monotonic()
        self._launched_at -= _WARM_DELAY_SECONDS
        self._adopted = False

    def run(self, lock: FileLock) -> None:
        """Run until nothing has happened, and nobody was there, for a minute or two.

        Args:
            lock: the supervisor's lock, held; released on the way out, at a moment at which
                no submission can slip through.
        """
        # By which another machine, or a container that is started again, can tell that it lives.
        heartbeat = Heartbeat(self._workspace.supervisor, lambda: None)
        try:
            while self._is_in_charge(lock):
                try:
                    self.tick()
                    if self._is_idle() and self._retire(lock):
                        return
                except (UserError, OSError) as error:
                    # A damaged notebook, a full disk, no memory for a process: the cockpit says
                    # so, and what workers say stays in their files.
                    _log.warning("%s", error)
                    # Then nobody can submit anything, and nobody is there.
                    if self._is_idle():
                        return
                    time.sleep(_RETRY_SECONDS)
                time.sleep(_TICK_SECONDS)
        finally:
            heartbeat.end()
            self._launcher.end()

    def _is_in_charge(self, lock: FileLock) -> bool:
        """Whether this is still the workspace's supervisor.

        `.hydra/` may be deleted at any time, and our lock with it: a second supervisor can then
        come up beside us. Whoever gets the new lock goes on; the other's workers are taken over.
        """
        if not self._workspace.root.is_dir():
            return False
        found = claim_of(self._workspace.supervisor)
        if found is not None and found.pid == os.getpid():
            return True
        lock.release()
        try:
            with explained(self._workspace.locks):
                self._workspace.locks.mkdir(parents=True, exist_ok=True)
                lock.acquire(timeout=0)
            claim(self._workspace.supervisor, os.getpid())
        except (Timeout, UserError):
            return False
        return True

    def tick(self) -> None:
        """One look at everything: ended workers, the queue, the warm workers."""
        if not self._adopted:
            self._adopt()
            self._adopted = True
        self._learn_of_gpus()
        for running in [running for running in self._running if running.has_ended()]:
            # Of one that a restored older notebook does not know there is nothing to note.
            if running.experiment in {record.id for record in self._notebook.records()}:
                self._fold(running)
            self._running.remove(running)
        self._start_queued()
        self._keep_warm()

    def _learn_of_gpus(self) -> None:
        """By the first worker that tells: the driver may list what TensorFlow can't use."""
        for running in self._running:
            if self._slots.is_unsure and (environment := running.environment()) is not None:
                self._slots.learn(environment)

    def _adopt(self) -> None:
        records = self._notebook.records()
        for record in records:
            for task in record.tasks:
                if record.status is Status.RUNNING and task.status is Status.RUNNING:
                    free = self._free_slots()
                    # The device that an earlier supervisor gave it: two would not fit on another.
                    folder = self._workspace.task(record.id, task.name)
                    given = slot_of(folder)
                    slot = given if given in free else next(iter(free), -1)
                    self._running.append(Running(record.id, task.name, slot, None, folder))
        self._slots.expect([record.environment for record in records])

    def _fold(self, running: Running) -> None:
        """Bring what an ended worker said into the notebook."""
        events = read_events(running.folder / EVENTS)
        code = running.handle.exit_code() if running.handle else None
        how = (code, is_stop_requested(running.folder))
        environment = [event.environment for event in events if isinstance(event, TaskStarted)]

        def edit(record: ExperimentRecord) -> ExperimentRecord:
            tasks = tuple(
                task if task.name != running.task else ended_task(fold_events(task, events), *how)
                for task in record.tasks
            )
            folded = with_tasks(record, tasks)
            changes: dict[str, object] = {"environment": (environment or [record.environment])[-1]}
            if folded.status.is_finished:
                changes["finished"] = datetime.now(UTC)
            return folded.model_copy(update=changes)

        record = self._notebook.change(running.experiment, edit)
        self._active_at = time.monotonic()
        _log.info("%s/%s is %s", record.id, running.task, record.status)

    def _start_queued(self) -> None:
        for slot in self._free_slots():
            if (order := self._next_order()) is not None:
                if self._program.is_replaced():
                    # What runs is taken over; a worker of ours would be half of the new one.
                    self._program.renew(self._launcher.end)
                    return
                self._start(order, slot)

    def _free_slots(self) -> list[int]:
        count = self._slots.count()
        free = sorted({*range(count)} - {running.slot for running in self._running})
        # Where there have become fewer, what runs in a slot of before counts, too.
        return free[: max(0, count - len(self._running))]

    def _next_order(self) -> TaskOrder | None:
        queue = [(record, task) for record in self._notebook.records() for task in waiting(record)]
        if not queue:
            return None
        record, task = min(queue, key=lambda pair: (pair[0].queued, pair[1].fold))
        return TaskOrder(
            experiment=record.id,
            task=task.name,
            fold=task.fold,
            spec=record.spec.base if isinstance(record.spec, SearchSpec) else record.spec,
            search=record.spec if isinstance(record.spec, SearchSpec) else None,
            parent=record.parent,
            overfit=self._overfit_beside(record),
            workspace=str(self._workspace.root),
            data=self._notebook.data() or ".",
        )

    def _overfit_beside(self, record: ExperimentRecord) -> str | None:
        """What a regularized fit is compared with when it ends, other than its parent."""
        found = heart_to_beat(self._notebook.records()) if record.stage in REGULARIZED else None
        return found.id if found is not None and found.id != record.parent else None

    def _start(self, order: TaskOrder, slot: int) -> None:
        folder = self._workspace.task(order.experiment, order.task)
        order.model_copy(update={"slot": slot, "slots": self._slots.apart()}).write(folder)
        forget_stop(folder)

        def begun(record: ExperimentRecord) -> ExperimentRecord:
            taken = moved(record, order.task, Status.QUEUED, Status.RUNNING)
            if taken is record:
                # It was taken out of the queue since we looked.
                return record
            return taken.model_copy(update={"started": record.started or datetime.now(UTC)})

        record = self._notebook.change(order.experiment, begun)
        if not any(t.name == order.task and t.status is Status.RUNNING for t in record.tasks):
            return
        since = time.time()
        try:
            handle = self._launcher.launch(folder, self._slots.device(slot))
        except Exception:
            self._put_back(order, slot)
            raise
        self._running.append(Running(order.experiment, order.task, slot, handle, folder, since))
        self._active_at = self._launched_at = time.monotonic()

    def _put_back(self, order: TaskOrder, slot: int) -> None:
        """Queue again what got no worker: it would run for ever, and could not be stopped."""
        folder = self._workspace.task(order.experiment, order.task)

        def back(record: ExperimentRecord) -> ExperimentRecord:
            # Who asked it to stop meanwhile was told that it would.
            after = Status.STOPPED if is_stop_requested(folder) else Status.QUEUED
            put = moved(record, order.task, Status.RUNNING, after)
            finished = datetime.now(UTC) if put.status.is_finished else None
            return put.model_copy(update={"finished": finished})

        try:
            self._notebook.change(order.experiment, back)
        except UserError:
            # Then, once the notebook can be written, as any whose worker is gone.
            self._running.append(Running(order.experiment, order.task, slot, None, folder))

    def _keep_warm(self) -> None:
        if time.monotonic() - self._launched_at > _WARM_DELAY_SECONDS:
            for slot in self._free_slots() or [0]:
                self._launcher.warm(self._slots.device(slot))

    def _is_idle(self) -> bool:
        now = time.monotonic()
        if self._running or is_attended(self._workspace, _PRESENCE_SECONDS):
            self._active_at = now
        return now - self._active_at > _IDLE_SECONDS

    def _retire(self, lock: FileLock) -> bool:
        """Leave, unless something was submitted meanwhile.

        Submissions write the queue under the notebook's lock and look for a supervisor after
        that. So, while we hold that lock, the queue is either seen here or its submitter
        finds our own lock released.
        """
        with self._notebook.exclusive():
            if self._next_order() is not None:
                return False
            release_claim(self._workspace.supervisor)
            lock.release()
            return True


def main() -> None:
    """Run the queue of the workspace named on the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    workspace = Workspace(Path(sys.argv[1]))
    if not workspace.root.is_dir():
        return
    lock = FileLock(workspace.locks / "supervisor.lock")
    try:
        # A supervisor that is leaving lets go of it within moments.
        lock.acquire(timeout=5)
    except Timeout:
        return
    claim(workspace.supervisor, os.getpid())
    launcher = LocalLauncher(workspace.supervisor / "workers.log")
    Supervisor(workspace, launcher, devices()).run(lock)
    # Workers live on without us, where `multiprocessing` would wait for them.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
