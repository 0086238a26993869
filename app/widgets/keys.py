"""The footer: the keys of the shown screen."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.text import Text
from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.events import MouseDown, MouseMove
from textual.screen import Screen
from textual.widget import Widget

# A line that sets the palette's key off from the others.
_LINE = "▏"


def own_bindings(screen: Screen[Any]) -> list[Binding]:
    """The bindings that a screen does not share with others.

    Args:
        screen: the screen.
    """
    own = vars(type(screen)).get("BINDINGS", ())
    return [binding for binding in own if isinstance(binding, Binding)]


def keys_by_id(
    app: App[Any], bindings: Mapping[str, ActiveBinding]
) -> dict[str, tuple[ActiveBinding, str]]:
    """The named bindings that can be pressed now, each once, with all its keys as they are shown.

    Args:
        app: shows them.
        bindings: those active on a screen, by their keys.
    """
    keys: dict[str, list[str]] = {}
    found: dict[str, ActiveBinding] = {}
    for active in bindings.values():
        binding = active.binding
        # Those without an id are the widgets' own: arrows, page up, and the like.
        if binding.id is not None and binding.description and active.enabled:
            keys.setdefault(binding.id, []).append(app.get_key_display(binding))
            found[binding.id] = active
    return {name: (one, " ".join(dict.fromkeys(keys[name]))) for name, one in found.items()}


class NamedKey(NamedTuple):
    """A key that the footer names.

    Attributes:
        key: as Textual calls it.
        display: as it stands there.
        description: what it does, in a word or two.
        action: what it runs.
        tooltip: what is said where the mouse points at it.
        is_enabled: whether it can be pressed now.
        begin: the first cell of it.
        end: the cell behind it.
    """

    key: str
    display: str
    description: str
    action: str
    tooltip: str
    is_enabled: bool
    begin: int = 0
    end: int = 0


class Keys(Widget, can_focus=False):
    """The keys that act on the shown screen, each to be clicked on as well.

    One widget: Textual's footer is one for each key, which are made, styled and laid out anew at
    every move of the focus.

    Args:
        compact: whether to leave out the space around the keys.
        show_command_palette: whether to show the palette's key on the right.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {  # noqa: RUF012
        "keys--key",
        "keys--description",
        "keys--pointed",
        "keys--line",
    }
    DEFAULT_CSS = """
    Keys {
        dock: bottom;
        height: 1;
        width: 100%;
        color: $footer-foreground;
        background: $footer-background;
        .keys--key {
            color: $footer-key-foreground;
            background: $footer-key-background;
            text-style: bold;
        }
        .keys--description {
            color: $footer-description-foreground;
            background: $footer-description-background;
        }
        .keys--pointed {
            color: $footer-key-foreground;
            background: $block-hover-background;
        }
        .keys--line {
            color: $foreground 20%;
        }
        &.-pointed {
            pointer: pointer;
        }
    }
    """

    def __init__(self, compact: bool = False, show_command_palette: bool = True) -> None:
        super().__init__()
        self._margin = "" if compact else " "
        self._gap = int(compact)
        self._shows_palette = show_command_palette
        self._offered: list[tuple[Binding, bool, str]] = []
        self._idle: frozenset[str] = frozenset()
        self._pointed: str | None = None

    @property
    def named(self) -> list[NamedKey]:
        """The keys that there is room for, as they stand: the screen's own and help stay."""
        own = {"help"} | {binding.action for binding in own_bindings(self.screen)}
        useful = [key for key in self._keys() if _name_of(key.action) not in self._idle]
        edge = self.app.size.width
        room = edge - sum(self._room_of(key) for key in useful if key.action in own)
        named: list[NamedKey] = []
        begin = 0
        for key in useful:
            needed = self._room_of(key)
            if key.action not in own:
                room -= needed
                if room < 0:
                    continue
            if self._is_palette(key):
                begin = edge - needed
            named.append(key._replace(begin=begin, end=begin + needed - self._gap))
            begin += needed
        return named

    def on_mount(self) -> None:
        """Hear of other keys."""
        self.screen.bindings_updated_signal.subscribe(self, self.bindings_changed)

    def on_unmount(self) -> None:
        """Hear no more of them."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Show what can be pressed now, if it is something else.

        Args:
            screen: whose bindings may have changed.
        """
        if screen is self.screen and (self.app.app_focus or not self._offered):
            offered = _offered_by(screen)
            if offered != self._offered:
                self._offered = offered
                self.refresh()

    def fit(self, idle: frozenset[str]) -> None:
        """Name no keys that have nothing to act on.

        Args:
            idle: their actions.
        """
        if idle != self._idle:
            self._idle = idle
            self.refresh()

    def render(self) -> Text:
        """The keys in one line."""
        key_style, word_style, pointed_style, line_style = (
            self.get_component_rich_style(f"keys--{name}")
            for name in ("key", "description", "pointed", "line")
        )
        text = Text(no_wrap=True, end="")
        for key in self.named:
            text.append(" " * (key.begin - text.cell_len))
            if self._is_palette(key):
                text.append(_LINE, line_style)
            begin = len(text)
            text.append(f"{self._margin}{key.display}", key_style)
            text.append(f" {key.description}{self._margin}", word_style)
            if not key.is_enabled:
                text.stylize("dim", begin)
            if key.key == self._pointed:
                text.stylize(pointed_style, begin)
        text.stylize_before(self.rich_style)
        return text

    def on_mouse_move(self, event: MouseMove) -> None:
        """Light up the key that the mouse points at, and tell more of it.

        Args:
            event: where it is.
        """
        self._point_at(self._key_at(event.x))

    def on_leave(self) -> None:
        """Light up none."""
        self._point_at(None)

    def on_mouse_down(self, event: MouseDown) -> None:
        """Press the key that was clicked on.

        Args:
            event: where.
        """
        key = self._key_at(event.x)
        if key is not None and key.is_enabled:
            self.app.simulate_key(key.key)
        elif key is not None:
            self.app.bell()

    def _keys(self) -> list[NamedKey]:
        """All that can be pressed, one key for each action, the palette's last."""
        if not self._offered:
            self._offered = _offered_by(self.screen)
        by_action: dict[str, NamedKey] = {}
        for binding, is_enabled, tooltip in self._offered:
            key = NamedKey(
                binding.key,
                self.app.get_key_display(binding),
                binding.description,
                binding.action,
                tooltip,
                is_enabled,
            )
            if binding.show or (self._shows_palette and self._is_palette(key)):
                by_action.setdefault(key.action, key)
        return sorted(by_action.values(), key=self._is_palette)

    def _is_palette(self, key: NamedKey) -> bool:
        return key.key == self.app.COMMAND_PALETTE_BINDING

    def _room_of(self, key: NamedKey) -> int:
        """Cells that a key takes, with what sets it off from the next."""
        words = cell_len(f"{self._margin}{key.display} {key.description}{self._margin}")
        return words + self._is_palette(key) + self._gap

    def _key_at(self, cell: int) -> NamedKey | None:
        return next((key for key in self.named if key.begin <= cell < key.end), None)

    def _point_at(self, key: NamedKey | None) -> None:
        pointed = None if key is None else key.key
        if pointed != self._pointed:
            self._pointed = pointed
            self.set_class(key is not None, "-pointed")
            self.tooltip = key.tooltip or None if key is not None else None
            self.refresh()


def _offered_by(screen: Screen[Any]) -> list[tuple[Binding, bool, str]]:
    active = screen.active_bindings.values()
    return [
        (one.binding, one.enabled, one.tooltip)
        for one in active
        if one.binding.show or one.binding.key == screen.app.COMMAND_PALETTE_BINDING
    ]


def _name_of(action: str) -> str:
    """What an action is called, without what it is done to."""
    return action.partition("(")[0].rpartition(".")[2]
