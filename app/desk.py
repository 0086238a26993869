"""What the screens share: the latest snapshot, the selection, and how to ask the service."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual.screen import ModalScreen

from app.faults import noted_fault
from app.messages import Answered, Refused
from app.pictures import Ability
from app.preferring import Preferring
from app.presentation.advising import in_dialog, keyed
from app.presentation.figures import Means
from app.presentation.listing import Given, Line, experiment_of
from engine.errors import UserError
from engine.experiment.record import AnySpec, ExperimentRecord, Status
from engine.service import Service
from engine.watching import Snapshot

if TYPE_CHECKING:
    from app.remembered import Marks

Answer = TypeVar("Answer")


class Desk:
    """The state of the cockpit, and its line to the service.

    Handlers on the UI thread read and change the state; questions to the service are asked in
    threads, and their answers are posted back to the UI thread.

    Args:
        app: the cockpit.
        service: the workspace.
        redraw: has the shown screen drawn again.
    """

    def __init__(self, app: Preferring, service: Service, redraw: Callable[[], None]) -> None:
        self._app = app
        self._redraw = redraw
        self.service = service
        self.snapshot = Snapshot()
        self.is_loaded = False
        self.selected: str | None = None
        # What was queued here, or put back, and no snapshot holds yet.
        self._awaited: ExperimentRecord | None = None
        # What the table that was shown last lists.
        self.lines: Callable[[], Sequence[Line]] = tuple
        self.marked: frozenset[str] = frozenset()
        # What has ended and was not looked at yet.
        self.fresh: frozenset[str] = frozenset()
        # What is held beside each other, against which (None: the pinned one, else the first).
        self.compared: tuple[str, ...] = ()
        self.reference: str | None = None
        # Each charted experiment's place in the palette, and its curves.
        self.places: dict[str, int] = {}
        self.means = Means()
        # What was deleted last, and can be put back; which of it was marked, and will be again.
        self.deleted: tuple[str, ...] = ()
        self.deleted_marks: frozenset[str] = frozenset()
        self.returning: frozenset[str] = frozenset()
        # Losses fall over decades, and the overfit gate lies far below where they start.
        self.log_scale = True
        # None: as the terminal's width suggests.
        self.shows_details: bool | None = None
        self.looking: tuple[str, int, int] | None = None
        self.data_problem: UserError | None = None

    @property
    def pictures(self) -> Ability:
        """How this terminal shows pictures."""
        return self._app.pictures

    @property
    def record(self) -> ExperimentRecord | None:
        """The selected experiment."""
        return self.find(self.selected)

    @property
    def is_looking(self) -> bool:
        """Whether the first look at the data, which begins with the cockpit, has not ended yet."""
        return self.snapshot.summary is None and self.data_problem is None

    @property
    def refusal(self) -> UserError | None:
        """Why the data can't be used, as far as is known; None while it is looked at anew."""
        return self.data_problem if self.looking is None else None

    @property
    def reading(self) -> str:
        """What is read, and must have been before it can be told what comes next."""
        if self.snapshot.unread:
            return "the older experiments are being read"
        return "the data is being looked at" if self.is_looking else ""

    @property
    def listed(self) -> Given:
        """What tables of experiments show."""
        now = self.snapshot
        return Given(now.records, self.marked, self.selected, self.unseen, now.unread, now.deleted)

    @property
    def unseen(self) -> frozenset[str]:
        """What has ended and nobody has looked at: not what runs again, nor what is selected."""
        known = self.snapshot.by_id
        return frozenset(
            one
            for one in self.fresh
            if one != self.selected and one in known and known[one].status.is_finished
        )

    def find(self, experiment: str | None) -> ExperimentRecord | None:
        """An experiment by its id."""
        coming = self._awaited
        if coming is not None and coming.id == experiment:
            return coming
        return None if experiment is None else self.snapshot.by_id.get(experiment)

    def going_on(self, spec: AnySpec) -> ExperimentRecord | None:
        """The newest experiment with that very spec that is queued or runs.

        Args:
            spec: what it is to run.
        """
        coming = (self._awaited,) if self._awaited is not None else ()
        # What was put back may have ended long ago.
        known = (one for one in coming if not one.status.is_finished)
        going = (*known, *reversed(self.snapshot.unfinished))
        return next((one for one in going if one.spec == spec), None)

    def take(self, snapshot: Snapshot) -> None:
        """Hold the newest snapshot; the selection stays, or moves to the next experiment.

        At the start that is the newest that runs: there is nothing to see of one that waits.

        Args:
            snapshot: the workspace as it is now.
        """
        before, self.snapshot = self.snapshot, snapshot
        self.is_loaded = True
        known = snapshot.by_id.keys()
        # Never changed in place: widgets see by it whether there is something to paint.
        self.marked = frozenset(one for one in self.marked | self.returning if one in known)
        self.returning -= self.marked
        if self._awaited is not None and self._awaited.id in known:
            self._awaited = None
        awaited = None if self._awaited is None else self._awaited.id
        if self.selected not in known and (self.selected is None or self.selected != awaited):
            running = [one for one in snapshot.records if one.status is Status.RUNNING]
            first = running if self.selected is None and running else snapshot.records
            newest = first[-1].id if first else None
            self.selected = self._next_to(self.selected, before.records) or newest

    def _next_to(self, gone: str | None, before: Sequence[ExperimentRecord]) -> str | None:
        """Who deletes goes on with the next of the list, or of all; behind the last one before."""
        for lines in (self.lines(), before):
            names = [experiment_of(line) for line in lines]
            if gone is not None and gone in names:
                place = names.index(gone)
                around = (*names[place:], *reversed(names[:place]))
                return next((one for one in around if one in self.snapshot.by_id), None)
        return None

    def await_record(self, record: ExperimentRecord) -> None:
        """Select an experiment that the next snapshots may not hold yet.

        Args:
            record: as it was queued, or put back.
        """
        self.select(record.id)
        self._awaited = None if record.id in self.snapshot.by_id else record

    def to_look_at(self, records: Iterable[ExperimentRecord]) -> None:
        """Mark experiments as ended and not looked at yet.

        Args:
            records: the experiments.
        """
        self.mark_unseen(self.fresh | {one.id for one in records})
        self._redraw()

    def mark_unseen(self, fresh: frozenset[str]) -> None:
        """Have other experiments count as not looked at, also when the cockpit is opened again.

        Args:
            fresh: their ids.
        """
        if fresh != self.fresh:
            self.fresh = fresh
            self._keep("unseen", lambda: self.fresh)

    def _keep(self, what: "Marks", marked: Callable[[], frozenset[str]]) -> None:
        """Have marks be there when the workspace is opened again."""

        def keep() -> None:
            from app.remembered import remember_marks

            remember_marks(what, self.service.workspace.root, marked)

        # Where they can't be kept, no more is lost than these marks.
        self.ask(keep, about=what, refused=lambda _: None)

    def select(self, experiment: str | None) -> None:
        """Have a person choose an experiment: this one is looked at now, the one before was.

        Args:
            experiment: its id.
        """
        self.mark_unseen(self.fresh - {self.selected, experiment})
        self.selected = experiment

    def turn_to(self, experiment: str) -> None:
        """Select an experiment, and have the shown screen, and its log, show it at once.

        Args:
            experiment: its id.
        """
        self.select(experiment)
        self._redraw()

    def toggle_mark(self) -> None:
        """Mark the selected experiment for overlaid curves, or unmark it."""
        if self.selected is not None:
            self.marked ^= {self.selected}
            self._keep("marked", lambda: self.marked)

    def mark_again(self, marked: frozenset[str]) -> None:
        """Mark what was marked when the workspace was left, and is still there.

        Args:
            marked: their ids.
        """
        self.marked |= marked & self.snapshot.by_id.keys()
        self._redraw()

    def ask(
        self,
        call: Callable[[], Answer],
        then: Callable[[Answer], None] | None = None,
        about: str = "ask",
        refused: Callable[[UserError], None] | None = None,
    ) -> None:
        """Ask the service in a thread.

        Args:
            call: the question.
            then: takes the answer, on the UI thread.
            about: what `is_asking` knows the question by.
            refused: takes a refusal, on the UI thread; by default a dialog shows it.
        """

        def work() -> None:
            answer = self._answered(call)
            if isinstance(answer, UserError) and refused is not None:
                self._app.post_message(Answered(partial(self._refuse, refused, answer)))
            elif isinstance(answer, UserError):
                self._app.post_message(Refused(answer))
            elif then is not None:
                self._app.post_message(Answered(partial(then, answer)))

        self._app.run_worker(work, thread=True, group=about)

    def _refuse(self, refused: Callable[[UserError], None], error: UserError) -> None:
        is_covered = isinstance(self._app.screen, ModalScreen)
        refused(in_dialog(error) if is_covered else error)

    def is_asking(self, about: str) -> bool:
        """Whether such a question waits for its answer.

        Args:
            about: what it was asked under.
        """
        return any(worker.group == about for worker in self._app.workers)

    def look_at_data(self) -> None:
        """Read the competition's files, telling how far that has got."""
        self._looked(("reading the folder", 0, 0), None)

        def progress(what: str, done: int, total: int) -> None:
            self._app.post_message(Answered(lambda: self._looked((what, done, total), None)))

        def work() -> None:
            # What was recognised last is shown while every file is looked at again.
            self._answered(self.service.known_summary)
            answer = self._answered(lambda: self.service.summary(progress))
            problem = answer if isinstance(answer, UserError) else None
            self._app.post_message(Answered(lambda: self._looked(None, problem)))

        self._app.run_worker(work, thread=True, group="data", exclusive=True)

    def _looked(self, looking: tuple[str, int, int] | None, problem: UserError | None) -> None:
        self.looking, self.data_problem = looking, problem
        self._redraw()

    def _answered(self, call: Callable[[], Answer]) -> Answer | UserError:
        try:
            return call()
        except UserError as error:
            return keyed(error, self._app.preferences.keys, self.selected)
        except Exception:
            return noted_fault(self.service.workspace.hydra / "cockpit.log")
