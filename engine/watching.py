"""Looking at running tasks: event files in, frozen snapshots out."""

from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from engine.competition.findings import CompetitionSummary
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord, Scores, Status
from engine.experiment.spec import Stage
from engine.jobs.tasks import has_predictions, with_tasks
from engine.jobs.workspace import Workspace
from engine.pilot.flight import Flight, flight_of
from engine.progress import LiveTask, together
from engine.recipe.advice import next_moves
from engine.recipe.moves import Move
from engine.recipe.stages import Rung, climb
from engine.store.notebook import Notebook

if TYPE_CHECKING:
    from engine.following import TaskWatch


AT_A_GLANCE = 500


@dataclass(frozen=True)
class Snapshot:
    """All a screen shows, at one moment; equal while nothing has changed.

    Args:
        records: the experiments, oldest first; running ones with their curves so far.
        live: the running tasks.
        ladder: the recipe's stages.
        summary: what was recognised of the data; None while nobody has looked.
        problem: why the notebook can't be read, or its workspace not written.
        passed: the stages whose shut gates a person has passed.
        moves: what to do next, the best first.
        flight: what the autopilot says of itself; None when none has ever run here.
        left_out: ids of the labelled images that new specs do not train on.
        unread: how many older experiments a glance has left out.
        deleted: what was deleted and can be put back; at a glance nobody looks.
    """

    records: tuple[ExperimentRecord, ...] = ()
    live: tuple[LiveTask, ...] = ()
    ladder: tuple[Rung, ...] = climb(None, ())
    summary: CompetitionSummary | None = None
    problem: UserError | None = None
    passed: frozenset[str] = frozenset()
    moves: tuple[Move, ...] = ()
    flight: Flight | None = None
    left_out: tuple[str, ...] = ()
    unread: int = 0
    deleted: tuple[ExperimentRecord, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, ExperimentRecord]:
        """The experiments by their ids."""
        return {record.id: record for record in self.records}

    @cached_property
    def queued(self) -> tuple[str, ...]:
        """The ids of the experiments that wait."""
        return tuple(one.id for one in self.records if one.status is Status.QUEUED)

    @cached_property
    def unfinished(self) -> tuple[ExperimentRecord, ...]:
        """The experiments that wait or run, oldest first: few, however many there are."""
        return tuple(one for one in self.records if not one.status.is_finished)

    def before(self, record: ExperimentRecord) -> int:
        """How many experiments are run before one that waits, or run now.

        Args:
            record: one that is queued.
        """
        running = sum(one.status is Status.RUNNING for one in self.records)
        waiting = (one for one in self.records if one.status is Status.QUEUED)
        return running + sum(one.queued < record.queued for one in waiting)


class Watcher:
    """Follows a workspace; reads only what is new.

    Args:
        workspace: which.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.notebook = Notebook(workspace)
        self._tasks: dict[tuple[str, str], TaskWatch] = {}
        self._snapshot = Snapshot()
        # The notebook's records as they were last seen, and where in them something runs.
        self._stored: tuple[ExperimentRecord, ...] = ()
        self._running: list[int] = []
        # By what gates and moves were judged last.
        self._judged: object = None
        # Of a cockpit several threads look, and what one reads of an event file no other one does.
        # The thread that draws looks once, before there are others.
        self._lock = Lock()

    def glance(self, summary: CompetitionSummary | None) -> Snapshot:
        """What a first paint needs of the workspace: of a big notebook the newest experiments.

        Args:
            summary: what is known of the data.

        Returns:
            A snapshot; where it leaves experiments out, its gates wait and it has no moves.
        """
        try:
            records, unread = self.notebook.newest(AT_A_GLANCE)
            passed, left_out = self.notebook.passed(), self.notebook.left_out()
        except UserError:
            unread = 0
        if not unread:
            with self._lock:
                return self._looked(summary, is_glance=True)
        return Snapshot(
            records,
            ladder=_unread_ladder(summary),
            summary=summary,
            passed=passed,
            flight=flight_of(self._workspace),
            left_out=left_out,
            unread=unread,
        )

    def look(self, summary: CompetitionSummary | None) -> Snapshot:
        """The workspace now.

        Args:
            summary: what is known of the data.

        Returns:
            A snapshot; the very same object while nothing has changed.
        """
        with self._lock:
            return self._looked(summary)

    def _looked(self, summary: CompetitionSummary | None, is_glance: bool = False) -> Snapshot:
        try:
            stored, passed = self.notebook.records(), self.notebook.passed()
            left_out = self.notebook.left_out()
            deleted = () if is_glance else self.notebook.deleted()
            problem = None
        except UserError as error:
            same = self._snapshot.problem is not None and str(self._snapshot.problem) == str(error)
            stored, passed, left_out, deleted = (), frozenset(), (), ()
            problem = self._snapshot.problem if same else error
        if stored is not self._stored:
            self._stored = stored
            self._running = [
                place for place, one in enumerate(stored) if one.status is Status.RUNNING
            ]
        live: list[LiveTask] = []
        records = stored
        if self._running:
            followed = list(stored)
            images = 0 if summary is None else summary.labelled_images + summary.test_images
            for place in self._running:
                followed[place] = self._followed(stored[place], live, images, is_glance)
            records = tuple(followed)
        self._forget(
            {
                (stored[place].id, task.name)
                for place in self._running
                for task in stored[place].tasks
                if task.status is Status.RUNNING
            }
        )
        seen, flight = self._snapshot, flight_of(self._workspace)
        snapshot = Snapshot(
            records,
            tuple(live),
            seen.ladder,
            summary,
            problem,
            passed,
            seen.moves,
            flight,
            left_out,
            deleted=deleted,
        )
        if snapshot != self._snapshot:
            ended = [_ended(records[place]) for place in self._running]
            judged = (self._stored, ended, summary, passed, left_out)
            if judged != self._judged:
                self._judged = judged
                ladder = climb(summary, records, passed, left_out)
                moves = next_moves(ladder, summary, records, left_out, self._has_predictions)
                snapshot = replace(snapshot, ladder=ladder, moves=moves)
            self._snapshot = snapshot
            # Here, in the thread that looks, rather than in the one that draws.
            _ = self._snapshot.by_id, self._snapshot.queued, self._snapshot.unfinished
        return self._snapshot

    def follow(self, record: ExperimentRecord) -> ExperimentRecord:
        """A record of the notebook, brought up to what its tasks' files say now.

        Args:
            record: as it is stored. While nobody runs the queue, it may say `running` of a task
                whose worker is long gone.
        """
        with self._lock:
            return self._followed(record, [])

    def _followed(
        self,
        record: ExperimentRecord,
        live: list[LiveTask],
        images: int = 0,
        is_glance: bool = False,
    ) -> ExperimentRecord:
        if record.status is not Status.RUNNING:
            return record
        tasks, running = [], []
        for task in record.tasks:
            if task.status is Status.RUNNING:
                watch = self._tasks.get((record.id, task.name))
                if watch is None or watch.planned != task:
                    # Here, since a cockpit where nothing runs opens without what tasks say.
                    from engine.following import TaskWatch

                    watch = TaskWatch(self._workspace, record, task)
                    self._tasks[record.id, task.name] = watch
                tasks.append(watch.look(is_glance))
                if tasks[-1].status is Status.RUNNING:
                    running.append(watch.progress(record.tasks, images))
            else:
                tasks.append(task)
        live += together(running, tasks)
        return with_tasks(record, tuple(tasks))

    def _has_predictions(self, record: ExperimentRecord) -> bool:
        return has_predictions(self._workspace, record)

    def _forget(self, wanted: set[tuple[str, str]]) -> None:
        for key in set(self._tasks) - wanted:
            del self._tasks[key]


def _ended(record: ExperimentRecord) -> tuple[Status, Scores, list[Status]]:
    """What gates and moves are judged by of an experiment that runs: not how far it has got."""
    return record.status, record.scores, [task.status for task in record.tasks]


def _unread_ladder(summary: CompetitionSummary | None) -> tuple[Rung, ...]:
    """The stages before their experiments are read."""
    return tuple(
        rung if rung.stage is Stage.DATA else rung.model_copy(update={"reading": "being read"})
        for rung in climb(summary, ())
    )
