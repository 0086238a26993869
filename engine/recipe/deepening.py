"""What a head that opened the gate leaves undone: the layers below it are not tuned yet."""

from collections.abc import Sequence

from engine.competition.findings import CompetitionSummary
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.choosing import REGULARIZED, most_folds, worth_widening
from engine.recipe.families import family_of
from engine.recipe.proposals import Proposal, propose_specs

WHAT = "tune the backbone as well"
WHY = "heads alone are regularized so far, and tuning what lies below gains more than others do"


def deepening(summary: CompetitionSummary, records: Sequence[ExperimentRecord]) -> Proposal | None:
    """Regularize as the recipe proposes it, where of a pretrained backbone only heads were trained.

    A head is soon trained and may open the gate. Who goes on from there trains other heads, on
    other sizes and backbones.

    Args:
        summary: how large the pictures are.
        records: the notebook.

    Returns:
        The spec, over as many folds as the heads have, and the overfit run it is made from; None
        where the best is no such head, or where more than heads was begun, however it ended.
    """
    best = worth_widening(records)
    if best is None or best.fit is None:
        return None
    ((spec, parent),) = propose_specs(Stage.REGULARIZE, summary, records)
    family = family_of(spec)
    begun = [one.fit for one in records if one.stage in REGULARIZED and one.fit is not None]
    tuned = [fit for fit in begun if family_of(fit) is family and not fit.trains_head_alone]
    if family_of(best.fit) is not family or spec.trains_head_alone or tuned:
        return None
    return spec.model_copy(update={"folds": most_folds(records)}), parent
