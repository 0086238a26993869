"""The footer: the keys of the shown screen."""

from collections.abc import Iterable
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey


def own_bindings(screen: Screen[Any]) -> list[Binding]:
    """The bindings that a screen does not share with others.

    Args:
        screen: the screen.
    """
    own = vars(type(screen)).get("BINDINGS", ())
    return [binding for binding in own if isinstance(binding, Binding)]


class Keys(Footer):
    """Textual's footer, made anew only when other keys are to be shown.

    Textual's own stays empty until a first paint has been prepared, is then filled, and has all
    be painted again; and it is filled again at every move of the focus.

    Args:
        compact: whether to leave out the space around the keys.
        show_command_palette: whether to show the palette's key on the right.
    """

    def __init__(self, compact: bool = False, show_command_palette: bool = True) -> None:
        super().__init__(compact=compact, show_command_palette=show_command_palette)
        self._bindings_ready = True
        self._shown: list[tuple[Binding, bool, str]] = []
        self._idle: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        if self.app._batch_count and self.screen.focused is None and not self._shown:
            # While the cockpit starts nothing is painted: what gets the focus has keys, too.
            self.call_after_refresh(self.bindings_changed, self.screen)
            return
        self._shown = self._wanted(self.screen)
        keys = list(super().compose())
        for key in keys:
            # Before it is styled: otherwise every key is styled again, and one that is not compact
            # twice, for Textual's own begins as one that is.
            key.set_class(self.compact, "-compact", update=False)
            if isinstance(key, FooterKey):
                key.set_reactive(FooterKey.compact, self.compact)
        self._fit(keys)
        yield from keys

    def on_resize(self) -> None:
        """Show the keys that there is room for now."""
        self._fit(self.children)

    def fit(self, idle: frozenset[str]) -> None:
        """Name no keys that have nothing to act on.

        Args:
            idle: their actions.
        """
        self._idle = idle
        self._fit(self.children)

    def _fit(self, keys: Iterable[Widget]) -> None:
        """Leave whole keys out where there is no room: the screen's own and help stay."""
        # The palette's key comes last, and stands on the right of them all.
        named = [key for key in keys if isinstance(key, FooterKey)]
        own = {"help"} | {binding.action for binding in own_bindings(self.screen)}
        useful = [key for key in named if _action_of(key) not in self._idle]
        room = self.app.size.width - sum(_width(key) for key in useful if key.action in own)
        for key in named:
            is_shown = key in useful
            if is_shown and key.action not in own:
                room -= _width(key)
                is_shown = room >= 0
            if key.display != is_shown:
                key.display = is_shown

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Compose anew if there is another key, or one can no longer be pressed.

        Args:
            screen: whose bindings may have changed.
        """
        wanted = self._wanted(screen)
        is_due = self.app.app_focus or not self._shown
        if self.is_attached and screen is self.screen and is_due and wanted != self._shown:
            # Whoever asks again before it is composed asks for the same.
            self._shown = wanted
            self.call_after_refresh(self.recompose)

    @staticmethod
    def _wanted(screen: Screen[object]) -> list[tuple[Binding, bool, str]]:
        active = screen.active_bindings.values()
        return [(one.binding, one.enabled, one.tooltip) for one in active if one.binding.show]


def _action_of(key: FooterKey) -> str:
    """The name of what a key does, without what it is done to."""
    return key.action.partition("(")[0].rpartition(".")[2]


def _width(key: FooterKey) -> int:
    """Cells that a key takes in the compact footer, with the one that sets it off."""
    return len(key.key_display) + len(key.description) + 2
