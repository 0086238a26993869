"""Real supervisors and workers on a real, small competition."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil
import pytest

from app.cli import run_command
from engine.errors import UserError
from engine.events.reader import read_events
from engine.events.types import EpochEnded, Note, TaskStarted
from engine.experiment.record import ExperimentRecord, Status
from engine.jobs.folding import fold_events
from engine.jobs.launchers import LocalLauncher, SpawnedWorker
from engine.jobs.liveness import claim_of, is_alive
from engine.jobs.starting import ensure_supervisor
from engine.jobs.tasks import EVENTS, LOG, PREDICTIONS, WEIGHTS, TaskOrder
from engine.jobs.workspace import Workspace
from engine.service import Service
from engine.store.notebook import Notebook
from tests.jobs.conftest import has_trained, settled
from tests.support import tiny_spec, wait_until
from tests.unit.competition.builders import flowers

EPOCHS = 40


def folder_of(service: Service, record: ExperimentRecord) -> Path:
    return service.workspace.task(record.id, "fold0")


def pid_of(folder: Path) -> int:
    claim = claim_of(folder)
    assert claim is not None
    return claim.pid


def stored_status(service: Service, experiment: str) -> Status:
    """As the notebook has it, whatever the event files say."""
    return Service(service.workspace.root)._notebook.record(experiment).status


def test_a_run_leaves_scores_curves_weights_and_predictions(
    arena: Service, finished: ExperimentRecord
) -> None:
    assert finished.status is Status.DONE
    assert finished.error is None
    scores = finished.scores
    assert scores.train_log_loss is not None
    assert scores.val_log_loss is not None
    assert (scores.train_rows, scores.val_rows) == (32, 8)
    assert scores.metric == "log_loss"
    assert scores.val_metric == scores.val_log_loss
    history = finished.tasks[0].history
    assert {"log_loss", "val_log_loss", "val_accuracy", "learning_rate"} <= set(history)
    assert {len(curve) for curve in history.values()} == {1}
    assert finished.environment["device"].startswith("CPU")
    assert isinstance(finished.started, datetime)
    assert isinstance(finished.finished, datetime)
    assert finished.created <= finished.started <= finished.finished
    folder = folder_of(arena, finished)
    assert (folder / WEIGHTS).stat().st_size > 10_000
    with np.load(folder / PREDICTIONS) as stored:
        assert stored["validation"].shape == (8, 1)
        assert stored["test"].shape == (6, 1)
        assert not set(stored["validation_rows"]) & set(stored["train_rows"])
    assert not list(folder.glob("checkpoint*"))
    assert not list(folder.glob(".*"))
    wait_until(lambda: stored_status(arena, finished.id) is Status.DONE)


def test_an_export_is_checked_and_noted(
    arena: Service, finished: ExperimentRecord, tmp_path: Path
) -> None:
    exported = arena.submissions.export(finished.id, tmp_path / "answer.csv")
    assert (exported.rows, exported.columns) == (6, ("name", "tulip"))
    assert len((tmp_path / "answer.csv").read_text().splitlines()) == 7
    assert arena.record(finished.id).submission == str(tmp_path / "answer.csv")


@pytest.mark.slow
def test_an_export_of_what_has_learned_nothing_says_so(
    arena: Service, finished: ExperimentRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = Notebook(arena.workspace)
    known = notebook.record(finished.id)

    def scored(loss: float) -> Callable[[ExperimentRecord], ExperimentRecord]:
        scores = finished.scores.model_copy(update={"val_log_loss": loss, "prior_log_loss": 0.69})
        return lambda found: found.model_copy(update={"scores": scores})

    try:
        for loss, warning in ((0.2, ""), (0.8, "0.800, is no better than the 0.690 of the class")):
            notebook.change(finished.id, scored(loss))
            words = ["export", finished.id, "-w", str(arena.workspace.root)]
            assert run_command(words) == 0
            told = capsys.readouterr().err
            assert warning in told
            assert bool(told) is bool(warning)
    finally:
        notebook.change(finished.id, lambda _: known)


def test_stopped_killed_and_orphaned_a_run_still_ends_done(
    arena: Service, finished: ExperimentRecord
) -> None:
    """One long run through everything that may befall it; no epoch is trained twice for good."""
    long = arena.submit(tiny_spec(f"phases.0.epochs={EPOCHS}", "batch_size=1"))
    second = arena.submit(tiny_spec())
    third = arena.submit(tiny_spec())
    folder = folder_of(arena, long)

    # In the queue: order, and a way out of it.
    wait_until(lambda: has_trained(arena, long.id, 2))
    assert arena.record(second.id).status is Status.QUEUED
    assert arena.stop(third.id).status is Status.STOPPED
    with pytest.raises(UserError, match="was stopped already"):
        arena.stop(third.id)

    # Stopped: it saves, says so, and makes room for the next.
    arena.stop(long.id)
    stopped = settled(arena, long.id)
    assert stopped.status is Status.STOPPED
    assert stopped.error is None
    done = len(stopped.tasks[0].history["val_log_loss"])
    assert 2 <= done < EPOCHS
    assert (folder / "checkpoint.json").exists()
    assert settled(arena, second.id).status is Status.DONE
    ended, began = arena.record(long.id).finished, arena.record(second.id).started
    assert ended is not None
    assert began is not None
    assert began >= ended

    # Resumed, then killed without a word.
    arena.resume(long.id)
    wait_until(lambda: has_trained(arena, long.id, done + 2))
    os.kill(pid_of(folder), signal.SIGKILL)
    killed = settled(arena, long.id)
    assert killed.status is Status.INTERRUPTED
    assert killed.error is not None
    assert "signal 9" in killed.error.happened
    assert "resume it" in killed.error.fix
    assert killed.tasks[0].history["log_loss"][:done] == stopped.tasks[0].history["log_loss"]

    # Resumed, and its supervisor killed: the next one takes the worker over.
    arena.resume(long.id)
    reached = len(killed.tasks[0].history["log_loss"])
    wait_until(lambda: has_trained(arena, long.id, reached + 1))
    worker, supervisor = pid_of(folder), pid_of(arena.workspace.supervisor)
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not is_alive(arena.workspace.supervisor))
    assert arena.record(long.id).status is Status.RUNNING
    with pytest.raises(UserError, match="is running"):
        arena.resume(long.id)
    ensure_supervisor(arena.workspace)
    wait_until(lambda: is_alive(arena.workspace.supervisor))
    assert pid_of(arena.workspace.supervisor) != supervisor
    final = settled(arena, long.id)
    assert final.status is Status.DONE, final.error
    assert pid_of(folder) == worker
    wait_until(lambda: stored_status(arena, long.id) is Status.DONE)
    assert len(final.tasks[0].history["val_log_loss"]) == EPOCHS
    assert final.tasks[0].history["log_loss"][:done] == stopped.tasks[0].history["log_loss"]

    events = read_events(folder / EVENTS)
    lives = [event.resumed_epoch for event in events if isinstance(event, TaskStarted)]
    assert lives[:2] == [0, done]
    assert len(lives) == 3
    trained = [event.epoch for event in events if isinstance(event, EpochEnded)]
    assert trained[: done + 1] == list(range(done + 1))
    assert [event.seq for event in events] == list(range(len(events)))


@pytest.mark.slow
def test_only_one_supervisor_runs(arena: Service, finished: ExperimentRecord) -> None:
    ensure_supervisor(arena.workspace)
    wait_until(lambda: is_alive(arena.workspace.supervisor))
    before = pid_of(arena.workspace.supervisor)
    second = subprocess.run(
        [sys.executable, "-m", "engine.jobs.supervisor", str(arena.workspace.root)],
        check=False,
        timeout=30,
    )
    assert second.returncode == 0
    assert pid_of(arena.workspace.supervisor) == before
    assert psutil.pid_exists(before)


def test_closing_the_submitting_process_stops_nothing(
    arena: Service, finished: ExperimentRecord
) -> None:
    """The submitter is ended with all its process group, as a closed terminal does it."""
    script = (
        "import sys, time; from pathlib import Path; from engine.service import Service;"
        "from tests.support import tiny_spec;"
        "print(Service(Path(sys.argv[1])).submit(tiny_spec()).id, flush=True); time.sleep(60)"
    )
    submitter = subprocess.Popen(
        [sys.executable, "-c", script, str(arena.workspace.root)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parents[2],
    )
    assert submitter.stdout is not None
    identifier = submitter.stdout.readline().strip()
    os.killpg(submitter.pid, signal.SIGKILL)
    submitter.wait()
    submitter.stdout.close()
    assert settled(arena, identifier).status is Status.DONE


def order_for(service: Service, folder: Path, data: str | None = None) -> TaskOrder:
    order = TaskOrder(
        experiment="x",
        task="fold0",
        fold=0,
        spec=tiny_spec(),
        parent=None,
        workspace=str(service.workspace.root),
        data=data or service.data,
    )
    order.write(folder)
    return order


@pytest.mark.slow
def test_a_worker_started_by_hand_behaves_the_same(
    arena: Service, finished: ExperimentRecord, tmp_path: Path
) -> None:
    order = order_for(arena, tmp_path / "task")
    ended = subprocess.run(
        [sys.executable, "-m", "engine.jobs.worker", str(tmp_path / "task")],
        check=False,
        cwd=tmp_path,
        timeout=200,
    )
    assert ended.returncode == 0, (tmp_path / "task" / LOG).read_text()
    events = read_events(tmp_path / "task" / EVENTS)
    task = fold_events(finished.tasks[0], events)
    assert task.status is Status.DONE
    # The same spec on the same data: the same scores, whoever launches it.
    assert task.scores == finished.scores
    assert order.spec == finished.spec


@pytest.fixture(params=["forked", "spawned"])
def launcher(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalLauncher]:
    """Launches both kinds of workers: those of a CPU, and those that a GPU needs."""
    if request.param == "spawned":
        monkeypatch.setattr("engine.jobs.launchers.CAN_FORK", False)
    one = LocalLauncher(tmp_path / "workers.log")
    yield one
    one.end()


@pytest.mark.slow
def test_a_warm_worker_that_died_is_replaced_and_a_vanished_folder_is_reported(
    arena: Service, finished: ExperimentRecord, tmp_path: Path, launcher: LocalLauncher
) -> None:
    order_for(arena, tmp_path / "task", data=str(tmp_path / "vanished"))
    launcher.warm("cpu")
    (warm,) = launcher._waiting.values()
    warm.kill()
    wait_until(lambda: warm.exit_code() is not None)
    handle = launcher.launch(tmp_path / "task", "cpu")
    assert pid_of(tmp_path / "task") != warm.pid
    assert wait_until(handle.exit_code) == 1
    task = fold_events(finished.tasks[0], read_events(tmp_path / "task" / EVENTS))
    assert task.status is Status.FAILED
    assert task.error is not None
    assert "vanished" in task.error.happened
    assert all((task.error.happened, task.error.expected, task.error.fix))
    # It is told in three parts by the event; a traceback would say that we can't.
    assert "Traceback" not in (tmp_path / "task" / LOG).read_text()


def test_a_warm_worker_leaves_when_its_supervisor_does(launcher: LocalLauncher) -> None:
    launcher.warm("cpu")
    (warm,) = launcher._waiting.values()

    def environment() -> dict[str, str] | None:
        # Until it has become the worker it has that of its parent.
        found = psutil.Process(warm.pid).environ()
        return found if found.get("MALLOC_MMAP_MAX_") == "0" else None

    # Memory that is freed is kept.
    environment_of_worker = wait_until(environment)
    assert int(environment_of_worker["MALLOC_TRIM_THRESHOLD_"]) > 1 << 30
    began = time.monotonic()
    launcher.end()
    assert warm.exit_code() == -signal.SIGKILL
    assert time.monotonic() - began < 60


@pytest.mark.slow
def test_a_warm_worker_does_not_outlive_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    script = (
        "import os, sys, pathlib; from engine.jobs.launchers import LocalLauncher;"
        "one = LocalLauncher(pathlib.Path(sys.argv[1])); one.warm('cpu');"
        "print(one._waiting['cpu'].pid, flush=True); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "log.txt")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    wait_until(lambda: not psutil.pid_exists(int(ended.stdout)))


def test_where_nothing_can_be_forked_workers_import_for_themselves(
    monkeypatch: pytest.MonkeyPatch, launcher: LocalLauncher
) -> None:
    def refused(_log: Path, _environment: dict[str, str]) -> None:
        raise EOFError

    monkeypatch.setattr("engine.jobs.launchers.ForkedWorker", refused)
    launcher.warm("cpu")
    (warm,) = launcher._waiting.values()
    assert isinstance(warm, SpawnedWorker)


@pytest.mark.slow
def test_where_tensorflow_finds_no_gpu_folds_take_turns(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A driver is there, and what TensorFlow needs besides is not."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: Tesla T4'; echo 'GPU 1: Tesla T4'\n", "utf-8")
    tool.chmod(0o755)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    data = flowers(tmp_path / "competition", rows=40, test=6)
    service = Service(workspace.root, str(data))
    record = settled(service, service.submit(tiny_spec("folds=2")).id, 180)
    service.close()
    assert record.status is Status.DONE
    assert "slots" not in record.environment
    first, second = (
        read_events(workspace.task(record.id, task.name) / EVENTS) for task in record.tasks
    )
    assert second[0].time >= first[-1].time
    told = [event.text for event in (*first, *second) if isinstance(event, Note)]
    assert len([text for text in told if "was given the GPU 0, but TensorFlow finds" in text]) == 1


def test_paths_of_a_workspace_create_nothing(workspace: Workspace) -> None:
    assert Service(workspace.root).records() == ()
    assert list(workspace.root.iterdir()) == []
