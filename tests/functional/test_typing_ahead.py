"""Keys that are pressed before the screen they are meant for is there."""

from pathlib import Path
from threading import Event

import pytest
from textual._xterm_parser import XTermParser
from textual.widgets import Input, Static

from app.screens.spec import SpecScreen
from app.screens.station import Station
from engine.experiment.record import Status
from engine.experiment.spec import Stage
from engine.service import Service
from tests.functional.form import Field, typed_into
from tests.functional.searched import search
from tests.functional.staging import cockpit, fill, opened, stored, until
from tests.functional.test_typing import typed


async def test_enter_twice_runs_the_highlighted_stage(filled: Path) -> None:
    async with opened(filled) as pilot:
        pilot.app.screen.query_one("#rail").focus()
        pilot.app.screen.query_one("#rail").highlighted = 2  # type: ignore[attr-defined] # a list
        await pilot.pause()
        typed(pilot, "enter", "enter")
        await until(pilot, lambda: len(stored(filled)) == 4)
        assert stored(filled)[-1].stage is Stage.OVERFIT
        assert isinstance(pilot.app.screen, Station)


async def test_keys_behind_the_one_that_opens_the_form_are_for_the_form(filled: Path) -> None:
    async with opened(filled) as pilot:
        typed(pilot, "e", "down", "down", "down")
        await until(pilot, lambda: typed_into(pilot.app.screen) == "folds")
        typed(pilot, "escape", "e", "ctrl+f", *"epochs")
        await until(
            pilot,
            lambda: (
                [one.value for one in pilot.app.screen.query(Input) if one.id == "find"]
                == ["epochs"]
            ),
        )


async def test_a_form_that_opens_is_not_looking_for_anything(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    focused: set[str] = set()
    async with opened(filled) as pilot:
        on_focus = SpecScreen.on_descendant_focus

        def note(screen: SpecScreen) -> None:
            focused.add(str(screen.focused))
            on_focus(screen)

        monkeypatch.setattr(SpecScreen, "on_descendant_focus", note)
        await pilot.press("e")
        await until(pilot, lambda: focused)
        await pilot.pause()
    assert focused == {"SpecField(name='value')"}


@pytest.mark.slow
async def test_what_opens_slowly_is_waited_for(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(filled, [search(4, Status.DONE)])
    go_on = Event()
    propose = Service.propose
    monkeypatch.setattr(Service, "propose", lambda *given: go_on.wait(20) and propose(*given))
    async with opened(filled) as pilot:
        pilot.app.screen.query_one("#rail").focus()
        typed(pilot, "enter", "escape", "7", "B", "escape", "1")
        await pilot.pause(0.3)
        assert cockpit(pilot).current_mode == "recipe", "the screen behind is not for them"
        go_on.set()
        await until(pilot, lambda: not pilot.app._ahead)  # type: ignore[attr-defined] # ours
        await until(pilot, lambda: cockpit(pilot).current_mode == "recipe")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Station)
        assert cockpit(pilot)._trail == (), "the last key was 1"


@pytest.mark.slow
@pytest.mark.parametrize("between", [0.0, 0.03])
async def test_down_goes_to_what_is_found_by_all_that_was_typed(
    filled: Path, between: float
) -> None:
    async with opened(filled, (80, 24)) as pilot:
        await pilot.press("e")
        screen = pilot.app.screen
        for key in ("ctrl+f", *"dropout", "down", "ctrl+u", *"0.3"):
            typed(pilot, key)
            if between:
                await pilot.pause(between)
        await until(pilot, lambda: Field(screen, "head.dropout").value == "0.3")
        assert typed_into(screen) == "head.dropout"
        assert "not possible" not in str(screen.query_one("#verdict", Static).render())


async def test_what_never_comes_takes_no_keys_with_it(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = Event()
    monkeypatch.setattr("app.turns._MOST_SECONDS", 0.2)
    monkeypatch.setattr(Service, "propose", lambda *_: go_on.wait(20) and ())
    async with opened(filled) as pilot:
        pilot.app.screen.query_one("#rail").focus()
        typed(pilot, "enter", "3")
        await pilot.pause(0.5)
        assert cockpit(pilot).current_mode == "recipe", "what was typed is forgotten"
        typed(pilot, "3")
        await until(pilot, lambda: cockpit(pilot).current_mode == "results")
        go_on.set()


async def test_a_key_right_behind_escape_is_not_taken_for_one_with_alt(filled: Path) -> None:
    parser = XTermParser()
    async with opened(filled) as pilot:
        await pilot.press("3", "e")
        assert isinstance(pilot.app.screen, SpecScreen)
        for token in (*parser.feed("\x1b1"), *parser.feed("")):
            pilot.app.post_message(token)
        await until(pilot, lambda: cockpit(pilot).current_mode == "recipe")
        assert isinstance(pilot.app.screen, Station)
