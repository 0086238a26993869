"""What the current screen is for, and its keys: generated from its bindings."""

from textwrap import wrap
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from app.looks import style
from app.plain import told_keys
from app.settings import settings_path
from app.widgets.keys import Keys, keys_by_id

# Of the dialog, as its styles say; its border, the blanks at its sides and the scrollbar.
_WIDEST, _SHARE, _FRAME = 76, 0.96, 8
# Between the columns; what a key does is never narrower than this.
_GAP, _LEAST = "  ", 12


class HelpScreen(ModalScreen[None]):
    """Help on one screen.

    Args:
        name: the screen.
        purpose: what it is for.
        bindings: those active on it.
        own: the ids of those that it alone has, which come first.
    """

    CSS_PATH = style("dialog")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,q",
            "dismiss",
            "close",
            id="help.close",
            tooltip="Close the help",
            key_display="esc",
        )
    ]

    def __init__(
        self, name: str, purpose: str, bindings: dict[str, ActiveBinding], own: frozenset[str]
    ) -> None:
        super().__init__()
        self._own = own
        self._title = name
        self._purpose = purpose
        self._keys = bindings

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = f"Help: {self._title}"
            yield Static(told_keys(self.app, f"{self._purpose}\n"), markup=False)
            yield Static(self._table(), id="keys")
            yield Static(
                f'\nKeys can be changed: `id = "key"` in the table [keys] of\n{settings_path()}.',
                markup=False,
                id="remap",
            )
        yield Keys(show_command_palette=False)

    def lines(self) -> list[tuple[str, str, str]]:
        """Keys, what they do, and the binding's id; the screen's own before the app's."""
        found = keys_by_id(self.app, self._keys)
        first = sorted(found, key=lambda name: name not in self._own)
        named = [(found[name][1], _told(found[name][0].binding), name) for name in first]
        moves = [
            (told_keys(self.app, "↑ ↓"), "Move, or scroll", ""),
            ("^p", "Find every action by its name", ""),
        ]
        return [*named, *moves]

    def on_resize(self) -> None:
        """Break the lines anew for another width."""
        for table in self.query("#keys").results(Static):
            table.update(self._table())

    def _table(self) -> Text:
        """All keys in columns: as a table they would be laid out at every look at their height."""
        lines = self.lines()
        left = max(cell_len(keys) for keys, _, _ in lines)
        right = max(len(name) for _, _, name in lines)
        width = min(_WIDEST, int(self.app.size.width * _SHARE)) - _FRAME
        room = max(width - left - right - 2 * len(_GAP), _LEAST)
        table = Text()
        for keys, told, name in lines:
            first, *more = wrap(told, room)
            table.append(" " * (left - cell_len(keys)) + keys, "bold")
            table.append(f"{_GAP}{first:{room}}{_GAP}")
            table.append(f"{name}\n", "dim")
            for line in more:
                table.append(f"{' ' * left}{_GAP}{line}\n")
        table.right_crop()
        return table


def _told(binding: Binding) -> str:
    return binding.tooltip or binding.description
