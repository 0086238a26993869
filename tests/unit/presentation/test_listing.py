"""Rows of the table: groups, trials, folding."""

from datetime import timedelta

import pytest

from app.presentation.arrangement import Arrangement
from app.presentation.listing import (
    COLUMNS,
    Heading,
    Trial,
    arranged,
    experiment_of,
    fold_of,
    key_of,
    name_of,
)
from app.presentation.query import parse_query
from app.presentation.text import moment
from app.widgets.cells import WIDTHS, cell, heading_text
from engine.experiment.record import Scores, Status
from engine.experiment.spec import Stage
from tests.functional.searched import DONE, FAILED, search
from tests.functional.staging import record

A, B, C, D = (
    record(1, group="sweep 1", loss=0.4),
    record(2),
    record(3, group="sweep 1", loss=0.2),
    record(4, status=Status.QUEUED, group="sweep 4"),
)
SEARCH = search(5, Status.DONE, DONE, FAILED)
NONE: frozenset[str] = frozenset()


def test_what_was_moved_in_the_queue_was_queued_when_it_was() -> None:
    moved = D.model_copy(update={"queued": A.queued - timedelta(hours=12)})
    assert cell("when", moved) == cell("when", D)
    assert sorted([moved, C], key=key_of("when", [C, moved])) == [C, moved]
    (day, time) = moment(D.created).split()
    for text in (day, time):
        assert parse_query(text).passes(moved)
    assert not parse_query(moment(moved.queued).split()[1]).passes(moved)


def test_without_groups_the_order_is_kept() -> None:
    assert arranged([C, B, A], False, NONE) == [C, B, A]


def test_a_group_stands_where_its_first_member_would() -> None:
    lines = arranged([B, C, D, A], True, NONE)
    assert lines == [
        Heading("no group", (B,), False),
        B,
        Heading("sweep 1", (C, A), False),
        C,
        A,
        Heading("sweep 4", (D,), False),
        D,
    ]
    folded = arranged([B, C, D, A], True, frozenset({"group sweep 1"}))
    assert folded[2:4] == [Heading("sweep 1", (C, A), True), Heading("sweep 4", (D,), False)]


def test_a_heading_tells_the_best_and_what_goes_on() -> None:
    assert heading_text(Heading("sweep 1", (C, A), True)) == (
        " ▸ sweep 1 · 2 experiments · best val 0.2000 x1"
    )
    assert heading_text(Heading("sweep 4", (D,), False)) == (
        " ▾ sweep 4 · 1 experiment · 1 not finished"
    )


def test_trials_are_shown_below_a_search_when_it_is_unfolded() -> None:
    assert arranged([SEARCH, B], False, NONE) == [SEARCH, B]
    lines = arranged([SEARCH, B], False, frozenset({"search 5"}))
    assert lines == [SEARCH, Trial(SEARCH, DONE), Trial(SEARCH, FAILED), B]
    assert [experiment_of(line) for line in lines] == ["5", "5", "5", "2"]
    assert cell("id", SEARCH).text.strip() == "5▸"
    assert cell("val", lines[1]).text.strip() == "0.3100"
    assert cell("backbone", lines[1]).text == "units=128"
    assert cell("status", lines[2]).text == "✗ failed"


@pytest.mark.parametrize("status", [Status.RUNNING, Status.STOPPED])
def test_what_has_no_score_shows_where_its_curve_has_got(status: Status) -> None:
    task = C.tasks[0].model_copy(update={"history": {"val_log_loss": (0.9, 0.5)}})
    under_way = C.model_copy(update={"status": status, "scores": Scores(), "tasks": (task,)})
    for name in ("val", "short"):
        assert cell(name, under_way).text.strip() == "~0.5000"
        assert WIDTHS[name](under_way) == len(cell(name, under_way).text)
        assert cell(name, D).text.strip() == "-"
        assert WIDTHS[name](C) >= len(cell(name, C).text)


def test_what_a_row_folds() -> None:
    assert fold_of(SEARCH, True) == fold_of(Trial(SEARCH, DONE), False) == "search 5"
    assert fold_of(A, True) == fold_of(Heading("sweep 1", (A,), False), True) == "group sweep 1"
    assert fold_of(A, False) is None
    assert fold_of(B, True) == "group no group"


def test_what_is_in_no_group_is_folded_too() -> None:
    assert arranged([B], True, NONE) == [Heading("no group", (B,), False), B]
    folded = frozenset({"group no group"})
    assert arranged([B], True, folded) == [Heading("no group", (B,), True)]


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("column", COLUMNS)
def test_any_column_sorts_any_experiments(column: str, is_reversed: bool) -> None:
    known = [
        record(1, tags=("keep",), note="seen", group="sweep 1"),
        record(2, Stage.OVERFIT, parent="1"),
        record(3, status=Status.FAILED, tags=("a", "b")),
        record(4, status=Status.QUEUED, note="later"),
        SEARCH,
    ]
    rows = Arrangement(column, is_reversed)
    rows.judge(known)
    rows.arrange()
    assert len(rows.lines) == len(known)
    if column in ("tags", "note"):
        have_some = [bool(getattr(line, column)) for line in rows.lines]
        assert have_some == sorted(have_some, reverse=True), "those without any come last"


@pytest.mark.parametrize(
    ("is_reversed", "best"), [(False, ["1", "2", "3"]), (True, ["3", "2", "1"])]
)
def test_what_has_no_score_is_last_in_either_direction(is_reversed: bool, best: list[str]) -> None:
    scored = [record(number, loss=number / 10) for number in (1, 2, 3)]
    without = [record(4, status=Status.FAILED), record(5, status=Status.QUEUED)]
    rows = Arrangement("val", is_reversed)
    rows.judge([*without, *scored])
    rows.arrange()
    assert [name_of(line) for line in rows.lines] == [(one,) for one in (*best, "4", "5")]


def test_by_the_metric_what_runs_stays_on_top_when_the_worst_come_first() -> None:
    records = [record(1, loss=0.1), record(2, loss=0.2), record(3, status=Status.RUNNING)]
    rows = Arrangement("metric", is_reversed=True)
    rows.judge([*records, record(4, status=Status.FAILED)])
    rows.arrange()
    assert [name_of(line) for line in rows.lines] == [("3",), ("2",), ("1",), ("4",)]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_an_arrow_tells_which_way_the_values_go(is_reversed: bool) -> None:
    up, down = ("↓", "↑") if is_reversed else ("↑", "↓")
    for column, metric, arrow in (
        ("id", "log_loss", up),
        ("metric", "log_loss", up),
        # The best on top is the highest.
        ("metric", "macro_f1", down),
        ("accuracy", "macro_f1", up),
    ):
        scores = record(1).scores.model_copy(update={"metric": metric, "val_metric": 0.5})
        rows = Arrangement(column, is_reversed)
        rows.judge([record(1, scores=scores)])
        assert f" {arrow} ·" in rows.told(0)


def test_a_search_says_that_it_is_one() -> None:
    one = search(4, Status.DONE, DONE)
    told = cell("status", one).text
    assert told == "✓ search"
    assert WIDTHS["status"](one) >= len(told)
    assert cell("status", record(1)).text == "✓ done"
