"""Trials that fail: what they leave in the log, and how they are run again."""

from pathlib import Path
from typing import NoReturn

import pytest

from engine.errors import UnwritableError, UserError
from engine.events.types import Event, TaskFailed
from engine.events.writer import EventWriter
from engine.experiment.record import ErrorReport, Scores
from engine.experiment.spec import ExperimentSpec, Stage
from engine.jobs.tasks import EVENTS, TaskOrder
from engine.training.checkpoint import Checkpoint
from engine.training.fit import resumable_epoch
from engine.training.stopping import StopRequested, StopSignal
from engine.tuning import search as searching
from engine.tuning.planning import Strategy, plan_search
from engine.tuning.trial_fit import fit_trial
from engine.tuning.trials import Trials
from tests.support import tiny_spec
from tests.unit.competition.builders import flowers, workspace


def wrong(*_: object) -> NoReturn:
    raise UserError("The loss became nan.", "a finite one.", "lower the rate.")


def fault(*_: object) -> NoReturn:
    raise ZeroDivisionError("ours")


def order_of(strategy: Strategy, folder: Path) -> TaskOrder:
    base = ExperimentSpec(stage=Stage.BASELINE)
    return TaskOrder(
        experiment="1",
        task="search",
        fold=0,
        spec=base,
        search=plan_search(base, ["batch_size=8,16,32"], strategy),
        parent=None,
        workspace=str(folder),
        data=".",
    )


@pytest.mark.parametrize(("work", "traced"), [(wrong, 0), (fault, 3)])
def test_only_a_fault_of_ours_has_a_traceback(
    work: object,
    traced: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(searching, "load_fold", lambda *_: None)
    monkeypatch.setattr(searching, "fit_trial", work)
    order = order_of("grid", tmp_path)
    with pytest.raises(UserError, match="All 3 trials have failed"):
        searching.run_search(order, tmp_path, lambda _event: None, StopSignal())
    said = capfd.readouterr()
    assert (said.out + said.err).count("Traceback (most recent call last)") == traced


@pytest.mark.parametrize("strategy", ["grid", "random", "hyperband"])
@pytest.mark.parametrize("begun", [0, 1])
def test_a_search_that_failed_runs_its_failed_trials_again(
    strategy: Strategy, begun: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them where none was done, else those that were not."""
    ran: list[int] = []

    def fit(order: TaskOrder, *_: object) -> Scores:
        ran.append(order.spec.batch_size)
        if len(ran) > begun:
            wrong()
        return Scores(val_log_loss=0.3)

    def full(*_: object) -> NoReturn:
        raise UnwritableError("The disk is full.", "space.", "free some.")

    monkeypatch.setattr(searching, "load_fold", lambda *_: None)
    monkeypatch.setattr(searching, "fit_trial", fit)
    order = order_of(strategy, tmp_path)
    with EventWriter(tmp_path / EVENTS) as events:
        monkeypatch.setattr(Trials, "best", full)
        with pytest.raises(UnwritableError):
            searching.run_search(order, tmp_path, events.write, StopSignal())
        failed = ran[begun:]
        monkeypatch.undo()
        monkeypatch.setattr(searching, "load_fold", lambda *_: None)
        events.write(TaskFailed(error=ErrorReport(happened="It broke."), seconds=1.0))
        ran, begun = [], 9
        monkeypatch.setattr(searching, "fit_trial", fit)
        searching.run_search(order, tmp_path, events.write, StopSignal())
    assert ran[: len(failed)] == failed


@pytest.mark.slow
def test_a_trial_whose_folder_can_not_be_made_is_not_to_blame(tmp_path: Path) -> None:
    (tmp_path / "trial-1").write_text("in the way")
    order = order_of("grid", tmp_path)
    with pytest.raises(UnwritableError, match="in the way"):
        fit_trial(order, tmp_path / "trial-1", lambda _event: None, StopSignal())


def test_a_trial_that_is_stopped_while_it_predicts_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where saving takes long: after no epoch.
    monkeypatch.setattr(Checkpoint, "is_due", lambda _checkpoint: False)
    changes = {
        "spec": tiny_spec("phases.0.epochs=2"),
        "search": None,
        "workspace": str(workspace(tmp_path).root),
        "data": str(flowers(tmp_path / "data", rows=20, test=2)),
    }
    order, stop = order_of("grid", tmp_path).model_copy(update=changes), StopSignal()

    def report(event: Event) -> None:
        if event.kind == "preparing" and "predicting" in event.what:
            stop.set()

    with pytest.raises(StopRequested):
        fit_trial(order, tmp_path / "trial-1", report, stop)
    assert resumable_epoch(tmp_path / "trial-1") == 2
