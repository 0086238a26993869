"""The ids of bindings, which the config file's `[keys]` table remaps."""

from collections.abc import Mapping

from textual.binding import Binding
from textual.dom import DOMNode

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
from app.widgets.log_pane import SearchLine
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from app.widgets.spec_field import SpecField
from app.widgets.submissions_table import SubmissionsTable
from app.widgets.trials_table import TrialsTable
from app.widgets.virtual_table import VirtualTable

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
WIDGETS = (Rail, ResultsTable, SearchLine, SpecField, SubmissionsTable, TrialsTable, VirtualTable)


# Where each widget with keys of its own lies; a list's are those of the tables made of it.
_LIES_ON: dict[type[DOMNode], tuple[type[DOMNode], ...]] = {
    Rail: tuple(one for one in map(station_class, STATIONS) if one.SHOWS_RAIL),
    ResultsTable: (station_class("recipe"), station_class("results")),
    VirtualTable: (station_class("recipe"), station_class("results")),
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
        for base in owner.mro()
        for binding in base.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding)
    )


def named_bindings(app: type[DOMNode]) -> dict[str, Binding]:
    """Every binding that has an id, by its id.

    Args:
        app: the cockpit.
    """
    owners: tuple[type[DOMNode], ...] = (app, *map(station_class, STATIONS), *DIALOGS, *WIDGETS)
    return {
        binding.id: binding
        for owner in owners
        for base in owner.mro()
        for binding in base.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding) and binding.id is not None
    }
