"""Runs the trials of a search one by one: says how each goes, and bears those that fail."""

import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.errors import UnwritableError, UserError
from engine.events.reader import read_events
from engine.events.types import (
    EpochEnded,
    Event,
    PhaseStarted,
    TaskFailed,
    TrialEnded,
    TrialEpoch,
    TrialStarted,
)
from engine.experiment.record import Scores
from engine.experiment.search import TrialState, Value
from engine.jobs.tasks import EVENTS
from engine.training.failures import failure_of
from engine.training.reporter import Report
from engine.training.stopping import StopRequested
from engine.tuning.ranking import by_rank

Work = Callable[[Report], Scores]


class Trials:
    """The trials of one search, those of the task's earlier lives among them.

    Args:
        folder: the task's folder, whose events tell what has ended already.
        report: is told of everything.

    Attributes:
        is_again: whether the search has failed before, so that failed trials are run again.
    """

    def __init__(self, folder: Path, report: Report) -> None:
        self._report = report
        self.is_again = False
        self._ended: dict[str, TrialEnded] = {}
        # What was last said of trials that were cut short.
        self._begun: dict[str, TrialState] = {}
        for event in read_events(folder / EVENTS):
            if isinstance(event, TrialEnded):
                self._ended[event.trial.id] = event
                self._begun.pop(event.trial.id, None)
            elif isinstance(event, TrialStarted | TrialEpoch):
                self._begun[event.trial.id] = event.trial
            elif isinstance(event, TaskFailed):
                # Whoever goes on with a search that failed has mended something.
                self.is_again = True
                self._ended = {
                    name: one for name, one in self._ended.items() if one.trial.status == "done"
                }

    def run(self, name: str, values: Mapping[str, Value], work: Work) -> TrialState:
        """Run a trial, unless an earlier life has.

        Args:
            name: the trial's id.
            values: what it tries.
            work: does it, saying each epoch to the report it is given; returns the scores.

        Returns:
            How it ended: done, or failed.

        Raises:
            StopRequested: it was stopped; it is to be run again.
            UnwritableError: the disk is full or read-only, which is no fault of the trial's.
        """
        if name in self._ended:
            return self._ended[name].trial
        state = TrialState(id=name, status="running", values=dict(values))
        known = self._begun.get(name)
        if known is not None and known.values == state.values:
            # It goes on from its checkpoint: what it has done already counts.
            state = known
        follower = _Follower(state)
        self._report(TrialStarted(trial=follower.state))
        scores = Scores()
        outcome: dict[str, object] = {"status": "failed", "score": None}
        try:
            scores = work(lambda event: self._tell(follower.taken(event)))
            outcome |= {
                "status": "done",
                "score": scores.val_log_loss,
                "metric": scores.metric,
                "val_metric": scores.val_metric,
            }
        except (StopRequested, UnwritableError):
            raise
        except Exception as error:  # the boundary: one trial's failure is not the search's
            # What a user can mend is told by the event; a traceback would say that we can't.
            if not isinstance(error, UserError):
                traceback.print_exc()
            failure = failure_of(error)
            scores = Scores()
            outcome["error"] = " ".join(filter(None, (failure.happened, failure.fix)))
        outcome["seconds"] = follower.seconds
        ended = TrialEnded(trial=follower.state.model_copy(update=outcome), scores=scores)
        self._ended[name] = ended
        self._report(ended)
        return ended.trial

    def best(self) -> Scores:
        """The scores of the best trial.

        Raises:
            UserError: every trial has failed.
        """
        done = by_rank([event.trial for event in self._ended.values()])
        if not done:
            errors = [event.trial.error for event in self._ended.values()]
            raise UserError(
                f"All {len(errors)} trials have failed; the first: {errors[0]}",
                "a base spec that can be trained.",
                "run the base by itself first, or narrow what is varied.",
            )
        return self._ended[done[0].id].scores

    def _tell(self, event: Event | None) -> None:
        if event is not None:
            self._report(event)


class _Follower:
    """Turns what a fit says of itself into what a search says of a trial."""

    def __init__(self, state: TrialState) -> None:
        self.state = state
        self._began = time.monotonic() - state.seconds

    @property
    def seconds(self) -> float:
        """How long the trial has worked, in all its lives."""
        return round(time.monotonic() - self._began, 3)

    def taken(self, event: Event) -> Event | None:
        """What is to be told; nothing of a phase, whose curves would mix with other trials'."""
        if isinstance(event, PhaseStarted):
            return None
        if not isinstance(event, EpochEnded):
            return event
        known = (self.state.score, event.figures.get("val_log_loss"))
        scores = [score for score in known if score is not None]
        score = min(scores, default=None)
        changes = {"epoch": event.epoch + 1, "score": score, "seconds": self.seconds}
        self.state = self.state.model_copy(update=changes)
        return TrialEpoch(trial=self.state, figures=event.figures, seconds=event.seconds)
