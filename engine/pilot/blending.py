"""Which blend the autopilot keeps of the members that it is to blend."""

from collections.abc import Sequence
from contextlib import suppress

from engine.blending.methods import Method
from engine.errors import UserError
from engine.experiment.compare import Verdict
from engine.experiment.ensemble import EnsembleReport, EnsembleSpec
from engine.experiment.record import ExperimentRecord, Scores
from engine.experiment.spec import Stage
from engine.recipe.advice import MOST_MEMBERS
from engine.recipe.blend_gain import gain_over_members
from engine.recipe.choosing import done_of, members_of
from engine.recipe.ranking import best_way
from engine.recipe.twins import are_twins, unlike
from engine.workbench import Workbench

_Tried = tuple[EnsembleSpec, Scores, EnsembleReport]


def best_blend(
    bench: Workbench, records: Sequence[ExperimentRecord], members: tuple[str, ...]
) -> EnsembleSpec | None:
    """The way to blend with the best cross-fitted score, the plain mean unless one is better.

    Args:
        bench: tries them.
        records: the notebook.
        members: ids of what is to be blended; those whose predictions are gone are left out, and
            another run of the same spec stands in for them.

    Returns:
        The way; None where all weight would be one member's, which is no better for it.

    Raises:
        UserError: nothing of it can be blended.
    """
    try:
        tried = _tried(bench, members)
    except UserError:
        usable = _usable(bench, records, members)
        if usable in ((), members):
            raise
        tried = _tried(bench, usable)
    way, scores, report = best_way([(one, one[1]) for one in tried])
    gain = gain_over_members(scores, report)
    is_in_vain = report.is_of_one and (gain is None or gain.verdict is not Verdict.BETTER)
    # What predicted labels bring is told by blends, whatever these come down to.
    is_wanted = done_of(records, Stage.PSEUDO_LABEL)
    return None if is_in_vain and not is_wanted else way


def _tried(bench: Workbench, members: tuple[str, ...]) -> list[_Tried]:
    methods = (Method.MEAN, Method.WEIGHTED, Method.SELECTION) if len(members) > 1 else ()
    specs = [
        EnsembleSpec(members=members, method=method, calibrated=calibrated)
        for method in methods or (Method.MEAN,)
        for calibrated in (False, True)
    ]
    return [(spec, *bench.try_blend(spec)) for spec in specs]


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
