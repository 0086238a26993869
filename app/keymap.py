"""The ids of bindings, which the config file's `[keys]` table remaps."""

from textual.binding import Binding
from textual.dom import DOMNode

from app.screens.ablation import AblationScreen
from app.screens.blend import BlendScreen
from app.screens.budget import BudgetScreen
from app.screens.columns import ColumnsScreen
from app.screens.confirm import ConfirmScreen
from app.screens.gallery import GalleryScreen
from app.screens.help import HelpScreen
from app.screens.message import MessageScreen
from app.screens.moves import MovesScreen
from app.screens.problem import ProblemScreen
from app.screens.pseudo import PseudoScreen
from app.screens.remarks import RemarksScreen
from app.screens.settings import SettingsScreen
from app.screens.spec import SpecScreen
from app.screens.tour import TourScreen
from app.screens.tune import TuneScreen
from app.stations import STATIONS, station_class
from app.widgets.log_pane import SearchLine
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from app.widgets.spec_field import SpecField
from app.widgets.trials_table import TrialsTable
from app.widgets.virtual_table import VirtualTable

DIALOGS = (
    AblationScreen,
    BlendScreen,
    BudgetScreen,
    ColumnsScreen,
    ConfirmScreen,
    GalleryScreen,
    HelpScreen,
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
WIDGETS = (Rail, ResultsTable, SearchLine, SpecField, TrialsTable, VirtualTable)


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
