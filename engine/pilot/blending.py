"""Which blend the autopilot keeps of the members that it is to blend."""

from collections.abc import Sequence
from contextlib import suppress

from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.ensemble import EnsembleSpec
from engine.experiment.record import ExperimentRecord
from engine.recipe.advice import MOST_MEMBERS
from engine.recipe.choosing import best_way, members_of
from engine.recipe.twins import are_twins, unlike
from engine.workbench import Workbench


def best_blend(
    bench: Workbench, records: Sequence[ExperimentRecord], members: tuple[str, ...]
) -> EnsembleSpec:
    """The way to blend with the best cross-fitted score, the plain mean unless one is better.

    Args:
        bench: tries them.
        records: the notebook.
        members: ids of what is to be blended; those whose predictions are gone are left out, and
            another run of the same spec stands in for them.

    Raises:
        UserError: nothing of it can be blended.
    """
    try:
        return _best_way(bench, members)
    except UserError:
        usable = _usable(bench, records, members)
        if usable in ((), members):
            raise
        return _best_way(bench, usable)


def _best_way(bench: Workbench, members: tuple[str, ...]) -> EnsembleSpec:
    methods = (Method.MEAN, Method.WEIGHTED, Method.SELECTION) if len(members) > 1 else ()
    specs = [
        EnsembleSpec(members=members, method=method, calibrated=calibrated)
        for method in methods or (Method.MEAN,)
        for calibrated in (False, True)
    ]
    return best_way([(spec, bench.try_blend(spec)[0]) for spec in specs])


def _usable(
    bench: Workbench, records: Sequence[ExperimentRecord], members: tuple[str, ...]
) -> tuple[str, ...]:
    """Those whose predictions are there; another run of a lost one stands in for it."""
    known = members_of(records)
    named = [one for one in known if one.id in members]
    kin = [one for one in known if any(are_twins(one, other) for other in named)]
    there = [one for one in kin if _is_usable(bench, one.id)]
    return tuple(one.id for one in unlike(there, MOST_MEMBERS))


def _is_usable(bench: Workbench, member: str) -> bool:
    with suppress(UserError):
        bench.try_blend(EnsembleSpec(members=(member,), method=Method.MEAN))
        return True
    return False
