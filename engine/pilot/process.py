"""The autopilot: `python -m engine.pilot.process WORKSPACE SECONDS`."""

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from engine.competition.findings import CompetitionSummary
from engine.errors import UnwritableError, UserError
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.spec import Stage
from engine.jobs.liveness import Heartbeat
from engine.pilot.blending import best_blend
from engine.pilot.charge import is_in_charge
from engine.pilot.flight import Flight
from engine.pilot.journal import Journal, Replaced
from engine.pilot.telling import told_of, what_of, why_nothing
from engine.recipe.autopilot import last_blend, next_step
from engine.recipe.choosing import best_to_submit
from engine.recipe.common_folds import folds_done
from engine.recipe.costs import estimate_seconds
from engine.recipe.deepening import WHY, deepening
from engine.recipe.stages import climb
from engine.recipe.steps import GROUP, Step, rounded
from engine.service import Service
from engine.watching import Snapshot

_POLL_SECONDS, _RETRY_SECONDS = 0.5, 5.0
# What a last blend and the last submission take.
_RESERVE_SECONDS = 5.0
# So many experiments may refuse to be exported before it is no fault of theirs.
_MOST_REFUSED = 5

_log = logging.getLogger("autopilot")


class Autopilot:
    """Takes one step after another until the budget is used up or nothing is left to do.

    Args:
        service: the workspace.
        budget: seconds it may take.
        is_stopped: whether somebody asked it to end.
        is_in_charge: whether it still is the workspace's autopilot.
    """

    def __init__(
        self,
        service: Service,
        budget: float,
        is_stopped: Callable[[], bool],
        is_in_charge: Callable[[], bool] = lambda: True,
    ) -> None:
        self._service = service
        self._is_stopped = is_stopped
        self._budget = budget
        self._journal = Journal(service.workspace, budget, is_in_charge)
        self._last: Step | None = None
        # What could not be written, and is tried again.
        self._held: Step | None = None
        self._refused: list[Step] = []
        # What a person has stopped, what has been resumed and has died again, and what has failed.
        self._let_be: set[str] = set()
        # For this walk alone: with more time, the next one may do what there was none for.
        self._passed: set[str] = set()
        self._exported: tuple[str, int] | None = None

    @property
    def _left(self) -> float:
        return self._budget - _RESERVE_SECONDS - self._journal.used

    def run(self) -> Flight:
        """Walk the recipe.

        Returns:
            How it went.

        Raises:
            Replaced: another one is in charge; what was begun is its to go on with.
        """
        try:
            self._journal.note(Stage.DATA, "look at the data", "every image is decoded once")
            self._service.summary()
            fault = self._walk()
            if not self._is_stopped():
                self._blend_what_is_there()
            self._export()
            records = self._service.records()
            if self._is_stopped():
                self._journal.end(status="stopped")
            elif fault or not any(one.predicts for one in records):
                self._journal.end(status="failed", problem=fault or why_nothing(records))
            else:
                self._say_what_needs_more(records)
                self._journal.end(status="done")
        except UserError as error:
            _log.warning("%s", error)
            self._journal.end(status="failed", problem=" ".join((error.happened, error.fix)))
        return self._journal.flight

    def _walk(self) -> str:
        """Take one step after another; what kept it from going on, empty where nothing has."""
        try:
            while not self._is_stopped() and self._left > 0 and self._step():
                pass
        except (UserError, Replaced):
            raise
        except Exception as error:  # the boundary: what has been trained is submitted all the same
            _log.exception("a fault of the autopilot's own")
            return f"It met a fault of its own ({error!r}): see its log; then start it again."
        return ""

    def _step(self) -> bool:
        """Take the next step; whether there may be another."""
        snapshot = self._service.snapshot()
        if snapshot.problem is not None:
            raise snapshot.problem
        if snapshot.summary is None:
            raise UserError(
                "The data was not recognised.", "a competition.", "see `hydra-tui data`."
            )
        under_way = [one for one in snapshot.records if not one.status.is_finished]
        if under_way:
            # What comes next depends on it, whoever began it.
            what = ", ".join(f"{one.id} {one.stage}" for one in under_way)
            self._journal.note(under_way[0].stage, f"wait for {what}", "it was begun before")
            self._wait([one.id for one in under_way])
            return True
        step = self._next(snapshot.summary, snapshot)
        if step == self._last:
            # It has changed nothing: whatever the reason, it would not the next time.
            self._refused.append(step)
            step = self._next(snapshot.summary, snapshot)
        self._last = step
        if step.kind == "done":
            return False
        self._try(step)
        return True

    def _next(self, summary: CompetitionSummary, snapshot: Snapshot) -> Step:
        records, left_out = snapshot.records, snapshot.left_out
        ladder = climb(summary, records, snapshot.passed | self._passed, left_out)
        return next_step(
            ladder, summary, records, self._left, self._let_be, left_out, self._refused
        )

    def _blend_what_is_there(self) -> None:
        """The budget may have been used up before; this takes a moment."""
        snapshot = self._service.snapshot()
        step = last_blend(snapshot.ladder, snapshot.records)
        if step is not None and step not in self._refused:
            self._try(step)

    def _say_what_needs_more(self, records: Sequence[ExperimentRecord]) -> None:
        """Heads alone were trained, where there was no time to tune what lies below them."""
        summary = self._service.known_summary()
        deeper = None if summary is None else deepening(summary, records)
        if deeper is not None:
            cost = estimate_seconds(deeper[0], summary, records)
            takes = "" if cost is None else f", which takes about {rounded(cost)}"
            self._journal.note(Stage.REGULARIZE, f"end without tuning the backbone{takes}", WHY)

    def _try(self, step: Step) -> None:
        is_again = step == self._held
        if not is_again:
            self._journal.note(step.stage, what_of(step), step.reason)
        self._held = None
        try:
            self._take(step)
        except UnwritableError as error:
            # A full disk is no fault of the step: it is taken as soon as there is room.
            _log.warning("%s", error)
            if not is_again:
                self._journal.note(step.stage, "wait until it can be written", error.happened)
            self._held, self._last = step, None
            time.sleep(_RETRY_SECONDS)
        except UserError as error:
            _log.warning("%s", error)
            self._refused.append(step)
            self._journal.note(step.stage, "that did not work", error.happened)

    def _take(self, step: Step) -> None:
        if step.kind == "pass":
            self._passed.add(step.stage)
            self._journal.change(passed=(*self._journal.flight.passed, step.stage))
        elif step.kind == "blend":
            if not self._blend(step.experiments):
                self._refused.append(step)
        elif step.kind == "resume":
            self._let_be.update(step.experiments)
            self._wait([self._service.resume(one).id for one in step.experiments])
        else:
            begun = [self._service.submit(s, parent, GROUP).id for s, parent in step.specs]
            self._wait(begun, step.seconds)

    def _wait(self, experiments: list[str], expected: float | None = None) -> None:
        """Until they have ended; what the budget no longer allows is stopped, and saved.

        What others have begun is only waited for.

        Args:
            experiments: their ids.
            expected: how long they were to take, seconds; None while nothing was measured.
        """
        asked, began = False, time.monotonic()
        while True:
            records = [self._service.record(one) for one in experiments]
            under_way = [record for record in records if not record.status.is_finished]
            elapsed = time.monotonic() - began
            if expected is not None and elapsed > max(expected, self._left):
                # The machine is busy. What comes to nothing in what is left leaves it to something
                # cheaper.
                lost = [one for one in under_way if not self._will_bring(one, expected)]
                self._halt(lost)
                expected = None if lost else expected
            if not asked and (self._is_stopped() or self._left <= 0):
                asked = True
                self._halt([one for one in under_way if one.group == GROUP])
            if not any(record.group == GROUP or not asked for record in under_way):
                break
            self._journal.change()
            self._service.attend()
            time.sleep(_POLL_SECONDS)
        for record in records:
            if record.status is Status.FAILED or (record.status is Status.STOPPED and not asked):
                self._let_be.add(record.id)
            if record.status.is_finished:
                self._journal.note(record.stage, f"{record.id} {record.status}", told_of(record))
        self._export()

    def _will_bring(self, record: ExperimentRecord, expected: float) -> bool:
        """Whether a fold of it is done, or will be within what is left.

        Args:
            record: what runs.
            expected: seconds that all of it was to take: before a fold trains nothing else tells.
        """
        live = [one for one in self._service.snapshot().live if one.experiment == record.id]
        usual = expected / len(record.tasks)
        left = (usual if one.own is None else one.own for one in live)
        return bool(folds_done(record)) or any(one < self._left for one in left)

    def _halt(self, records: list[ExperimentRecord]) -> None:
        for record in records:
            # It may have ended meanwhile.
            with suppress(UserError):
                self._service.stop(record.id)

    def _blend(self, members: tuple[str, ...]) -> bool:
        """Blend what has predicted, without members whose predictions are gone.

        Returns:
            Whether the blend was kept: what one member alone makes up, and makes no better, is not.
        """
        bench = self._service.workbench
        spec = best_blend(bench, self._service.records(), members)
        if spec is None:
            why = "the best has all its weight on one member, which is no better for it"
            self._journal.note(Stage.ENSEMBLE, "no blend is kept", why)
            return False
        record = bench.blend(spec)
        self._journal.note(Stage.ENSEMBLE, f"{record.id} {record.name}", told_of(record))
        self._export()
        return True

    def _export(self) -> None:
        """Leave the best valid submission so far on disk.

        Of an experiment whose predictions are gone, or are of other images, there is none.
        """
        summary = self._service.known_summary()
        metric = None if summary is None else summary.metric
        records, problem = self._service.records(), ""
        for _ in range(_MOST_REFUSED):
            best = best_to_submit(records, metric)
            if best is None or (best.id, len(folds_done(best))) == self._exported:
                return
            try:
                written = self._service.submissions.export(best.id, guess=True)
                break
            except UserError as error:
                problem = problem or error.happened
                records = tuple(one for one in records if one.id != best.id)
                self._journal.change(problem=problem)
        else:
            return
        why = f"{written.path}. {written.warning}" if written.warning else written.path
        self._journal.note(Stage.SUBMIT, f"export {best.id} {best.name}", why)
        self._exported = (best.id, len(folds_done(best)))
        self._journal.change(submission=written.path, best=best.id, problem="")


def main() -> None:
    """Fly over the workspace named on the command line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    service = Service(Path(sys.argv[1]))
    workspace, stop = service.workspace, threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    # Also while the data is looked at for minutes.
    heartbeat = Heartbeat(workspace.autopilot, stop.set, lambda: is_in_charge(workspace))
    # At once: who upgrades the program meanwhile would have it import some of another one.
    _ = service.workbench, service.submissions
    pilot = Autopilot(service, float(sys.argv[2]), stop.is_set, lambda: is_in_charge(workspace))
    try:
        pilot.run()
        service.dismiss()
    except Replaced:
        _log.warning("another autopilot is in charge of this workspace")
    finally:
        heartbeat.end()
        service.close()


if __name__ == "__main__":
    main()
