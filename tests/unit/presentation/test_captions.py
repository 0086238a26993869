"""What stands below pictures whose names are long."""

from rich.console import Console

from app.presentation.captions import caption, label
from engine.competition.findings import Exhibit

HASHED = "ad8c09f4b220d56404a2bda03f1c9e77"


def test_the_class_is_told_before_a_name_that_has_no_room() -> None:
    one = Exhibit(id=HASHED, path="", labels=("People & Body",), note="likely Flags")
    assert label(one, False, 24).plain == "People & Body · ad8c…e77\nlikely Flags"
    assert label(one, False, 60).plain.startswith(f"People & Body · {HASHED}")
    marked = label(one, True, 24)
    assert marked.plain == "✗ People & Body · ad8…77\nleft out, likely Flags"
    assert max(map(len, marked.plain.splitlines())) <= 24


def test_a_long_class_takes_the_line_alone() -> None:
    one = Exhibit(id=HASHED, path="", labels=("a class with a very long name",))
    assert label(one, False, 24).plain == "a class with a very lon…\n"
    assert label(Exhibit(id="7", path=""), False, 24).plain == "no label · 7\n"


def test_only_a_label_that_is_left_out_is_red() -> None:
    one = Exhibit(id="7", path="", labels=("rose",))
    red = {
        is_left_out: [
            label(one, is_left_out, 24).get_style_at_offset(Console(), place).color
            for place in range(6)
        ]
        for is_left_out in (False, True)
    }
    assert set(red[False]) == {None}
    assert red[True][0] is not None
    assert set(red[True][2:]) == {None}


def test_what_a_map_shows_can_be_read_in_a_narrow_terminal() -> None:
    told = caption(Exhibit(id="7", path="", labels=("rose",)), is_map=True)
    # The room that there is beside the list of errors at 80 columns.
    assert max(map(len, told.plain.splitlines())) <= 26
