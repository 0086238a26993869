"""Searches in real workers on a real, small competition."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import run_command
from engine.errors import UserError
from engine.events.reader import read_events
from engine.events.types import TaskStarted, TrialEnded, TrialEpoch, TrialStarted
from engine.experiment.record import ExperimentRecord, Status
from engine.experiment.search import SearchSpec, TrialState
from engine.jobs.folding import fold_events
from engine.jobs.liveness import claim_of
from engine.jobs.tasks import EVENTS, LOG, TaskOrder, plan_tasks
from engine.progress import LiveTask
from engine.service import Service
from engine.tuning.planning import plan_search
from tests.jobs.conftest import settled
from tests.support import tiny_spec, wait_until

PRETRAINED = ("backbone=efficientnet_lite0", "weights=imagenet", "image_size=32")


def folder_of(service: Service, record: ExperimentRecord) -> Path:
    return service.workspace.task(record.id, "search")


def trials_of(service: Service, experiment: str) -> tuple[TrialState, ...]:
    return service.record(experiment).tasks[0].trials


def done_of(trials: tuple[TrialState, ...]) -> list[str]:
    return [trial.id for trial in trials if trial.is_finished]


def kept(service: Service) -> set[str]:
    """What frozen layers have computed, one file a tensor and image set."""
    return {path.name for path in (service.workspace.cache / "activations").glob("*.npy")}


@pytest.fixture(scope="module")
def seen() -> list[LiveTask]:
    """What was to be seen of the search while it ran."""
    return []


@pytest.fixture(scope="module")
def searched(arena: Service, seen: list[LiveTask]) -> ExperimentRecord:
    """A grid over losses, of which one does not suit a binary target."""
    base = tiny_spec(*PRETRAINED, "phases.0.train=head", "phases.0.epochs=2")
    search = plan_search(base, ["loss.name=cross_entropy,sparsemax,focal"], "grid")
    experiment = arena.submit(search, parent=None).id

    def look() -> ExperimentRecord | None:
        seen.extend(live for live in arena.snapshot().live if live.experiment == experiment)
        record = arena.record(experiment)
        return record if record.status.is_finished else None

    return wait_until(look, 90.0)


@pytest.mark.slow
def test_a_trial_that_fails_is_told_and_the_search_goes_on(
    arena: Service, searched: ExperimentRecord
) -> None:
    assert searched.status is Status.DONE, searched.error
    trials = searched.tasks[0].trials
    assert [(one.id, one.status) for one in trials] == [
        ("1", "done"),
        ("2", "failed"),
        ("3", "done"),
    ]
    assert [one.values["loss.name"] for one in trials] == ["cross_entropy", "sparsemax", "focal"]
    assert "sparsemax" in trials[1].error
    assert trials[1].score is None
    assert [one.epoch for one in trials] == [2, 0, 2]
    scores = searched.scores
    assert scores.val_log_loss == min(one.score for one in trials if one.score is not None)
    assert (scores.metric, scores.val_metric) == ("log_loss", scores.val_log_loss)
    assert scores.val_rows == 8
    said = read_events(folder_of(arena, searched) / EVENTS)
    kinds = [type(event) for event in said if isinstance(event, TrialStarted | TrialEnded)]
    assert kinds == [TrialStarted, TrialEnded] * 3
    assert sum(isinstance(event, TrialEpoch) for event in said) == 4
    assert fold_events(plan_tasks(searched.spec)[0], said).trials == trials  # type: ignore[arg-type] # it is a search
    # The checkpoints of trials that have ended are gone.
    assert not list(folder_of(arena, searched).glob("trial-*"))


def test_trials_are_seen_while_they_run(seen: list[LiveTask], searched: ExperimentRecord) -> None:
    assert {live.unit for live in seen} == {"trial"}
    assert {live.epochs for live in seen} == {3}
    assert any("through efficientnet_lite0" in live.doing for live in seen)


def test_trials_share_what_frozen_layers_compute(
    arena: Service, searched: ExperimentRecord
) -> None:
    (file,) = kept(arena)
    assert file.startswith("efficientnet_lite0-32-")


def test_killed_and_stopped_a_search_keeps_what_is_done_and_repeats_none_of_it(
    arena: Service,
) -> None:
    base = tiny_spec("phases.0.epochs=15", "batch_size=2", "head.layers=1", "head.units=8")
    search = plan_search(base, ["head.units=8,16", "head.batch_norm=false,true"], "random", 4)
    experiment = arena.submit(search).id
    folder = arena.workspace.task(experiment, "search")

    def reached(count: int) -> bool:
        """Whether so many are done, and the next one is in the middle."""
        record = arena.record(experiment)
        assert not record.status.is_finished, record.error
        trials = record.tasks[0].trials
        return len(done_of(trials)) == count and len(trials) == count + 1 and trials[-1].epoch > 0

    wait_until(lambda: reached(1))
    claim = claim_of(folder)
    assert claim is not None
    os.kill(claim.pid, signal.SIGKILL)
    killed = settled(arena, experiment)
    assert killed.status is Status.INTERRUPTED
    assert [one.status for one in killed.tasks[0].trials] == ["done", "stopped"]

    arena.resume(experiment)
    wait_until(lambda: reached(2))
    arena.stop(experiment)
    stopped = settled(arena, experiment)
    assert stopped.status is Status.STOPPED
    assert stopped.tasks[0].trials[0] == killed.tasks[0].trials[0]
    assert done_of(stopped.tasks[0].trials) == ["1", "2"]
    assert stopped.tasks[0].trials[-1].status == "stopped"

    arena.resume(experiment)
    final = settled(arena, experiment)
    assert final.status is Status.DONE, final.error
    assert final.tasks[0].trials[:2] == stopped.tasks[0].trials[:2]
    said = read_events(folder / EVENTS)
    assert [e.trial.id for e in said if isinstance(e, TrialEnded)] == ["1", "2", "3", "4"]
    begun = [event.trial.id for event in said if isinstance(event, TrialStarted)]
    assert begun == ["1", "2", "2", "3", "3", "4"]
    assert len({json.dumps(one.values) for one in final.tasks[0].trials}) == 4

    # The best trial, run as an experiment of its own, scores what it scored.
    promoted = settled(arena, arena.searches.promote(experiment).id)
    assert promoted.status is Status.DONE, promoted.error
    assert promoted.parent == experiment
    assert promoted.scores.val_log_loss == pytest.approx(final.scores.val_log_loss, abs=1e-6)


@pytest.mark.slow
def test_a_process_that_has_grown_begins_anew_and_goes_on(arena: Service, tmp_path: Path) -> None:
    search = plan_search(tiny_spec("head.layers=1"), ["head.units=8,16"], "grid", 2)
    TaskOrder(
        experiment="x",
        task="search",
        fold=0,
        spec=search.base,
        search=search,
        parent=None,
        workspace=str(arena.workspace.root),
        data=arena.data,
    ).write(tmp_path / "task")
    # Its first life ends behind the first trial; the next ones are as long as ever.
    script = (
        "import sys; import engine.tuning.search as search; from engine.jobs.worker import main;"
        "search.TRIALS_A_LIFE = 1; sys.exit(main())"
    )
    worker = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "task")],
        check=False,
        timeout=90,
        cwd=Path(__file__).parents[2],
    )
    assert worker.returncode == 0, (tmp_path / "task" / LOG).read_text()
    said = read_events(tmp_path / "task" / EVENTS)
    assert sum(isinstance(event, TaskStarted) for event in said) == 2
    task = fold_events(plan_tasks(search)[0], said)
    assert (task.status, task.error) == (Status.DONE, None)
    assert [(one.id, one.status) for one in task.trials] == [("1", "done"), ("2", "done")]
    assert sum(isinstance(event, TrialEnded) for event in said) == 2


def test_the_commands_show_promote_and_refuse(
    arena: Service, searched: ExperimentRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    def hydra(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        status = run_command([*words, "-w", str(arena.workspace.root)])
        return status, capsys.readouterr().out

    status, shown = hydra("show", searched.id)
    assert status == 0
    assert "✗ failed" in shown
    assert "over loss.name" in shown
    assert "sparsemax" in shown
    _, document = hydra("show", searched.id, "--json")
    # Two finished trials say nothing of what matters.
    assert json.loads(document)["importance"] == []
    assert hydra("export", searched.id)[0] == 2
    with pytest.raises(UserError, match="is a search, which predicts nothing"):
        arena.inspection.errors(searched.id)
    assert hydra("promote", searched.id, "1", "--top", "2")[0] == 2
    assert hydra("tune", "baseline", "--over", "head.unit=8,16")[0] == 2
    assert hydra("tune", "--from", searched.id)[0] == 2
    _, queued = hydra("promote", searched.id, "--top", "2", "--folds", "2", "--detach", "--json")
    first, second = json.loads(queued)
    assert (first["parent"], first["spec"]["folds"]) == (searched.id, 2)
    assert first["group"] == second["group"] == f"best of {searched.id}, {first['id']}"
    _, tuned = hydra("tune", "baseline", "--trials", "2", "--detach", "--json")
    search = SearchSpec.model_validate(json.loads(tuned)["spec"])
    assert (search.strategy, search.trials, search.stage) == ("bayesian", 2, "baseline")
    for record in (json.loads(tuned), second, first):
        arena.stop(record["id"])
