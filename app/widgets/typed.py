"""Fields whose keys act in the order in which they were typed.

Textual hands a letter to the field it is typed into, but looks up a key such as backspace or enter
elsewhere, before or after letters that still wait in the field's queue: on a busy machine, or over
a slow line, what is meant as 15 becomes 10.
"""

from collections.abc import Callable
from typing import Any

from textual.events import Key
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea


class TypedInput(Input):
    """A line of text."""

    async def on_key(self, event: Key) -> None:
        """Act on an editing key at once; letters are the field's own."""
        await _act(self, event)


class TypedText(TextArea):
    """Several lines of text."""

    async def on_key(self, event: Key) -> None:
        """Act on an editing key at once; letters are the field's own."""
        await _act(self, event)


async def _act(field: Widget, event: Key) -> None:
    if event.is_printable:
        return
    for binding in field._bindings.key_to_bindings.get(event.key, ()):
        if not binding.priority:
            event.prevent_default()
            event.stop()
            await field.run_action(binding.action)
            return


def in_turn(screen: Screen[Any], act: Callable[[], None]) -> None:
    """Act when the focused field has taken in what was typed before.

    Args:
        screen: the shown one.
        act: what a key is for that the screen looks up first.
    """

    def turn() -> None:
        # The key may have been pressed twice, and the first one have left the screen.
        if screen.is_current:
            act()

    (screen.focused or screen).call_later(turn)
