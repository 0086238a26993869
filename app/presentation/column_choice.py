"""Which columns the table of experiments has."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.presentation.listing import ALL, COLUMNS
from engine.experiment.metrics import LOG_LOSS

_ROOM_FOR_FEW = 80
# The columns that are of a metric whatever the competition scores by.
_OWN = {
    LOG_LOSS: frozenset({"val", "short"}),
    "accuracy": frozenset({"accuracy", "acc"}),
    "auc": frozenset({"auc"}),
}


@dataclass(frozen=True)
class ColumnChoice:
    """The columns by the room there is.

    Args:
        wide: which.
        narrow: which while there is little room.
        are_own: whether a person has chosen them: then all are kept, and scrolled.
    """

    wide: tuple[str, ...]
    narrow: tuple[str, ...]
    are_own: bool = False

    def fitting(self, width: int, metric: str) -> tuple[str, ...]:
        """Those that there are to be.

        Args:
            width: of the table, in cells.
            metric: what the competition scores by.
        """
        names = self.wide if width >= _ROOM_FOR_FEW else self.narrow
        return names if self.are_own else _by_metric(names, metric)

    def room(self, width: int) -> int | None:
        """How wide the columns may be together; None where all are kept.

        Args:
            width: of the table with its borders, in cells.
        """
        return None if self.wide == self.narrow else width


EVERY = ColumnChoice(ALL, ALL)


def chosen_columns(names: Sequence[str]) -> ColumnChoice:
    """What a person has chosen.

    Args:
        names: the columns; all of them are no choice.
    """
    chosen = tuple(names)
    return EVERY if chosen == ALL else ColumnChoice(chosen, chosen, are_own=True)


def twins_of_metric(chosen: Sequence[str], metric: str) -> str:
    """The title of the column in which the score that counts stands, without one of its own.

    Args:
        chosen: the columns that there are to be.
        metric: what the competition scores by.

    Returns:
        The title; empty where that score has its own column, or none.
    """
    fitting = chosen_columns(chosen).fitting(_ROOM_FOR_FEW, metric)
    if "metric" not in chosen or "metric" in fitting:
        return ""
    own = _OWN.get(metric, frozenset())
    return next((COLUMNS[name] for name in chosen if name in own), "")


def _by_metric(names: Sequence[str], metric: str) -> tuple[str, ...]:
    """Columns in which the score that counts stands once.

    Args:
        names: which there are to be.
        metric: what the competition scores by.

    Returns:
        The same without that score where another column is of it; else with it, where there are
        few columns in the place of the accuracy.
    """
    if _OWN.get(metric, frozenset()) & set(names):
        return tuple(name for name in names if name != "metric")
    if "metric" in names:
        return tuple(names)
    return tuple("metric" if name in ("accuracy", "acc") else name for name in names)
