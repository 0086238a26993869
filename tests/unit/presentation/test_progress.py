"""How much is left of an experiment, by the fold that runs and those that are done."""

import pytest

from app.presentation.text import progress_text
from app.widgets.run_status import task_line
from engine.experiment.record import Status, TaskRecord
from engine.progress import LiveTask, together


def task(number: int, status: Status, seconds: float = 0.0) -> TaskRecord:
    return TaskRecord(name=f"fold{number}", fold=number, status=status, seconds=seconds)


def live(number: int, epoch: int, remaining: float | None) -> LiveTask:
    return LiveTask(
        "7", f"fold{number}", "training all", 0, 4, epoch, 4, "epoch", None, remaining, ()
    )


DONE, RUNNING, QUEUED = Status.DONE, Status.RUNNING, Status.QUEUED
FIRST = (task(0, RUNNING, 40), task(1, QUEUED), task(2, QUEUED))
LATER = (task(0, DONE, 90), task(1, DONE, 60), task(2, RUNNING, 45), task(3, QUEUED))


@pytest.mark.parametrize(
    ("running", "tasks", "left"),
    [
        (live(0, 2, 20.0), FIRST, 20 + 2 * 60),
        (live(0, 4, None), FIRST, None),
        (live(2, 3, 10.0), LATER, 10 + 60),
        # While it predicts, what the fold before took tells.
        (live(2, 4, None), LATER, 15 + 60),
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


def test_the_bar_counts_the_share_of_what_is_under_way() -> None:
    search = LiveTask("7", "search", "predicting", 1, 4, 1, 4, "trial", None, None, (), share=0.5)
    assert " 38% " in task_line(search, "tiny").plain


def test_the_bar_is_full_when_the_last_fold_is_done() -> None:
    (found,) = together([live(2, 4, None)], LATER)
    line = task_line(found, "tiny").plain
    assert line.startswith("▶ 7 " + "━" * 18 + "─" * 6 + "  75% 1:15 left 2/4 folds · epoch 4/4")
    assert "2/4 folds done" in progress_text(found)
    (last,) = together([live(3, 4, 0.0)], (*LATER[:2], task(2, DONE), task(3, RUNNING)))
    assert "100% 0.0 s left 3/4 folds" in task_line(last, "tiny").plain
