"""What the command palette finds: every action, of the shown screen and of the other ones."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from app.screens.station import Station
from app.stations import STATIONS, station_bindings, station_class
from app.widgets.keys import keys_by_id
from engine.experiment.spec import Stage
from engine.recipe.stages import GATES, LADDER


def screen_commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """The actions that the screen's keys stand for.

    Args:
        app: the cockpit.
        screen: the shown screen.
    """
    for name, (active, keys) in keys_by_id(app, screen.active_bindings).items():
        binding = active.binding
        text = f"{_told(binding)} ({keys})"
        yield SystemCommand(text, name, _runner(app, binding.action, active.node))


def far_commands(app: App[Any], screen: Station) -> Iterator[SystemCommand]:
    """What only the keys of other main screens do, which are gone to first.

    Args:
        app: the cockpit.
        screen: the shown one.
    """
    near = {active.binding.id for active in screen.active_bindings.values()}
    for name in STATIONS:
        station = station_class(name)
        if isinstance(screen, station):
            continue
        for binding in station_bindings(station):
            if binding.id not in near:
                near.add(binding.id)
                text = f"{station.NAME}: {_told(binding)}"
                yield SystemCommand(text, str(binding.id), _far_runner(app, name, str(binding.id)))


def stage_commands(begin: Callable[[Stage], None]) -> Iterator[SystemCommand]:
    """The stages of the recipe, which have no key of their own.

    Args:
        begin: begins one.
    """
    for stage in LADDER:
        yield SystemCommand(f"Stage: {stage}", GATES[stage], partial(begin, stage))


def _told(binding: Binding) -> str:
    """What a binding does, with the word that the footer and the README have for it."""
    word, told = binding.description, binding.tooltip
    return told if word.lower() in told.lower() else f"{word}: {told}"


def _far_runner(app: App[Any], name: str, wanted: str) -> Callable[[], None]:
    async def run() -> None:
        for active in app.screen.active_bindings.values():
            if active.binding.id == wanted and active.enabled:
                await app.run_action(active.binding.action, active.node)
                return
        app.notify("There is nothing here that it could be done with.")

    def go() -> None:
        app.switch_mode(name)
        # What it is about has to be shown first.
        app.call_after_refresh(run)

    def start() -> None:
        # The palette still covers the screen.
        app.call_later(go)

    return start


def _runner(app: App[Any], action: str, node: DOMNode) -> Callable[[], None]:
    async def run() -> None:
        await app.run_action(action, node)

    def start() -> None:
        # The palette still covers the screen that the action is about.
        app.call_later(run)

    return start
