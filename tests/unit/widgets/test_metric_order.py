"""The best experiment by the competition's metric is on top, whichever way the metric counts."""

import pytest

from app.presentation.listing import COLUMNS
from engine.experiment.record import Status
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
    key = COLUMNS["metric"][1]
    running = record(2, status=Status.RUNNING)
    assert sorted(range(5), key=lambda place: key([*scored, running][place])) == [4, *best_first, 3]
