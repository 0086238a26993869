"""A running search: its progress never falls within a trial, whose time goes on."""

from pathlib import Path

import pytest

from engine.events.types import (
    BatchEnded,
    Event,
    Preparing,
    TaskStarted,
    TrialEnded,
    TrialEpoch,
    TrialStarted,
)
from engine.experiment.record import Scores, Status
from engine.experiment.search import SearchSpec, TrialState
from engine.experiment.spec import ExperimentSpec, PhaseSpec, Stage
from engine.following import TaskWatch
from engine.jobs.workspace import Workspace
from engine.search_pace import SearchEstimate, estimate_search, planned_epochs
from engine.tuning.planning import halved, plan_search
from tests.functional.searched import DONE, search
from tests.functional.staging import BEGAN, say, start_running

RUNNING = TrialState(id="2", status="running", values={"head.units": 64})


def watched(root: Path, *events: Event) -> TaskWatch:
    record = search(1, Status.RUNNING)
    start_running(root, "1", epochs=0)
    say(root, "1", TaskStarted(), TrialEnded(trial=DONE, scores=Scores()), *events)
    watch = TaskWatch(Workspace(root), record, record.tasks[0])
    watch.look()
    return watch


def test_the_share_of_a_trial_never_falls(tmp_path: Path) -> None:
    watch = watched(tmp_path, TrialStarted(trial=RUNNING))
    shares = [watch.progress().share]
    later: list[Event] = [
        BatchEnded(epoch=0, batch=10, batches=20, loss=0.5),
        BatchEnded(epoch=4, batch=20, batches=20, loss=0.4),
        TrialEpoch(trial=RUNNING.model_copy(update={"epoch": 5})),
        BatchEnded(epoch=5, batch=1, batches=20, loss=0.4),
        Preparing(what="predicting validation", done=0, total=4),
        Preparing(what="predicting validation", done=4, total=4),
    ]
    for event in later:
        say(tmp_path, "1", event)
        watch.look()
        shares.append(watch.progress().share)
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(5.05 / 10)
    say(tmp_path, "1", TrialEnded(trial=DONE.model_copy(update={"id": "2"}), scores=Scores()))
    watch.look()
    assert (watch.progress().epoch, watch.progress().share) == (2, 0)


def trials(count: int, seconds: float, share: float, search: SearchSpec) -> SearchEstimate:
    """What is told once some trials have ended that took so long, and the next one is under way."""
    ended = [DONE.model_copy(update={"id": str(n), "seconds": seconds}) for n in range(count)]
    running = RUNNING.model_copy(update={"id": str(count)})
    return estimate_search(planned_epochs(search), [*ended, running], share)


def test_the_trial_under_way_is_not_all_to_come() -> None:
    search = plan_search(ExperimentSpec(stage=Stage.REGULARIZE), strategy="random", trials=4)
    assert trials(1, 60.0, 0.0, search) == (0.25, 180.0)
    assert trials(1, 60.0, 0.5, search) == (0.375, 150.0)


def test_hyperband_s_later_trials_are_longer_than_those_that_tell_the_pace() -> None:
    base = ExperimentSpec(stage=Stage.REGULARIZE, phases=(PhaseSpec(epochs=27),))
    search = plan_search(base, strategy="hyperband", trials=40)
    planned = planned_epochs(search)
    assert len(planned) == search.trials
    assert sum(planned) == sum(one.trials * one.epochs for one in halved(search))
    assert (planned[0], planned[-1]) == (1, 27)
    first = planned.index(3)
    told = trials(first, 10.0, 0.0, search)
    assert told.part == pytest.approx(first / sum(planned))
    assert told.left == pytest.approx(10.0 * (sum(planned) - first))


def test_nothing_tells_the_pace_of_a_search_before_its_first_trial_has_ended() -> None:
    search = plan_search(ExperimentSpec(stage=Stage.REGULARIZE), strategy="random", trials=4)
    assert trials(0, 0.0, 0.5, search) == (0.125, None)


def test_a_resumed_search_does_not_tell_of_its_earlier_life(tmp_path: Path) -> None:
    events = (TrialStarted(trial=RUNNING), BatchEnded(epoch=4, batch=20, batches=20, loss=0.4))
    watch = watched(tmp_path, *events)
    assert watch.progress().share == 0.5
    say(tmp_path, "1", Preparing(what="predicting validation", done=1, total=4), TaskStarted())
    watch.look()
    assert (watch.progress().doing, watch.progress().share) == ("starting", 0.0)


def test_a_trial_s_time_goes_on_between_its_epochs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = watched(tmp_path, TrialStarted(trial=RUNNING.model_copy(update={"seconds": 30.0})))
    # Its start was the tenth event or so, a second apart from `BEGAN` on.
    monkeypatch.setattr("engine.following.time.time", lambda: BEGAN.timestamp() + 100)
    (_, running) = watch.look().trials
    assert 30 + 85 < running.seconds < 30 + 100


def test_working_time_goes_on_before_the_first_epoch(tmp_path: Path) -> None:
    watch = watched(tmp_path)
    before = watch.look().seconds
    say(tmp_path, "1", *(Preparing(what="computing", done=done, total=9) for done in range(5)))
    assert watch.look().seconds == before + 5
    say(tmp_path, "1", TaskStarted(resumed_epoch=0))
    assert watch.look().seconds == before + 5, "what an earlier life worked counts once"
