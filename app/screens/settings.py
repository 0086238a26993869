"""The user's settings, changed by keys and kept in the config file."""

from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable, Static

from app.looks import style
from app.presentation.text import error_lines
from app.settings import Settings, change_settings, choices, settings_path
from app.widgets.keys import Keys
from engine.errors import UserError

if TYPE_CHECKING:
    from app.preferring import Preferring

_LOOKS = {
    "theme": "Colours, light or dark",
    "pictures": "How images are shown; auto: by the terminal's name",
    "characters": "ascii where boxes and curves come out as question marks",
    "notify": "What tells of an ended job beside the message here: bell, or desktop (OSC 9)",
}
_PURPOSE = "enter changes the highlighted line; backspace sets it back. Kept in {0}."
_TITLES = ("Setting", "Value", "What it is")
# Of the dialog; its border, the blanks at its sides and between columns, and the scrollbar.
_SHARE, _FRAME = 0.96, 14
# Of what lost its key to another.
_NO_KEY = "-"
_ASKING = "Press the new key for {0}; esc leaves it as it is."


class SettingsScreen(ModalScreen[None]):
    """Looks, notifications and keys."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [style("dialog"), style("settings")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right,plus",
            "turn(1)",
            "next value",
            id="settings.next",
            tooltip="The next value of the highlighted setting",
            key_display="→",
            # The table would scroll sideways.
            priority=True,
        ),
        Binding(
            "left,minus",
            "turn(-1)",
            "value before",
            id="settings.before",
            tooltip="The value before",
            key_display="←",
            priority=True,
        ),
        Binding(
            "backspace,delete",
            "reset",
            "default",
            id="settings.reset",
            tooltip="Set the highlighted line back to its default",
            key_display="⌫",
        ),
        Binding(
            "escape,q", "close", "close", id="settings.close", tooltip="Back", key_display="esc"
        ),
    ]

    def __init__(self) -> None:
        super().__init__(classes="-wide")
        self._asking: str | None = None
        # What each line is, in full, and the columns that the terminal had when they were listed.
        self._what: dict[str, str] = {}
        self._width = 0

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Settings"
            yield Static(id="told", markup=False)
            yield DataTable[Text](id="settings", cursor_type="row", zebra_stripes=True)
        yield Keys(show_command_palette=False)

    def on_mount(self) -> None:
        """List them."""
        self._fill()

    def on_resize(self) -> None:
        """Tell as much of them as another width has room for."""
        if self._asking is None and self.app.size.width != self._width:
            self._fill()

    @property
    def _owner(self) -> "Preferring":
        return cast("Preferring", self.app)

    def _fill(self) -> None:
        from app.keymap import keys_left, named_bindings

        settings = self._owner.preferences
        default = Settings()
        rows: list[tuple[str, Text, Text, str]] = []
        for name, what in _LOOKS.items():
            known = str(getattr(settings, name))
            value = _value(known, known != getattr(default, name))
            rows.append((name, Text(name, "bold"), value, what))
        for name, binding in sorted(named_bindings(type(self.app)).items()):
            shown = self._shown(keys_left(type(self.app), name, settings.keys)) or _NO_KEY
            value = _value(shown, name in settings.keys)
            what = binding.tooltip or binding.description
            rows.append((f"keys.{name}", Text(f"key: {name}"), value, what))
        self._what = {key: what for key, _, _, what in rows}
        table: DataTable[Text] = self.query_one(DataTable)
        place = table.cursor_row
        table.clear(columns=True)
        widths = [max(named.cell_len for _, named, _, _ in rows)]
        widths.append(max(value.cell_len for _, _, value, _ in rows))
        self._width = self.app.size.width
        room = max(int(self._width * _SHARE) - _FRAME - sum(widths), 0)
        for title, width in zip(_TITLES, (*widths, room), strict=True):
            table.add_column(title, width=max(width, len(title)))
        for key, named, value, what in rows:
            told = Text(what, "dim")
            told.truncate(room, overflow="ellipsis")
            table.add_row(named, value, told, key=key)
        table.move_cursor(row=place)
        self.query_one("#told", Static).update(_PURPOSE.format(settings_path()) + "\n")

    @property
    def _chosen(self) -> str:
        table = self.query_one(DataTable)
        return str(table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Say in full what the highlighted line is, for which its column may be too narrow."""
        what = self._what[str(event.row_key.value)]
        self.query_one(".dialog").border_subtitle = Text(what)

    def on_data_table_row_selected(self) -> None:
        """Change the highlighted line: its next value, or another key."""
        if self._chosen in _LOOKS:
            self.action_turn(1)
        else:
            self._ask(self._chosen.removeprefix("keys."))
            self.query_one("#told", Static).update(_ASKING.format(self._asking) + "\n")

    def on_key(self, event: events.Key) -> None:
        """Take the key that was asked for."""
        if self._asking is None:
            return
        event.stop()
        event.prevent_default()
        name = self._asking
        self._ask(None)
        if event.key == "escape":
            self._fill()
            return
        from app.keymap import clashing, refuse_key

        try:
            refuse_key(type(self.app), name, event.key)
        except UserError as error:
            self._fill()
            self.notify("\n".join(error_lines(error)), severity="error", timeout=10)
            return
        self._change("keys", name, event.key)
        keys = {**self._owner.preferences.keys, name: event.key}
        if others := clashing(type(self.app), name, keys):
            key = self._shown(event.key)
            self.notify(f"{key} is also the key of {', '.join(others)}.", severity="warning")

    def _ask(self, name: str | None) -> None:
        """Wait for the new key of a binding, or no more; the footer's keys do nothing meanwhile."""
        self._asking = name
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer values only where there are some."""
        return self._asking is None

    def _shown(self, keys: str) -> str:
        """Keys as the footer shows them: `⇧` and the like."""
        each = filter(None, keys.split(","))
        shown = (self.app.get_key_display(Binding(key, "", "")) for key in each)
        return " ".join(shown)

    def action_turn(self, by: int) -> None:
        name = self._chosen
        if name not in _LOOKS:
            self.notify("enter, then the new key.")
            return
        known = choices(name) or tuple(sorted(self.app.available_themes))
        value = getattr(self._owner.preferences, name)
        self._change(None, name, known[(known.index(value) + by) % len(known)])

    def action_reset(self) -> None:
        name = self._chosen
        if name in _LOOKS:
            self._change(None, name, None)
        else:
            self._change("keys", name.removeprefix("keys."), None)

    def action_close(self) -> None:
        self.dismiss(None)

    def _change(self, table: str | None, name: str, value: str | None) -> None:
        """Write a setting in a thread, and then look as it says."""
        self.run_worker(
            partial(self._write, table, name, value), thread=True, group="settings", exclusive=True
        )

    def _write(self, table: str | None, name: str, value: str | None) -> None:
        try:
            settings = change_settings(table, name, value)
            # What else stands in the file may be wrong.
            self._owner.check_preferences(settings)
        except UserError as error:
            self.app.call_from_thread(self.notify, str(error), severity="error", timeout=10)
            return
        self.app.call_from_thread(self._take, settings)

    def _take(self, settings: Settings) -> None:
        self._owner.take_preferences(settings)
        if self.is_attached:
            self._fill()


def _value(value: str, is_own: bool) -> Text:
    """A value; one that the user has set is marked by more than its colour."""
    return Text(f"{value} *" if is_own else value, "bold" if is_own else "")
