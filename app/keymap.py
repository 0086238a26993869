"""The ids of bindings, which the config file's `[keys]` table remaps."""

from collections.abc import Iterator, Mapping
from functools import cache

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import _character_to_key, key_to_character

from app.screens.ablation import AblationScreen
from app.screens.blend import BlendScreen
from app.screens.columns import ColumnsScreen
from app.screens.confirm import ConfirmScreen
from app.screens.gallery import GalleryScreen
from app.screens.help import HelpScreen
from app.screens.line import LineScreen
from app.screens.message import MessageScreen
from app.screens.moves import MovesScreen
from app.screens.problem import ProblemScreen
from app.screens.pseudo import PseudoScreen
from app.screens.remarks import RemarksScreen
from app.screens.settings import SettingsScreen
from app.screens.spec import SpecScreen
from app.screens.station import Station
from app.screens.tour import TourScreen
from app.screens.tune import TuneScreen
from app.stations import STATIONS, station_class
from app.widgets.filter_line import FilterLine
from app.widgets.log_pane import SearchLine
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from app.widgets.spec_field import SpecField
from app.widgets.submissions_table import SubmissionsTable
from app.widgets.trials_table import TrialsTable
from app.widgets.virtual_table import VirtualTable
from engine.errors import UserError

DIALOGS = (
    AblationScreen,
    BlendScreen,
    ColumnsScreen,
    ConfirmScreen,
    GalleryScreen,
    HelpScreen,
    LineScreen,
    MessageScreen,
    MovesScreen,
    ProblemScreen,
    PseudoScreen,
    RemarksScreen,
    SettingsScreen,
    SpecScreen,
    TourScreen,
    TuneScreen,
)
_ESCAPE = "escape"
# Where a binding with priority takes a letter before it is typed.
_TYPED_INTO = (FilterLine, LineScreen, RemarksScreen, SpecScreen, TuneScreen, SpecField)
WIDGETS = (
    FilterLine,
    Rail,
    ResultsTable,
    SearchLine,
    SpecField,
    SubmissionsTable,
    TrialsTable,
    VirtualTable,
)


# Where each widget with keys of its own lies; a list's are those of the tables made of it.
_LIES_ON: dict[type[DOMNode], tuple[type[DOMNode], ...]] = {
    Rail: tuple(one for one in map(station_class, STATIONS) if one.SHOWS_RAIL),
    ResultsTable: (station_class("recipe"), station_class("results")),
    VirtualTable: (station_class("recipe"), station_class("results")),
    FilterLine: (station_class("results"),),
    SearchLine: (station_class("live"),),
    TrialsTable: (station_class("search"),),
    SubmissionsTable: (station_class("submit"),),
    SpecField: (SpecScreen,),
}


def clashing(app: type[DOMNode], name: str, own: Mapping[str, str]) -> list[str]:
    """The bindings that a key is also of, and that can be pressed where it can.

    Two widgets on a screen don't clash: only the one that has the focus takes keys.

    Args:
        app: the cockpit.
        name: the binding's id.
        own: the keys that the user has set, by their ids.
    """
    known = named_bindings(app)
    keys = {one: set(own.get(one, binding.key).split(",")) for one, binding in known.items()}
    shared = [one for one in known if one != name and keys[one] & keys[name]]
    return [one for one in shared if _meet(app, name, one)] if shared else []


def _meet(app: type[DOMNode], name: str, other: str) -> bool:
    """Whether two bindings are ever active together."""
    screens: tuple[type[DOMNode], ...] = (*map(station_class, STATIONS), *DIALOGS)
    for screen in screens:
        layers = [screen]
        layers += (widget for widget, places in _LIES_ON.items() if screen in places)
        if issubclass(screen, Station):
            layers.append(app)
        here, there = (
            {layer for layer in layers if _has(layer, one, screen)} for one in (name, other)
        )
        widgets = here & set(_LIES_ON), there & set(_LIES_ON)
        # Both of widgets only: at most one of them has the focus, unless they are one's own.
        if here and there and (here - widgets[0] or there - widgets[1] or here & there):
            return True
    return False


def _has(owner: type[DOMNode], name: str, screen: type[DOMNode]) -> bool:
    """Whether a layer of a screen offers a binding there."""
    without = screen.WITHOUT if issubclass(screen, Station) else frozenset()
    return any(
        binding.id == name and binding.action.partition("(")[0] not in without
        for binding in _bindings_of(owner)
    )


def _bindings_of(owner: type[DOMNode]) -> Iterator[Binding]:
    for base in owner.mro():
        for binding in base.__dict__.get("BINDINGS", ()):
            if isinstance(binding, Binding):
                yield binding


@cache
def _known_of(owner: type[DOMNode]) -> dict[str | None, Binding]:
    """What an owner offers, by id; the settings ask for it once for every key there is."""
    return {one.id: one for one in _bindings_of(owner)}


def _owners(app: type[DOMNode]) -> tuple[type[DOMNode], ...]:
    return (app, *map(station_class, STATIONS), *DIALOGS, *WIDGETS)


def named_bindings(app: type[DOMNode]) -> dict[str, Binding]:
    """Every binding that has an id, by its id.

    Args:
        app: the cockpit.
    """
    return {
        binding.id: binding
        for owner in _owners(app)
        for binding in _bindings_of(owner)
        if binding.id is not None
    }


def with_escape(own: Mapping[str, str]) -> dict[str, str]:
    """The keys that the user has set, and esc for what it closes: nobody is to be locked in.

    Args:
        own: the keys, by the bindings' ids.
    """
    closing = {
        one.id for dialog in DIALOGS for one in _bindings_of(dialog) if _ESCAPE in _keys(one.key)
    }
    return {
        name: f"{keys},{_ESCAPE}" if keys and name in closing else keys
        for name, keys in own.items()
    }


def keys_left(app: type[DOMNode], name: str, own: Mapping[str, str]) -> str:
    """The keys of a binding, without those that the user has given to others beside it.

    Args:
        app: the cockpit.
        name: the binding's id.
        own: the keys that the user has set, by their ids.

    Returns:
        The keys, separated by commas; empty where none is left.
    """
    if own.get(name):
        return own[name]
    left: dict[str, None] = {}
    for owner in _owners(app):
        known = _known_of(owner)
        if name in known:
            # Of a screen's bindings a key has one, and what the user has set comes first.
            taken = {key for one in known if one and one != name for key in _keys(own.get(one, ""))}
            left |= dict.fromkeys(one for one in _keys(known[name].key) if one not in taken)
    return ",".join(left)


def refuse_key(app: type[DOMNode], name: str, key: str, where: str = "") -> None:
    """Make sure that a key leaves dialogs that can be closed, and texts that can be typed.

    Args:
        app: the cockpit.
        name: the id of the binding whose key it is to be.
        key: as it is pressed.
        where: begins the message; empty where it was just pressed.

    Raises:
        UserError: it would not.
    """
    binding = named_bindings(app)[name]
    (pressed,) = _keys(key)
    if pressed in _keys(binding.key):
        return
    character = key_to_character(pressed)
    is_typed = binding.priority and character is not None and character.isprintable()
    reason = ""
    if pressed == _ESCAPE and any(_has_id(dialog, name) for dialog in (*DIALOGS, SpecField)):
        reason = "esc closes dialogs"
    elif is_typed and any(_has_id(owner, name) for owner in _TYPED_INTO):
        reason = "it could not be typed there any more"
    if reason:
        raise UserError(
            f"{where}`{key}` can't be the key of `{name}`: {reason}.",
            "a key that types nothing and closes nothing.",
            f'choose another, as "{name}" = "f5" or "ctrl+g".',
        )


def _has_id(owner: type[DOMNode], name: str) -> bool:
    return any(one.id == name for one in _bindings_of(owner))


def _keys(several: str) -> list[str]:
    """Keys as they are called when they are pressed."""
    named = filter(None, map(str.strip, several.split(",")))
    return [_character_to_key(one) if len(one) == 1 else one for one in named]
