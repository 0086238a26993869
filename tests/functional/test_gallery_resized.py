"""The wall of pictures in a terminal that gets another size, and one of them alone."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.screens.gallery import GalleryScreen
from app.widgets.picture import Picture
from tests.functional.staging import cockpit, notices, opened, until
from tests.functional.test_errors_and_images import told


async def wall(pilot: Pilot[None]) -> GalleryScreen:
    """All labelled images, once one of them has the focus."""
    await pilot.press("4", "i")
    screen = pilot.app.screen
    assert isinstance(screen, GalleryScreen)
    await until(pilot, lambda: isinstance(screen.focused, Picture))
    return screen


def has_focus(screen: GalleryScreen, place: int) -> bool:
    """Whether a picture of the shown page has the focus."""
    pictures = list(screen.query(Picture))
    return len(pictures) > place and pictures[place].has_focus


@pytest.mark.slow
async def test_a_smaller_terminal_shows_fewer_pictures_from_the_same_one_on(filled: Path) -> None:
    async with opened(filled, (220, 60)) as pilot:
        screen = await wall(pilot)
        assert told(pilot).startswith("1 to 8 of 8")
        await pilot.press(*["right"] * 7)
        assert has_focus(screen, 7)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: told(pilot) == "1 to 2 of 8")
        await until(pilot, lambda: has_focus(screen, 0))
        await pilot.press("right", "m")
        await until(pilot, lambda: "left out" in notices(pilot))
        second = screen._found.exhibits[1].id
        assert cockpit(pilot).desk.service.inspection.leave_out(()) == (second,)


async def test_of_more_than_are_shown_it_says_that_these_are_the_first(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.screens.gallery.MOST_SHOWN", 8)
    async with opened(filled, (80, 24)) as pilot:
        await wall(pilot)
        await until(pilot, lambda: told(pilot) == "1 to 2 of the first 8")


@pytest.mark.slow
async def test_the_picture_with_the_focus_keeps_it_while_it_is_shown(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        screen = await wall(pilot)
        await pilot.press("pagedown")
        await until(pilot, lambda: told(pilot) == "3 to 4 of 8" and has_focus(screen, 0))
        await pilot.press("right")
        await pilot.resize_terminal(220, 60)
        await until(pilot, lambda: told(pilot) == "3 to 8 of 8")
        await until(pilot, lambda: has_focus(screen, 1))
        await pilot.press("pageup")
        await until(pilot, lambda: told(pilot) == "1 to 8 of 8")


async def test_a_size_with_room_for_as_many_leaves_the_wall_as_it_is(filled: Path) -> None:
    async with opened(filled, (80, 24)) as pilot:
        screen = await wall(pilot)
        before = list(screen.query(Picture))
        await pilot.resize_terminal(82, 25)
        await pilot.pause()
        assert list(screen.query(Picture)) == before


@pytest.mark.exercises("gallery.enlarge", "gallery.right", "gallery.left", "gallery.close")
async def test_a_picture_is_enlarged_and_stands_among_the_others_again(filled: Path) -> None:
    def width() -> int:
        return max(one.size.width for one in screen.query(".pixels"))

    async with opened(filled, (80, 24)) as pilot:
        screen = await wall(pilot)
        await pilot.press("pagedown", "right")
        await until(
            pilot, lambda: told(pilot) == "3 to 4 of 8" and len(screen.query(".pixels")) == 2
        )
        small = width()
        await pilot.press("enter")
        await until(pilot, lambda: told(pilot) == "4 of 8" and len(screen.query(".pixels")) == 1)
        assert width() > 1.5 * small
        await pilot.press("right")
        await until(pilot, lambda: told(pilot) == "5 of 8" and has_focus(screen, 0))
        await pilot.press("m")
        await until(pilot, lambda: "left out" in notices(pilot))
        fifth = screen._found.exhibits[4].id
        assert cockpit(pilot).desk.service.inspection.leave_out(()) == (fifth,)
        await pilot.press("right", "left", "escape")
        await until(pilot, lambda: told(pilot) == "5 to 6 of 8" and has_focus(screen, 0))
        await pilot.press("enter")
        await until(pilot, lambda: told(pilot) == "5 of 8")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: told(pilot) == "5 of 8" and width() > 60)
        await pilot.press("enter")
        await until(pilot, lambda: told(pilot) == "1 to 8 of 8" and has_focus(screen, 4))
        await pilot.press("enter")
        await until(pilot, lambda: told(pilot) == "5 of 8" and has_focus(screen, 0))
        screen.set_focus(None)
        await pilot.press("escape")
        await until(pilot, lambda: told(pilot) == "1 to 8 of 8")
        await pilot.press("escape")
        assert pilot.app.screen is not screen
