"""Charts in characters."""

import pytest

from app.presentation.canvas import Canvas
from app.presentation.curves import Series
from app.presentation.drawing import drawn
from app.presentation.picture import Best, Border, Picture, legend, shown_value


def curve(*values: float, label: str = "val", color: int = 0, glyph: str = "") -> Series:
    return Series(label, tuple(range(1, len(values) + 1)), values, color, glyph)


def lines(picture: Picture, width: int = 60, height: int = 12) -> list[str]:
    rows = ["".join(text for text, _ in row) for row in drawn(picture, width, height)]
    assert [len(row) for row in rows] == [width] * height
    return rows


FALLING = curve(*(1 / epoch for epoch in range(1, 41)))


def test_a_line_on_the_canvas_has_no_holes() -> None:
    canvas = Canvas(4, 2)
    canvas.line([(0, 0), (7, 7)], "red")
    rows = ["".join(text for text, _ in row) for row in canvas.runs()]
    assert rows == ["⠑⢄  ", "  ⠑⢄"]
    canvas.line([(0, 7), (0, 0)], "red")
    assert canvas.runs()[0][0][0][0] == "⡗"


def test_a_dashed_line_has_gaps_and_words_hide_lines() -> None:
    canvas = Canvas(8, 1)
    canvas.line([(0, 0), (15, 0)], "red", dashed=True)
    assert "".join(text for text, _ in canvas.runs()[0]) == "⠉⠉  ⠉⠉  "
    canvas.put(0, 0, "ab", "blue")
    canvas.line([(0, 0), (15, 0)], "red")
    assert canvas.runs()[0] == (("ab", "blue"), ("⠉⠉⠉⠉⠉⠉", "red"))
    assert not canvas.fits(3, 0, 2)
    assert not Canvas(3, 1).fits(2, 0, 2), "beyond the edge"


def test_points_may_stand_alone() -> None:
    canvas = Canvas(3, 1)
    canvas.strew([(0, 0), (5, 3), (9, 9)], "red")
    assert "".join(text for text, _ in canvas.runs()[0]) == "⠁ ⢀"
    canvas.strew([(2, 1), (5, 3)], "red", is_thick=True)
    assert "".join(text for text, _ in canvas.runs()[0]) == "⠁⠶⢀"


def test_a_stepped_curve_keeps_its_value_until_the_next() -> None:
    stepped = Series("best", (1, 5, 9), (0.9, 0.5, 0.1), 0, is_stepped=True)
    rows = lines(Picture("Best", (stepped,)), 60, 14)
    marked = [sum("\u2800" < letter <= "\u28ff" for letter in row) for row in rows]
    level = [row for row, count in enumerate(marked) if count > 20]
    assert level == [0, 5], "two stairs"
    assert {count for row, count in enumerate(marked) if row not in level} == {0, 1}


def test_what_lies_outside_the_canvas_is_not_drawn() -> None:
    canvas = Canvas(2, 1)
    canvas.line([(-3, -2), (9, 9)], "red")
    canvas.put(1, 0, "abc", "red")
    canvas.put(0, 5, "abc", "red")
    canvas.under(9, 9, "x", "red")
    assert len("".join(text for text, _ in canvas.runs()[0])) == 2


def test_axes_have_round_names() -> None:
    rows = lines(Picture("t", (FALLING,), log_scale=True))
    assert any(row.lstrip().startswith("1┤") for row in rows)
    assert any(row.lstrip().startswith("0.1┤") for row in rows)
    assert "└" in rows[-2]
    assert {"10", "20", "40"} <= set(rows[-1].split())


def test_the_best_epoch_the_phases_and_the_gate_are_named() -> None:
    picture = Picture(
        "t",
        (curve(*(1 / epoch for epoch in range(1, 21)), *(0.05 * n for n in range(1, 21))),),
        gate=0.01,
        log_scale=True,
        borders=(Border(1, ("phase 1: head", "p1")), Border(13, ("phase 2: all", "p2"))),
        best=Best(20, 0.05, "best epoch"),
    )
    text = "\n".join(lines(picture, 80, 20))
    assert "★" in text
    assert "best epoch 20: 0.0500" in text
    assert "phase 1: head" in text
    assert "phase 2: all" in text
    assert "┊" in text
    assert "┄" * 10 in text


def test_names_without_room_are_shortened_or_left_out() -> None:
    borders = (Border(1, ("phase 1: head", "p1")), Border(3, ("phase 2: all", "p2")))
    text = "\n".join(lines(Picture("t", (FALLING,), borders=borders), 30, 8))
    assert "phase 1: head" not in text
    assert text.count("┊") > 2


def test_a_window_names_the_phase_that_it_begins_in() -> None:
    borders = (
        Border(1, ("phase 1: head",)),
        Border(11, ("phase 2: blocks",)),
        Border(31, ("phase 3: all",)),
    )
    text = "\n".join(lines(Picture("t", (FALLING,), borders=borders, window=(18, 40)), 90, 12))
    assert "phase 1" not in text
    assert "phase 2: blocks" in text
    assert "phase 3: all" in text
    text = "\n".join(lines(Picture("t", (FALLING,), borders=borders, window=(18, 28)), 90, 12))
    assert "phase 2: blocks" in text
    assert "phase 3" not in text


def test_the_cursor_stands_at_its_epoch() -> None:
    rows = lines(Picture("t", (FALLING,), cursor=20))
    assert " 20 " in rows[-1]
    place = rows[-1].index(" 20 ") + 1
    assert sum("│" in row[place - 1 : place + 2] for row in rows[:-2]) > 5
    assert legend(Picture("t", (FALLING,), cursor=20))[0] == ("epoch 20", "bold")
    assert legend(Picture("t", (FALLING,), cursor=20))[1][0] == "━ val 0.0500"
    assert legend(Picture("t", (FALLING,), cursor=99))[1][0] == "━ val -"


def test_a_window_shows_its_own_epochs_and_values() -> None:
    rows = lines(Picture("t", (FALLING,), window=(30, 40)))
    assert "10" not in rows[-1].split()
    ticks = [float(row.split("┤")[0]) for row in rows if "┤" in row]
    assert ticks
    assert max(ticks) <= 1 / 30
    empty = lines(Picture("t", (FALLING,), window=(50, 60)))
    assert "No epoch here has been reached yet." in "\n".join(empty)


def test_a_glyph_tells_curves_of_the_same_colour_apart() -> None:
    text = "\n".join(
        lines(Picture("t", (curve(1, 2, 3, glyph="●"), curve(3, 2, 1, color=6, glyph="◆"))))
    )
    assert "●" in text
    assert "◆" in text


@pytest.mark.parametrize("size", [(0, 0), (5, 2), (15, 30), (200, 4)])
def test_where_there_is_no_room_nothing_is_drawn(size: tuple[int, int]) -> None:
    assert "".join(lines(Picture("t", (FALLING,)), *size)).strip() == ""


@pytest.mark.parametrize(
    "values", [(0.5,), (0.5, 0.5), (0.0, 0.0), (-1.0, 1.0), (1e-12, 1e6), (1e30, 2e30)]
)
@pytest.mark.parametrize("log_scale", [True, False])
def test_odd_values_are_drawn_somehow(values: tuple[float, ...], log_scale: bool) -> None:
    text = "".join(lines(Picture("t", (curve(*values, glyph="●"),), log_scale=log_scale)))
    assert "●" in text


def test_a_rate_that_ends_at_nothing_leaves_room_for_the_others() -> None:
    rows = lines(Picture("t", (curve(1e-3, 5e-4, 1e-4, 0.0),), log_scale=True))
    ticks = [float(row.split("┤")[0]) for row in rows if "┤" in row]
    assert min(ticks) == pytest.approx(1e-4)


def test_values_of_any_size_take_little_room() -> None:
    assert [shown_value(one) for one in (None, 0.0, 0.25, 2.5e-5)] == [
        "-",
        "0.0000",
        "0.2500",
        "2.5e-05",
    ]
