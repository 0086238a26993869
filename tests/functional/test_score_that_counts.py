"""The score that the competition counts by, wherever experiments are told of."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.notices import away_notice
from app.presentation.column_choice import EVERY, ColumnChoice, chosen_columns
from app.presentation.listing import FEW, FEWER
from app.presentation.text import scores_text
from app.widgets.results_table import ResultsTable
from engine.experiment.record import ExperimentRecord
from tests.functional.staging import fill, opened, record, station, three


def by_f1(number: int, value: float) -> ExperimentRecord:
    made = record(number)
    scores = made.scores.model_copy(update={"metric": "macro_f1", "val_metric": value})
    return made.model_copy(update={"scores": scores})


@pytest.fixture
def garden(bare: Path) -> Path:
    fill(bare, [by_f1(1, 0.61), by_f1(2, 0.72)])
    return bare


def drawn(pilot: Pilot[None]) -> list[str]:
    """The table as it stands on the terminal."""
    table = station(pilot).query_one(ResultsTable)
    return [
        "".join(part.text for part in strip)
        for strip in (table.render_line(line) for line in range(table.size.height))
    ]


@pytest.mark.parametrize("key", ["1", "3"])
async def test_it_is_a_figure_beside_the_loss_also_on_a_small_terminal(
    garden: Path, key: str
) -> None:
    async with opened(garden, size=(80, 24)) as pilot:
        await pilot.press(key)
        await pilot.pause(0.1)
        heading, *rows = drawn(pilot)
        place = heading.index("Macro F1")
        figures = [row[place : place + 9].strip() for row in rows[:2]]
        assert sorted(figures) == ["0.6100", "0.7200"]


async def test_where_the_loss_counts_no_column_says_it_twice(bare: Path) -> None:
    fill(bare, three())
    async with opened(bare, size=(200, 40)) as pilot:
        await pilot.press("3")
        await pilot.pause(0.1)
        assert "Log-loss" not in drawn(pilot)[0]
        assert "sorted by folds, Val" in str(station(pilot).query_one(ResultsTable).border_subtitle)


def test_columns_by_metric() -> None:
    few = ColumnChoice(FEW, FEWER)
    assert few.fitting(70, "log_loss") == FEWER
    assert few.fitting(70, "accuracy") == FEWER
    assert few.fitting(70, "auc") == ("id", "mark", "stage", "train", "short", "metric")
    assert "metric" in EVERY.fitting(200, "macro_f1")
    assert "metric" not in EVERY.fitting(200, "auc")
    own = chosen_columns(("id", "metric"))
    assert own.fitting(200, "log_loss") == ("id", "metric")


def test_what_ended_is_told_by_it() -> None:
    assert "1 baseline ended at macro F1 0.6100" in away_notice([by_f1(1, 0.61)]).text
    assert "1 baseline ended at 0.4000" in away_notice([record(1)]).text
    assert "macro F1 0.6100" in scores_text(by_f1(1, 0.61).scores)
