"""What the command palette finds: every action of the shown screen."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

from engine.experiment.spec import Stage
from engine.recipe.stages import GATES, LADDER


def screen_commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """The actions that the screen's keys stand for.

    Args:
        app: the cockpit.
        screen: the shown screen.
    """
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id is not None and binding.description and active.enabled:
            text = f"{binding.tooltip or binding.description} ({app.get_key_display(binding)})"
            yield SystemCommand(text, binding.id, _runner(app, binding.action, active.node))


def stage_commands(begin: Callable[[Stage], None]) -> Iterator[SystemCommand]:
    """The stages of the recipe, which have no key of their own.

    Args:
        begin: begins one.
    """
    for stage in LADDER:
        yield SystemCommand(f"Stage: {stage}", GATES[stage], partial(begin, stage))


def _runner(app: App[Any], action: str, node: DOMNode) -> Callable[[], None]:
    async def run() -> None:
        await app.run_action(action, node)

    def start() -> None:
        # The palette still covers the screen that the action is about.
        app.call_later(run)

    return start
