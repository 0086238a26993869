"""Keys act in the order in which they were pressed, each on what the one before has led to.

Textual looks some keys up in the app, has others wait in the queue of a widget, and knows nothing
of a dialog that was asked for and is not shown yet: what is typed faster than a screen keeps up
with is lost, or acts on something else than what it was meant for.
"""

from asyncio import FIRST_COMPLETED, Future, Task, create_task, get_running_loop, sleep, wait
from functools import partial
from itertools import dropwhile
from time import monotonic
from typing import Any, cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.app import App
from textual.events import Event, Key, Paste
from textual.keys import _character_to_key
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen

# What one terminal on a Mac sends for a digit with option, and every other for one behind escape.
for _digit in "0123456789":
    cast("dict[str, Any]", ANSI_SEQUENCES_KEYS).pop(f"\x1b{_digit}", None)

# A question to the service whose answer a dialog opens with: what is typed meanwhile is for that.
OPENING = "opening"
# A key acts in the app, its widget tells of it, and that is passed on in a screen's own terms.
_PASSES = 3
_LOOK_SECONDS = 0.01
# What a key has changed is painted by then, and queues are passed without making that late.
_PAINTED_SECONDS = 0.03
# Whoever has waited longer than this has given up what was typed.
_MOST_SECONDS = 5.0


class InTurn(App[None]):
    """Holds keys back until what the one before has led to is shown and can be typed into."""

    _turns: Task[None] | None = None
    _ahead: tuple[Event, ...] = ()
    _more: Future[None]

    async def on_event(self, event: Event) -> None:
        """Act on a key or a paste at once, or in its turn.

        Args:
            event: any event.
        """
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        first, *behind = self._apart(event)
        if self._turns is not None:
            self._ahead = (*self._ahead, first, *behind)
            if not self._more.done():
                self._more.set_result(None)
        else:
            self._ahead = tuple(behind)
            self._more = get_running_loop().create_future()
            self._turns = create_task(self._take_turns(self.screen, first))
            await super().on_event(first)

    def on_unmount(self) -> None:
        """Nothing more is shown."""
        if self._turns is not None:
            self._turns.cancel()

    def _apart(self, event: Event) -> tuple[Event, ...]:
        """A key that was pressed right behind escape, which looks like one pressed with alt."""
        if not isinstance(event, Key) or not event.key.startswith("alt+"):
            return (event,)
        if not event.is_printable or event.key in self.screen.active_bindings:
            return (event,)
        letter = str(event.character)
        key = letter if letter.isalnum() else _character_to_key(letter)
        return Key("escape", "\x1b"), Key(key, letter)

    async def _take_turns(self, screen: Screen[Any], event: Event) -> None:
        try:
            if not self._ahead:
                await wait({self._more}, timeout=_PAINTED_SECONDS)
            while True:
                await self._come_to_rest()
                if isinstance(screen, ModalScreen) and screen not in self.screen_stack:
                    # It has left, and was pressed again before that could be seen.
                    self._ahead = tuple(dropwhile(partial(_is_same, event), self._ahead))
                if not self._ahead:
                    return
                screen, event, self._ahead = self.screen, self._ahead[0], self._ahead[1:]
                self.call_later(super().on_event, event)
        finally:
            self._turns = None

    async def _come_to_rest(self) -> None:
        """Wait until all that has been asked for is there."""
        passes, end = 0, monotonic() + _MOST_SECONDS
        while passes < _PASSES:
            await self._pass_queues()
            passes += 1
            if self._is_opening:
                passes = 0
                await sleep(_LOOK_SECONDS)
            if monotonic() > end:
                self._ahead = ()
                return

    @property
    def _is_opening(self) -> bool:
        return not self.screen.is_mounted or any(one.group == OPENING for one in self.workers)

    async def _pass_queues(self) -> None:
        """Go through the queues that a key goes through, behind all that is in them."""
        node: MessagePump | None = self.focused or self.screen
        while node is not None:
            passed: Future[None] = get_running_loop().create_future()
            if node.call_later(_done, passed):
                # What is taken away meanwhile passes nothing on.
                await wait({passed, *filter(None, [node._task])}, return_when=FIRST_COMPLETED)
            node = node._parent


def _done(passed: Future[None]) -> None:
    passed.set_result(None)


def _is_same(one: Event, other: Event) -> bool:
    return isinstance(one, Key) and isinstance(other, Key) and one.key == other.key
