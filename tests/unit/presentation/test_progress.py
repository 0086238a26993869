"""How much is left of an experiment, by the fold that runs and those that are done."""

from dataclasses import replace

import pytest

from app.presentation.text import epoch_text, progress_text
from app.presentation.under_way import progress_fields
from app.widgets.run_status import task_line
from engine.experiment.means import mean_scores
from engine.experiment.record import Scores, Status, TaskRecord
from engine.experiment.spec import ExperimentSpec, PhaseSpec, Stage
from engine.progress import LiveTask, together
from tests.functional import staging


def task(number: int, status: Status, seconds: float = 0.0) -> TaskRecord:
    return TaskRecord(name=f"fold{number}", fold=number, status=status, seconds=seconds)


def live(
    number: int, epoch: int, own: float | None, each: float | None = 60.0, part: float = 0.5
) -> LiveTask:
    told = ("7", f"fold{number}", "training all", 0, 4, epoch, 4, "epoch", None, None, ())
    return LiveTask(*told, own=own, each=each, part=part)


DONE, RUNNING, QUEUED = Status.DONE, Status.RUNNING, Status.QUEUED
FIRST = (task(0, RUNNING, 40), task(1, QUEUED), task(2, QUEUED))
LATER = (task(0, DONE, 90), task(1, DONE, 60), task(2, RUNNING, 45), task(3, QUEUED))


@pytest.mark.parametrize(
    ("running", "tasks", "left"),
    [
        (live(0, 2, 20.0), FIRST, 20 + 2 * 60),
        (live(0, 4, None), FIRST, None),
        (live(2, 3, 10.0), LATER, 10 + 60),
        (live(2, 4, 15.0), LATER, 15 + 60),
    ],
)
def test_the_time_left_is_that_of_all_folds(
    running: LiveTask, tasks: tuple[TaskRecord, ...], left: float | None
) -> None:
    (found,) = together([running], tasks)
    assert found.remaining == left
    assert found.folds == len(tasks)
    assert found.folds_done == sum(1 for one in tasks if one.status is DONE)


def test_two_folds_at_a_time_share_those_that_wait() -> None:
    tasks = (task(0, RUNNING, 30), task(1, RUNNING, 30), task(2, QUEUED), task(3, QUEUED))
    found = together([live(0, 2, 30.0), live(1, 2, 30.0)], tasks)
    assert [one.remaining for one in found] == [90.0, 90.0]


def test_a_single_fold_says_nothing_of_folds() -> None:
    (found,) = together([live(0, 2, 20.0)], FIRST[:1])
    assert found.remaining == 20.0
    assert "folds" not in progress_text(found)
    assert "folds" not in task_line(found, "tiny").plain


def test_the_bar_counts_the_work_of_the_folds_that_run() -> None:
    (found,) = together([live(2, 2, 20.0, part=0.5)], LATER)
    assert " 62% " in task_line(found, "tiny").plain
    both = together([live(0, 2, 20.0), live(1, 2, 20.0)], (task(0, RUNNING), task(1, RUNNING)))
    assert [one.whole for one in both] == [0.5, 0.5]


def test_the_bar_is_not_full_before_the_last_fold_is_done() -> None:
    (found,) = together([live(2, 4, 15.0, part=1.0)], LATER)
    line = task_line(found, "tiny").plain
    assert line.startswith("▶ 7 " + "━" * 18 + "─" * 6 + "  75% 1:15 left 2/4 folds · epoch 4/4")
    assert "2/4 folds done" in progress_text(found)
    last_runs = (*LATER[:2], task(2, DONE), task(3, RUNNING))
    (last,) = together([live(3, 4, 0.0, part=1.0)], last_runs)
    assert " 99% 3/4 folds" in task_line(last, "tiny").plain


def test_epochs_that_a_phase_gave_up_are_not_counted() -> None:
    phases = (PhaseSpec(train="head", epochs=20, patience=3), PhaseSpec(epochs=20))
    curves = {"log_loss": (0.5, 0.4)}
    fit = TaskRecord(name="fold0", fold=0, phase_starts=(0, 1), history=curves)
    spec = ExperimentSpec(stage=Stage.REGULARIZE, phases=phases)
    told = staging.record(7, spec=spec, tasks=(fit,))
    assert epoch_text(told, 0, 1) == "epoch 2/21 · train 0.4000"


def test_a_range_test_counts_batches() -> None:
    fit = TaskRecord(
        name="fold0", fold=0, history={"loss": (0.5, 0.4), "learning_rate": (1e-7, 2e-7)}
    )
    spec = ExperimentSpec(stage=Stage.REGULARIZE, kind="range_test")
    told = staging.record(7, spec=spec, tasks=(fit,))
    assert epoch_text(told, 0, 1) == "batch 2/150 · loss 0.4 · learning rate 2e-07"
    running = replace(live(0, 3, 1.0), unit="batch")
    assert progress_text(running).startswith(f"{running.task} · batch 4/")
    fields = progress_fields(running)
    assert fields is not None
    assert fields["batches"] == running.epochs


def test_scores_are_on_no_rows_where_nothing_was_validated() -> None:
    tested = [
        TaskRecord(name=f"fold{n}", fold=n, status=DONE, scores=Scores(suggested_rate=0.1))
        for n in range(5)
    ]
    assert mean_scores(tested).val_rows is None
    assert mean_scores(tested).suggested_rate == pytest.approx(0.1)
    half = [*tested, TaskRecord(name="a", fold=5, status=DONE, scores=Scores(val_rows=7))]
    assert mean_scores(half).val_rows == 7
