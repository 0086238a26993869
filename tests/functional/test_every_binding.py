"""Every key is named, explained, findable, and run by some test."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.dom import DOMNode

import tests.functional
from app.cockpit import Cockpit
from app.keymap import DIALOGS, WIDGETS, named_bindings
from app.screens.help import HelpScreen
from app.stations import STATIONS, station_class
from tests.functional.staging import opened, station

# Modules whose tests run bindings.
NAMES = [name for _, name, _ in pkgutil.iter_modules(tests.functional.__path__)]


def claimed() -> Iterator[str]:
    """The ids that tests say they run; the `exercised` fixture holds them to it."""
    for name in NAMES:
        if name.startswith("test_"):
            module = importlib.import_module(f"tests.functional.{name}")
            for one in vars(module).values():
                for mark in getattr(one, "pytestmark", ()):
                    if mark.name == "exercises":
                        yield from mark.args


def test_every_binding_is_run_by_some_test() -> None:
    assert set(named_bindings(Cockpit)) - set(claimed()) == set()


def test_every_binding_has_an_id_a_description_and_a_tooltip() -> None:
    owners: tuple[type[DOMNode], ...] = (Cockpit, *map(station_class, STATIONS), *DIALOGS, *WIDGETS)
    for owner in owners:
        for binding in owner.__dict__.get("BINDINGS", ()):
            assert binding.id, f"{owner.__name__} {binding.key}"
            assert binding.description, binding.id
            assert binding.tooltip, binding.id


@pytest.mark.parametrize("name", STATIONS)
def test_where_nothing_is_stopped_nothing_is_moved_in_the_queue(name: str) -> None:
    # Both act on the selected experiment, which those screens do not show.
    without = station_class(name).WITHOUT
    assert ("advance" in without) == ("stop" in without)


@pytest.mark.parametrize("key", ["1", "2", "3", "4", "5", "6", "7", "8"])
async def test_help_and_palette_list_all_that_a_screen_offers(filled: Path, key: str) -> None:
    async with opened(filled) as pilot:
        await pilot.press(key)
        await pilot.pause()
        screen = station(pilot)
        offered = {
            binding.id
            for base in (type(screen), *type(screen).__mro__, Cockpit)
            for binding in base.__dict__.get("BINDINGS", ())
            if binding.id and binding.action not in screen.WITHOUT
        }
        found = {command.help for command in pilot.app.get_system_commands(screen)}
        # A screen's escape stands before the app's; what is in sight needs no key, and no search
        # was cut short.
        back = {"view.back"}
        hidden = {
            "2": back,
            "3": back,
            "5": {"errors.calibration"},
            "7": {"search.view", "run.resume"},
        }.get(key, set())
        assert offered - hidden - {""} <= found
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert offered - hidden <= {name for _, _, name in pilot.app.screen.lines()}
