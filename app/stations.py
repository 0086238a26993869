"""The main screens by name; each is imported when it is first shown."""

from collections.abc import Iterator
from importlib import import_module

from textual.binding import Binding

from app.screens.station import Station

STATIONS = {
    "recipe": "app.screens.recipe:RecipeScreen",
    "live": "app.screens.live:LiveScreen",
    "results": "app.screens.results:ResultsScreen",
    "data": "app.screens.data:DataScreen",
    "errors": "app.screens.errors:ErrorsScreen",
    "compare": "app.screens.compare:CompareScreen",
    "search": "app.screens.search:SearchScreen",
    "submit": "app.screens.submit:SubmitScreen",
}


def station_class(name: str) -> type[Station]:
    """The class of a main screen.

    Args:
        name: of its mode.
    """
    module, _, class_name = STATIONS[name].partition(":")
    station: type[Station] = getattr(import_module(module), class_name)
    return station


def station_bindings(station: type[Station]) -> Iterator[Binding]:
    """The keys of a main screen: its own, and those that it shares with others.

    Args:
        station: its class.
    """
    for base in station.__mro__:
        for binding in base.__dict__.get("BINDINGS", ()):
            known = isinstance(binding, Binding) and binding.id and binding.description
            if known and binding.action not in station.WITHOUT:
                yield binding
