"""The ids of bindings, which the config file's `[keys]` table remaps."""

from textual.binding import Binding
from textual.dom import DOMNode

from app.screens.ablation import AblationScreen
from app.screens.blend import BlendScreen
from app.screens.budget import BudgetScreen
from app.screens.compare import CompareScreen
from app.screens.confirm import ConfirmScreen
from app.screens.data import DataScreen
from app.screens.errors import ErrorsScreen
from app.screens.gallery import GalleryScreen
from app.screens.help import HelpScreen
from app.screens.live import LiveScreen
from app.screens.message import MessageScreen
from app.screens.moves import MovesScreen
from app.screens.problem import ProblemScreen
from app.screens.pseudo import PseudoScreen
from app.screens.recipe import RecipeScreen
from app.screens.results import ResultsScreen
from app.screens.search import SearchScreen
from app.screens.spec import SpecScreen
from app.screens.station import Station
from app.screens.tune import TuneScreen
from app.widgets.log_pane import SearchLine
from app.widgets.rail import Rail
from app.widgets.results_table import ResultsTable
from app.widgets.spec_field import SpecField
from app.widgets.trials_table import TrialsTable

STATIONS: dict[str, type[Station]] = {
    "recipe": RecipeScreen,
    "live": LiveScreen,
    "results": ResultsScreen,
    "data": DataScreen,
    "errors": ErrorsScreen,
    "compare": CompareScreen,
    "search": SearchScreen,
}
DIALOGS = (
    AblationScreen,
    BlendScreen,
    BudgetScreen,
    ConfirmScreen,
    GalleryScreen,
    HelpScreen,
    MessageScreen,
    MovesScreen,
    ProblemScreen,
    PseudoScreen,
    SpecScreen,
    TuneScreen,
)
WIDGETS = (Rail, ResultsTable, SearchLine, SpecField, TrialsTable)


def named_bindings(app: type[DOMNode]) -> dict[str, Binding]:
    """Every binding that has an id, by its id.

    Args:
        app: the cockpit.
    """
    owners: tuple[type[DOMNode], ...] = (app, *STATIONS.values(), *DIALOGS, *WIDGETS)
    return {
        binding.id: binding
        for owner in owners
        for base in owner.mro()
        for binding in base.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding) and binding.id is not None
    }
