"""The best experiment by the competition's metric is on top, whichever way the metric counts."""

import pytest

from app.presentation.arrangement import Arrangement
from app.presentation.listing import Heading, key_of, name_of
from app.widgets.cells import cell, heading_text
from engine.experiment.record import ExperimentRecord, Status
from tests.functional.staging import record


@pytest.mark.parametrize(
    ("metric", "values", "best_first"),
    [("log_loss", [0.3, 0.1, 0.2], [1, 2, 0]), ("auc", [0.8, 0.9, 0.7], [1, 0, 2])],
)
def test_the_best_is_first(metric: str, values: list[float], best_first: list[int]) -> None:
    records = [record(1) for _ in range(4)]
    scored = [
        one.model_copy(
            update={"scores": one.scores.model_copy(update={"metric": metric, "val_metric": value})}
        )
        for one, value in zip(records, [*values, None], strict=True)
    ]
    key = key_of("metric", scored)
    running = record(2, status=Status.RUNNING)
    assert sorted(range(5), key=lambda place: key([*scored, running][place])) == [4, *best_first, 3]


def folded(number: int, loss: float, folds: int, done: int | None = None) -> ExperimentRecord:
    """An experiment over several folds, of which some are done."""
    (task,) = record(number).tasks
    states = [Status.DONE] * (folds if done is None else done)
    states += [Status.STOPPED] * (folds - len(states))
    tasks = tuple(
        task.model_copy(update={"fold": fold, "status": state}) for fold, state in enumerate(states)
    )
    return record(number, loss=loss, tasks=tasks)


def test_a_lucky_fold_does_not_stand_above_what_was_cross_validated() -> None:
    records = [folded(1, 0.10, 1), folded(2, 0.20, 5), folded(3, 0.15, 5), folded(4, 0.12, 5, 2)]
    best_first = sorted(records, key=key_of("metric", records))
    assert [one.id for one in best_first] == ["3", "2", "4", "1"]
    assert [cell("short", one).text for one in best_first] == [
        "0.1500 x5",
        "0.2000 x5",
        "0.1200 x2",
        "0.1000 x1",
    ]
    assert cell("val", records[0]).text == "0.1000 ±0.020 x1"
    assert "best val 0.1500 x5" in heading_text(Heading("sweep", tuple(records), True))


def test_what_was_scored_before_the_metric_was_corrected_is_sorted_by_the_new_one() -> None:
    early = [record(number, loss=loss) for number, loss in ((1, 0.30), (2, 0.35))]
    areas = {"1": 0.95, "2": 0.99, "3": 0.97}
    late = record(3, loss=0.32)
    everyone = [
        one.model_copy(
            update={
                "scores": one.scores.model_copy(
                    update={"val_auc": areas[one.id]}
                    | ({"metric": "auc", "val_metric": 0.97} if one is late else {})
                )
            }
        )
        for one in (*early, late)
    ]
    rows = Arrangement("metric", is_reversed=False)
    rows.judge(everyone[:2])
    rows.arrange()
    assert [name_of(line) for line in rows.lines] == [("1",), ("2",)], "by log-loss so far"
    rows.judge(everyone)
    rows.arrange()
    assert [name_of(line) for line in rows.lines] == [("2",), ("3",), ("1",)]
