"""Zooming, panning, reading and smoothing."""

from app.presentation.figures import SMOOTHING
from app.presentation.view import View


def test_zooming_in_halves_what_is_in_sight_and_out_leads_back_to_all() -> None:
    view = View().zoomed_in(100)
    assert view.window == (25, 74)
    assert view.zoomed_in(100).window == (37, 61)
    assert view.zoomed_out(100).window is None
    assert view.whole().window is None
    closest = view
    for _ in range(9):
        closest = closest.zoomed_in(100)
    assert closest.window is not None
    assert closest.window[1] - closest.window[0] == 3
    assert View().zoomed_in(3).window is None, "there is nothing to zoom into"


def test_zooming_keeps_the_line_that_is_read_in_sight() -> None:
    assert View(cursor=90).zoomed_in(100).window == (51, 100)
    assert View(cursor=1).zoomed_in(100).window == (1, 50)


def test_panning_stays_within_the_epochs() -> None:
    view = View(window=(41, 60))
    assert view.panned(1, 100).window == (46, 65)
    assert view.panned(-1, 100).window == (36, 55)
    assert View(window=(1, 20)).panned(-1, 100).window == (1, 20)
    assert View(window=(81, 100)).panned(1, 100).window == (81, 100)
    assert View().panned(1, 100).window is None


def test_reading_begins_at_an_end_and_moves_by_epochs() -> None:
    assert View().read(-1, 30).cursor == 30
    assert View().read(1, 30).cursor == 1
    assert View(cursor=30).read(1, 30).cursor == 30
    assert View(cursor=1).read(-1, 30).cursor == 1
    assert View(cursor=7).read(1, 30).cursor == 8
    assert View(cursor=7).released().cursor is None
    assert View().read(1, 0).cursor is None, "there is nothing to read yet"


def test_reading_on_takes_the_sight_along() -> None:
    view = View(window=(1, 8), cursor=8).read(1, 100)
    assert (view.cursor, view.window) == (9, (3, 10))
    assert View(window=(11, 20), cursor=90).read(-1, 100).cursor == 20


def test_smoothing_goes_round() -> None:
    view, seen = View(), []
    for _ in range(len(SMOOTHING) + 1):
        seen.append(view.weight)
        view = view.smoothed_more()
    assert seen == [*SMOOTHING, 0.0]
