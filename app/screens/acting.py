"""What a person does to experiments, on every main screen."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding, BindingType

from app.messages import Refused
from app.presentation.deleting import deletion, named
from app.presentation.queueing import advanced, ending, not_exported, not_resumed, stopped, stopping
from app.presentation.text import copied_text, decided_text
from app.screens.confirm import ConfirmScreen
from app.screens.running import Running
from app.turns import OPENING
from app.widgets.results_table import ResultsTable
from engine.errors import UserError
from engine.experiment.record import ExperimentRecord, Status
from engine.progress import ENDING
from engine.submission.guessing import is_offered

if TYPE_CHECKING:
    from app.screens.remarks import Remarks
    from engine.submissions import Exported

_T = TypeVar("_T")


class Acting(Running):
    """Stops, pins and exports the selected experiment.

    Its dialogs are imported when they are first shown: none of them belongs to the first paint.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "x",
            "stop",
            "stop",
            id="run.stop",
            tooltip="Stop it, or all marked ones; again: at once",
        ),
        Binding(
            "u",
            "resume",
            "resume",
            id="run.resume",
            tooltip="Go on with a stopped, interrupted or failed experiment",
            show=False,
        ),
        Binding(
            "N",
            "advance",
            "first",
            id="run.first",
            tooltip="Run it, or all marked ones, before all others that wait: first in the queue",
            show=False,
        ),
        Binding(
            "p",
            "pin",
            "pin",
            id="run.pin",
            tooltip="Pin as the baseline to compare with, or unpin",
            show=False,
        ),
        Binding("E", "export", "export", id="run.export", tooltip="Write its submission CSV"),
        Binding(
            "space",
            "mark",
            "mark",
            id="run.mark",
            tooltip="Mark it: the curves of marked experiments are laid over each other",
        ),
        Binding(
            "t",
            "remark",
            "tags, note",
            id="run.remark",
            tooltip="Give it tags to find it by, and a note",
            show=False,
        ),
        Binding(
            "Y",
            "copy",
            "copy",
            id="run.copy",
            tooltip="Copy its scores and the command of its spec to the clipboard (OSC 52)",
            show=False,
        ),
        Binding(
            "d",
            "delete",
            "delete",
            id="run.delete",
            tooltip="Delete it, or all marked (not in Compare), after asking; U puts them back",
            show=False,
        ),
        Binding(
            "U",
            "undelete",
            "undelete",
            id="run.undelete",
            tooltip="Undo: put back what was deleted last",
            show=False,
        ),
    ]

    @property
    def marked(self) -> list[ExperimentRecord]:
        """The marked experiments, which keys act on instead of the selected one."""
        return [one for one in self.desk.snapshot.records if one.id in self.desk.marked]

    def on_results_table_selected(self, message: ResultsTable.Selected) -> None:
        """The selection is the desk's, so that all screens share it."""
        self.desk.select(message.experiment)
        self.draw()

    def on_results_table_opened(self) -> None:
        """Look at the selected experiment closely."""
        self.desk.select(self.desk.selected)
        self.app.switch_mode("live")

    def action_stop(self) -> None:
        selected = self.needed()
        if selected is None:
            return
        # Marks on what has ended are there to compare it.
        chosen = [one for one in self.marked if not one.status.is_finished] or [selected]
        if chosen[0].status.is_finished:
            other = " Press . for what runs." if self.desk.snapshot.live else ""
            self.notify(f"Experiment {selected.id} {selected.status.verb} already.{other}")
            return
        if len(chosen) == 1 and self._is_ending(chosen[0].id):
            (late,) = chosen
            self._stop_if_sure(
                ending(late), lambda: self.desk.service.stop(late.id, True), self._ended
            )
            return
        # What waits first: else it would begin where another one ends.
        chosen.sort(key=lambda one: one.status is not Status.QUEUED)

        def stop() -> tuple[ExperimentRecord, ...]:
            if len(chosen) == 1:
                return (self.desk.service.stop(chosen[0].id),)
            asked: list[ExperimentRecord] = []
            for one in chosen:
                # It may have ended meanwhile.
                with suppress(UserError):
                    asked.append(self.desk.service.stop(one.id))
            return tuple(asked)

        self._stop_if_sure(stopping(chosen), stop, self._stopped)

    def _is_ending(self, experiment: str) -> bool:
        live = [task for task in self.desk.snapshot.live if task.experiment == experiment]
        return bool(live) and all(task.doing == ENDING for task in live)

    def _stop_if_sure(
        self, question: tuple[str, str], stop: Callable[[], _T], tell: Callable[[_T], None]
    ) -> None:
        def decide(is_yes: bool | None) -> None:
            if is_yes:
                self.desk.ask(stop, tell)

        self.app.push_screen(ConfirmScreen(*question), decide)

    def action_resume(self) -> None:
        record = self.needed()
        if record is not None and record.status.is_resumable:
            self.resume((record.id,))
        elif record is not None:
            self.notify(not_resumed(record))

    def action_advance(self) -> None:
        selected = self.needed()
        if selected is None:
            return
        # Marks on what does not wait are there to compare it.
        marked = [one for one in self.desk.snapshot.queued if one in self.desk.marked]
        ids = marked or [selected.id]

        def tell(records: tuple[ExperimentRecord, ...]) -> None:
            self.notify(advanced(records))

        def refused(error: UserError) -> None:
            self.notify(error.happened)

        self.desk.ask(lambda: self.desk.service.tidying.advance(ids), tell, "first", refused)

    def action_pin(self) -> None:
        if record := self.needed():
            self.desk.ask(lambda: self.desk.service.tidying.pin(record.id), self._pinned)

    def action_export(self) -> None:
        if record := self.needed():
            self.export(record)

    def action_remark(self) -> None:
        record = self.needed()
        if record is None:
            return
        known = sorted({tag for one in self.desk.snapshot.records for tag in one.tags})

        def keep(remarks: "Remarks | None") -> None:
            if remarks is not None:
                remark = self.desk.service.tidying.remark
                told = f"Tags and note of {record.id} are kept."
                self.desk.ask(lambda: remark(record.id, *remarks), lambda _: self.notify(told))

        from app.screens.remarks import RemarksScreen

        self.app.push_screen(RemarksScreen(record, tuple(known)), keep)

    def action_copy(self) -> None:
        if record := self.needed():
            self.app.copy_to_clipboard(copied_text(record))
            self.notify(f"{record.id} {record.name} is copied, as text for a note or a shell.")

    def action_delete(self) -> None:
        selected = self.needed()
        if selected is None:
            return
        marked = self.marked
        chosen = marked or [selected]
        unfinished = next((one for one in chosen if not one.status.is_finished), None)
        if unfinished is not None:
            self.notify(f"Experiment {unfinished.id} is {unfinished.status}: stop it first, by x.")
            return
        ids = tuple(one.id for one in chosen)
        marks = self.desk.marked & set(ids)

        def forget(records: tuple[ExperimentRecord, ...]) -> None:
            self.desk.deleted_marks = marks
            self._deleted(records)

        def decide(is_yes: bool | None) -> None:
            if is_yes:
                self.desk.ask(lambda: self.desk.service.tidying.delete(ids), forget)

        self.app.push_screen(ConfirmScreen(*deletion(chosen, bool(marked))), decide)

    def action_undelete(self) -> None:
        ids, tidying = self.desk.deleted, self.desk.service.tidying

        def undo() -> tuple[ExperimentRecord, ...]:
            # Of an earlier day, the last one.
            last = ids or tuple(one.id for one in tidying.deleted()[-1:])
            return tidying.undelete(last)

        # Pressed again, it is about what is left then.
        self.desk.ask(undo, self._undeleted, OPENING)

    def export(self, record: ExperimentRecord) -> None:
        """Write an experiment's submission."""
        # What never predicts is told of at length: there is something else to do with it.
        if not record.predicts and record.spec.kind not in ("search", "range_test"):
            self.notify(not_exported(record))
            return
        self.notify(f"Writing the submission of experiment {record.id}", timeout=2)
        self._export(record, guess=False)

    def _export(self, record: ExperimentRecord, guess: bool) -> None:
        submissions = self.desk.service.submissions

        def decide(is_yes: bool | None) -> None:
            if is_yes:
                self._export(record, guess=True)

        def refused(error: UserError) -> None:
            if not is_offered(error):
                self.app.post_message(Refused(error))
                return
            what = "y answers by the class shares what can't be read, n writes nothing."
            question = ConfirmScreen("Answer them all the same?", f"{error.happened}\n\n{what}")
            self.app.push_screen(question, decide)

        self.desk.ask(
            lambda: submissions.export(record.id, guess=guess), self._exported, "export", refused
        )

    def _pinned(self, record: ExperimentRecord) -> None:
        told = f"Pinned {record.id} as the baseline to compare with."
        self.notify(told if record.pinned else f"{record.id} is no longer pinned.")

    def _ended(self, record: ExperimentRecord) -> None:
        self.notify(f"{record.id} {record.name}: its process is ended.")

    def _stopped(self, records: tuple[ExperimentRecord, ...]) -> None:
        self.notify(stopped(records))

    def _deleted(self, records: tuple[ExperimentRecord, ...]) -> None:
        self.desk.deleted = tuple(one.id for one in records)
        self.notify(f"Deleted {named(records)}. U puts back what was deleted.", timeout=6)

    def _undeleted(self, records: tuple[ExperimentRecord, ...]) -> None:
        # What came back before may not have been seen yet.
        self.desk.returning |= self.desk.deleted_marks
        self.desk.deleted_marks = frozenset()
        self.desk.deleted = ()
        if not records:
            self.notify("Nothing was deleted, so there is nothing to put back.")
            return
        self.desk.await_record(records[-1])
        self.notify(f"Back again: {named(records)}.")

    def _exported(self, exported: "Exported") -> None:
        summary = self.desk.snapshot.summary
        form = None if summary is None else summary.submission
        checked = "matches the sample" if form is None or form.file else "there is no sample"
        rows = f"{exported.rows} rows, {checked}."
        told = filter(None, (exported.path, rows, decided_text(exported), exported.warning))
        self.notify("\n".join(told), title="Submission written", timeout=10)
