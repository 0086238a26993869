"""Trials told one by one, and those that fail."""

import errno
import time
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.events.reader import read_events
from engine.events.types import (
    EpochEnded,
    Event,
    Note,
    PhaseStarted,
    TaskFailed,
    TrialEnded,
    TrialEpoch,
    TrialStarted,
)
from engine.events.writer import EventWriter
from engine.experiment.record import ErrorReport, Scores
from engine.files import explained
from engine.jobs.tasks import EVENTS
from engine.training.reporter import Report
from engine.training.stopping import StopRequested
from engine.tuning.trials import Trials, Work

VALUES = {"head.units": 8}


def epoch(number: int, loss: float) -> EpochEnded:
    return EpochEnded(epoch=number, figures={"val_log_loss": loss}, seconds=0.1)


def scored(loss: float, *losses: float) -> Work:
    def work(report: Report) -> Scores:
        report(PhaseStarted(phase=0, train="all", epochs=2, batches=1, trainable=1, total=1))
        report(Note(text="odd"))
        for number, one in enumerate(losses):
            report(epoch(number, one))
        return Scores(val_log_loss=loss)

    return work


def test_a_trial_is_told_epoch_by_epoch_and_scored_by_what_it_ends_with(tmp_path: Path) -> None:
    said: list[Event] = []
    ended = Trials(tmp_path, said.append).run("1", VALUES, scored(0.6, 0.7, 0.5, 0.8))
    assert [event.kind for event in said] == [
        "trial_started",
        "note",
        "trial_epoch",
        "trial_epoch",
        "trial_epoch",
        "trial_ended",
    ]
    told = [(event.trial.epoch, event.trial.score) for event in said if event.kind == "trial_epoch"]
    assert told == [(1, 0.7), (2, 0.5), (3, 0.5)]
    losses = [event.figures["val_log_loss"] for event in said if event.kind == "trial_epoch"]
    assert losses == [0.7, 0.5, 0.8], "each epoch's own, for the log"
    assert (ended.status, ended.epoch, ended.score) == ("done", 3, 0.6)


def test_when_all_have_failed_the_first_error_is_told(tmp_path: Path) -> None:
    def diverged(_report: Report) -> Scores:
        raise UserError("The loss became nan.", "a finite one.", "lower the rate.")

    trials = Trials(tmp_path, lambda _event: None)
    trials.run("1", VALUES, diverged)
    with pytest.raises(UserError, match="All 1 trials have failed; the first: The loss became"):
        trials.best()


def test_an_error_is_told_with_its_remedy_and_the_next_trial_runs(tmp_path: Path) -> None:
    def wrong(_report: Report) -> Scores:
        raise UserError("It broke.", "a whole one.", "mend it.")

    def fault(_report: Report) -> Scores:
        raise ZeroDivisionError

    trials = Trials(tmp_path, lambda _event: None)
    assert trials.run("1", VALUES, wrong).error == "It broke. mend it."
    assert trials.run("2", VALUES, fault).error.startswith("ZeroDivisionError")
    trials.run("3", VALUES, scored(0.5))
    trials.run("4", VALUES, scored(0.4))
    assert trials.best().val_log_loss == 0.4


def test_what_an_earlier_life_has_ended_is_not_run_again_and_what_was_stopped_is(
    tmp_path: Path,
) -> None:
    def stopped(_report: Report) -> Scores:
        raise StopRequested

    with EventWriter(tmp_path / EVENTS) as events:
        trials = Trials(tmp_path, events.write)
        trials.run("1", VALUES, scored(0.4))
        with pytest.raises(StopRequested):
            trials.run("2", VALUES, stopped)
    said: list[Event] = []
    later = Trials(tmp_path, said.append)
    assert later.run("1", VALUES, stopped).score == 0.4
    assert said == []
    later.run("2", VALUES, scored(0.5))
    assert [event.trial.id for event in said if isinstance(event, TrialEnded)] == ["2"]
    assert later.best().val_log_loss == 0.4


def test_a_full_disk_ends_the_search_and_is_no_trials_failure(tmp_path: Path) -> None:
    def full(_report: Report) -> Scores:
        with explained(tmp_path / "checkpoint.npz"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with EventWriter(tmp_path / EVENTS) as events:
        trials = Trials(tmp_path, events.write)
        with pytest.raises(UserError, match="The disk is full"):
            trials.run("1", VALUES, full)
    assert [event.kind for event in read_events(tmp_path / EVENTS)] == ["trial_started"]
    assert Trials(tmp_path, lambda _event: None).run("1", VALUES, scored(0.4)).score == 0.4


def test_what_failed_is_run_again_once_the_search_has_failed_and_not_before(
    tmp_path: Path,
) -> None:
    def wrong(_report: Report) -> Scores:
        raise UserError("It broke.", "a whole one.", "mend it.")

    with EventWriter(tmp_path / EVENTS) as events:
        trials = Trials(tmp_path, events.write)
        trials.run("1", VALUES, scored(0.4))
        trials.run("2", VALUES, wrong)
        stopped = Trials(tmp_path, events.write)
        assert stopped.run("2", VALUES, scored(0.3)).status == "failed"
        events.write(TaskFailed(error=ErrorReport(happened="It broke."), seconds=1.0))
        resumed = Trials(tmp_path, events.write)
        assert resumed.run("1", VALUES, wrong).status == "done"
        assert resumed.run("2", VALUES, scored(0.3)).status == "done"
    assert Trials(tmp_path, lambda _event: None).best().val_log_loss == 0.3


def test_the_best_trial_is_the_best_by_the_competitions_metric(tmp_path: Path) -> None:
    def ranked(loss: float, auc: float) -> Work:
        return lambda _report: Scores(val_log_loss=loss, metric="auc", val_metric=auc)

    trials = Trials(tmp_path, lambda _event: None)
    trials.run("1", VALUES, ranked(0.3, 0.90))
    trials.run("2", VALUES, ranked(0.4, 0.95))
    ended = trials.run("3", VALUES, ranked(0.35, 0.95))
    assert (ended.metric, ended.val_metric, ended.score) == ("auc", 0.95, 0.35)
    assert trials.best().val_log_loss == 0.35, "the log-loss, where the metric is the same"


def test_a_trial_that_goes_on_counts_what_it_did_before(tmp_path: Path) -> None:
    def halted(report: Report) -> Scores:
        for number in range(6):
            report(epoch(number, 0.5))
        time.sleep(0.05)
        report(epoch(6, 0.5))
        raise StopRequested

    with EventWriter(tmp_path / EVENTS) as events, pytest.raises(StopRequested):
        Trials(tmp_path, events.write).run("1", VALUES, halted)
    (*_, last) = read_events(tmp_path / EVENTS)
    assert isinstance(last, TrialEpoch)
    assert last.trial.seconds >= 0.05, "also a running trial says how long it has worked"
    said: list[Event] = []
    ended = Trials(tmp_path, said.append).run("1", VALUES, scored(0.4))
    first = said[0]
    assert isinstance(first, TrialStarted)
    assert (first.trial.status, first.trial.epoch) == ("running", 7)
    assert (ended.epoch, ended.score) == (7, 0.4)
    assert ended.seconds >= last.trial.seconds
    other = Trials(tmp_path, said.append).run("1", {"head.units": 9}, scored(0.4))
    assert other.epoch == 0, "other values make another trial"
