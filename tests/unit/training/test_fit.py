"""A fit learns, stops and goes on as if it had never stopped. In this process, at tiny size."""

import logging
import shutil
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from engine.errors import UserError
from engine.events.reader import read_events
from engine.events.types import (
    BatchEnded,
    EpochEnded,
    PhaseStarted,
    Preparing,
    TaskFailed,
    TaskStarted,
    TaskStopped,
)
from engine.experiment.means import mean_scores
from engine.experiment.record import Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec
from engine.jobs.folding import fold_events
from engine.jobs.liveness import request_stop
from engine.jobs.tasks import EVENTS, PREDICTIONS, WEIGHTS
from engine.jobs.worker import run_task
from engine.jobs.workspace import Workspace
from engine.training import reporter
from engine.training.checkpoint import Checkpoint
from engine.training.fit import fit_fold, resumable_epoch
from engine.training.schedules import make_schedule
from engine.training.stopping import StopRequested
from tests.support import tiny_spec
from tests.unit.training.fitting import Told, fit, order, stop_at, stored

pytestmark = pytest.mark.usefixtures("untraced")

SPEC = tiny_spec("phases.0.epochs=3", "phases.0.learning_rate=0.01")


@pytest.fixture(scope="module")
def whole(place: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scores, Told, Path]:
    told, folder = Told(), tmp_path_factory.mktemp("whole")
    return fit(place, SPEC, folder, told), told, folder


def test_the_same_spec_gives_the_same_run(
    place: Workspace, whole: tuple[Scores, Told, Path], tmp_path: Path
) -> None:
    scores, told, folder = whole
    again = Told()
    assert fit(place, SPEC, tmp_path, again) == scores
    assert again.losses() == told.losses()
    for name, values in stored(folder).items():
        np.testing.assert_array_equal(stored(tmp_path)[name], values)


@pytest.mark.parametrize(
    "told",
    [
        stop_at(BatchEnded, 1, 2),  # in the middle of an epoch
        pytest.param(stop_at(BatchEnded, 1, 4), marks=pytest.mark.slow),  # with its last batch
        pytest.param(stop_at(EpochEnded, 2), marks=pytest.mark.slow),  # when training is over
    ],
    ids=["in an epoch", "last batch", "at the end"],
)
def test_stopped_and_resumed_is_as_never_stopped(
    place: Workspace, whole: tuple[Scores, Told, Path], tmp_path: Path, told: Told
) -> None:
    scores, unstopped, folder = whole
    with pytest.raises(StopRequested):
        fit(place, SPEC, tmp_path, told)
    assert not (tmp_path / PREDICTIONS).exists()
    done = resumable_epoch(tmp_path)
    assert done == len(told.losses())

    rest = Told()
    resumed = fit(place, SPEC, tmp_path, rest)
    assert sorted(rest.losses()) == list(range(done, 3))
    batches = [(e.epoch, e.batch) for e in rest.events if isinstance(e, BatchEnded)]
    said = [(e.epoch, e.batch) for e in told.events if isinstance(e, BatchEnded)]
    assert said + batches == [(e, b) for e in range(3) for b in range(1, 5)]
    together = told.losses() | rest.losses()
    assert together == pytest.approx(unstopped.losses(), abs=1e-4)
    assert resumed.val_log_loss == pytest.approx(scores.val_log_loss, abs=1e-4)
    assert resumed.train_log_loss == pytest.approx(scores.train_log_loss, abs=1e-4)
    np.testing.assert_allclose(stored(tmp_path)["test"], stored(folder)["test"], atol=1e-4)
    assert not list(tmp_path.glob("checkpoint*"))


def test_an_epoch_s_rate_is_that_in_its_middle(place: Workspace, tmp_path: Path) -> None:
    spec = tiny_spec("phases.0.epochs=2", "phases.0.schedule=cosine")
    told = Told()
    fit(place, spec, tmp_path, told)
    batches = next(one.batches for one in told.events if isinstance(one, PhaseStarted))
    schedule = make_schedule(spec.phases[0], batches)
    wanted = [float(schedule(epoch * batches + batches // 2)) for epoch in range(2)]  # type: ignore[operator] # a cosine
    assert list(told.losses("learning_rate").values()) == pytest.approx(wanted, rel=1e-5)
    assert min(wanted) > 0, "what the last step leaves behind is nothing"


@pytest.mark.slow
def test_stopped_while_predicting_nothing_is_trained_again(
    place: Workspace, whole: tuple[Scores, Told, Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # Saving is not due after every epoch of a longer fit.
    monkeypatch.setattr(Checkpoint, "is_due", lambda _self: False)
    told = Told(until=lambda e: isinstance(e, Preparing) and e.what.startswith("predicting"))
    with pytest.raises(StopRequested):
        fit(place, SPEC, tmp_path, told)
    rest = Told()
    assert fit(place, SPEC, tmp_path, rest) == whole[0]
    assert rest.losses() == {}


@pytest.mark.slow
def test_early_stopping_restores_the_best_weights_also_after_a_stop(
    place: Workspace, tmp_path: Path
) -> None:
    spec = tiny_spec(
        "phases.0.epochs=40", "phases.0.learning_rate=0.05", "phases.0.patience=3", "head.layers=1"
    )
    told = Told()
    (tmp_path / "whole").mkdir()
    scores = fit(place, spec, tmp_path / "whole", told)
    losses = told.losses()
    best = min(losses, key=losses.__getitem__)
    assert len(losses) == best + 4 < 40
    assert scores.val_log_loss == pytest.approx(losses[best], abs=1e-4)
    last = max(losses)
    assert losses[best] < losses[last] - 1e-4

    # Stopped one epoch before it gives up, when its best weights are long past.
    with pytest.raises(StopRequested):
        fit(place, spec, tmp_path, stop_at(EpochEnded, last - 1))
    rest = Told()
    resumed = fit(place, spec, tmp_path, rest)
    assert sorted(rest.losses()) == [last]
    assert resumed.val_log_loss == pytest.approx(scores.val_log_loss, abs=1e-4)


@pytest.mark.slow
def test_two_phases_one_curve_also_when_stopped_between_them(
    place: Workspace, tmp_path: Path
) -> None:
    spec = tiny_spec("phases.0.epochs=1", "phases.0.train=head", "phases.1.epochs=2")
    told = Told()
    (tmp_path / "whole").mkdir()
    scores = fit(place, spec, tmp_path / "whole", told)
    phases = [event for event in told.events if isinstance(event, PhaseStarted)]
    assert [(phase.phase, phase.train) for phase in phases] == [(0, "head"), (1, "all")]
    assert 0 < phases[0].trainable < phases[1].trainable == phases[1].total
    assert list(told.losses()) == [0, 1, 2]
    folded = fold_events(TaskRecord(name="fold0", fold=0), [TaskStarted(), *told.events])
    assert folded.phase_starts == (0, 1)

    with pytest.raises(StopRequested):
        fit(place, spec, tmp_path, stop_at(EpochEnded, 0))
    rest = Told()
    resumed = fit(place, spec, tmp_path, rest)
    assert list(rest.losses()) == [1, 2]
    assert resumed.val_log_loss == pytest.approx(scores.val_log_loss, abs=1e-4)


def test_a_frozen_network_trains_from_its_activations_as_from_its_images(
    place: Workspace, tmp_path: Path
) -> None:
    spec = tiny_spec("phases.0.epochs=3", "phases.0.train=head", "phases.0.learning_rate=0.01")
    told = Told()
    scores = fit(place, spec, tmp_path, told)
    assert any(isinstance(e, Preparing) and "through plain_cnn" in e.what for e in told.events)
    assert list(told.losses()) == [0, 1, 2]
    assert scores.val_log_loss == pytest.approx(told.losses()[2], abs=1e-4)


def test_augmented_training_validates_on_the_images_as_they_are(
    place: Workspace, tmp_path: Path
) -> None:
    spec = tiny_spec("augmentation.rotation=180", "augmentation.zoom=0.5")
    told = Told()
    scores = fit(place, spec, tmp_path, told)
    assert scores.val_log_loss == pytest.approx(told.losses()[0], abs=1e-4)


@pytest.mark.slow
def test_a_gain_is_paired_with_the_parents_rows(
    place: Workspace, whole: tuple[Scores, Told, Path], tmp_path: Path
) -> None:
    shutil.copytree(whole[2], place.task("7", "fold0"))
    told = Told()
    child = order(place, SPEC, parent="7").model_copy(update={"overfit": "7"})
    scores = fit_fold(child, tmp_path, told, told.stop)
    assert scores.parent_gain == pytest.approx(0.0, abs=1e-6)
    assert scores.parent_gain_error == pytest.approx(0.0, abs=1e-6)
    assert (scores.overfit, scores.overfit_gain) == ("7", scores.parent_gain)
    assert scores.overfit_gain_error == scores.parent_gain_error
    assert whole[0].parent_gain is None
    # Over folds of which some were held against another run, or none, it is of none.
    tasks = [
        TaskRecord(name=f"fold{fold}", fold=fold, status=Status.DONE, scores=one)
        for fold, one in enumerate((scores, scores, whole[0]))
    ]
    assert mean_scores(tasks[:2]).overfit == "7"
    assert mean_scores(tasks[:2]).overfit_gain_error is not None
    assert mean_scores(tasks).overfit is None
    assert mean_scores(tasks).overfit_gain is None


@pytest.mark.slow
def test_what_fails_behind_the_fit_leaves_its_checkpoint(
    place: Workspace, whole: tuple[Scores, Told, Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Checkpoint, "is_due", lambda _self: True)
    monkeypatch.setattr("engine.training.fit.write_out_of_fold", full)
    with pytest.raises(OSError, match="No space"):
        fit(place, SPEC, tmp_path)
    monkeypatch.undo()
    rest = Told()
    assert fit(place, SPEC, tmp_path, rest) == whole[0]
    assert rest.losses() == {}


def run(place: Workspace, folder: Path, spec: ExperimentSpec, data: str = "../data") -> TaskRecord:
    """The worker's own work, in this process."""
    order(place, spec).model_copy(update={"data": data}).write(folder)
    run_task(folder)
    return fold_events(TaskRecord(name="fold0", fold=0), read_events(folder / EVENTS))


def test_an_impossible_task_fails_in_three_parts(
    place: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = run(place, tmp_path, tiny_spec("phases.0.train=last_convolutions:99"))
    assert task.status is Status.FAILED
    assert task.error is not None
    assert "the last 99 can't be trained" in task.error.happened
    assert task.error.expected.startswith("at most last_convolutions:")
    assert task.error.fix
    assert "Traceback" not in capsys.readouterr().err, "its three parts say it all"


def test_a_fault_of_ours_is_called_that(
    place: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("engine.jobs.worker.fit_fold", broken)
    task = run(place, tmp_path, tiny_spec())
    assert task.error is not None
    assert task.error.happened == "ZeroDivisionError: by zero"
    assert "Traceback" in capsys.readouterr().err
    assert "fault of hydra-tui" in task.error.expected


def test_a_task_asked_to_stop_before_it_began_stops(place: Workspace, tmp_path: Path) -> None:
    request_stop(tmp_path)
    task = run(place, tmp_path, tiny_spec("phases.0.epochs=1000"))
    assert task.status is Status.STOPPED
    assert isinstance(read_events(tmp_path / EVENTS)[-1], TaskStopped)


@pytest.mark.parametrize(("given", "is_told"), [("1", True), ("-1", False), (None, False)])
def test_a_gpu_that_is_not_found_is_told_of(
    place: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    is_told: bool,
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if given is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
    request_stop(tmp_path)
    task = run(place, tmp_path, SPEC)
    assert any("the GPU 1, but TensorFlow finds none" in note for note in task.notes) == is_told


@pytest.mark.slow
def test_a_full_disk_fails_with_the_fit_saved(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    task = run(place, tmp_path, SPEC)
    assert task.status is Status.FAILED
    assert task.error is not None
    assert task.error.happened.startswith("The disk is full")
    assert isinstance(read_events(tmp_path / EVENTS)[-1], TaskFailed)
    assert not (tmp_path / PREDICTIONS).exists()
    monkeypatch.undo()
    assert run(place, tmp_path, SPEC).status is Status.DONE
    assert (tmp_path / WEIGHTS).exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_says_what_to_do(value: float) -> None:
    watcher = reporter.Reporter(Told(), batches=3)
    watcher.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=0.1)))
    watcher.on_epoch_begin(1)
    with pytest.raises(UserError, match=r"The loss became (nan|inf) in epoch 2, batch 3") as caught:
        watcher.on_train_batch_end(2, {"loss": value})
    assert "learning_rate" in caught.value.fix
    assert "precision" not in caught.value.fix


def test_a_loss_that_half_precision_may_have_spoilt_is_worth_the_whole() -> None:
    watcher = reporter.Reporter(Told(), batches=3)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(UserError) as caught:
            watcher.on_train_batch_end(2, {"loss": float("nan")})
    finally:
        keras.config.set_dtype_policy("float32")
    assert "or set precision=float32 or mixed_bfloat16" in caught.value.fix


def test_weights_that_the_last_batch_spoilt_are_noticed_in_validation() -> None:
    watcher = reporter.Reporter(Told(), batches=3)
    with pytest.raises(UserError, match="The val_loss became nan in epoch 1"):
        watcher.on_epoch_end(0, {"loss": 0.5, "val_loss": float("nan")})


def test_the_log_holds_no_advice_for_who_writes_tensorflow_functions() -> None:
    logger = logging.getLogger("tensorflow")
    told = "5 out of the last 5 calls to <function f> triggered tf.function retracing."
    parts = ("tensorflow", logging.WARNING, "def_function.py", 1)
    assert not logger.filter(logging.LogRecord(*parts, told, (), None))
    assert logger.filter(logging.LogRecord(*parts, "out of memory", (), None))
