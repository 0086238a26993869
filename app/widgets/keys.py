"""The footer: the keys of the shown screen."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer


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

    def compose(self) -> ComposeResult:
        self._shown = self._wanted(self.screen)
        for key in super().compose():
            # Before it is styled: otherwise every key is styled twice.
            key.set_class(self.compact, "-compact", update=False)
            yield key

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Compose anew if there is another key, or one can no longer be pressed.

        Args:
            screen: whose bindings may have changed.
        """
        if self.is_attached and self._wanted(screen) != self._shown:
            super().bindings_changed(screen)

    @staticmethod
    def _wanted(screen: Screen[object]) -> list[tuple[Binding, bool, str]]:
        active = screen.active_bindings.values()
        return [(one.binding, one.enabled, one.tooltip) for one in active if one.binding.show]
