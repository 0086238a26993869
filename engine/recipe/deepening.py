"""What a head that opened the gate leaves undone: the layers below it are not tuned yet."""

from collections.abc import Sequence

from engine.competition.findings import CompetitionSummary
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import Stage
from engine.recipe.choosing import REGULARIZED, best_regularized, done_of, folds_done
from engine.recipe.prescriptions import essence, tried_of
from engine.recipe.proposals import Proposal, propose_specs

WHY = "heads alone are regularized so far, and tuning what lies below gains more than others do"


def deepening(summary: CompetitionSummary, records: Sequence[ExperimentRecord]) -> Proposal | None:
    """Regularize as the recipe proposes it, where nothing but heads has been regularized.

    A head is soon trained and may open the gate. Who goes on from there trains other heads, on
    other sizes and backbones.

    Args:
        summary: how large the pictures are.
        records: the notebook.

    Returns:
        The spec, over as many folds as the best head has, and the overfit run it is made from;
        None where the backbone has been tuned, or where this has run already, however it ended.
    """
    best = best_regularized(records)
    if best is None or best.fit is None:
        return None
    ((spec, parent),) = propose_specs(Stage.REGULARIZE, summary, records)
    done = [one.fit for stage in REGULARIZED for one in done_of(records, stage)]
    are_heads = all(fit is not None and fit.trains_head_alone for fit in done)
    is_deeper = spec.backbone == best.fit.backbone and not spec.trains_head_alone
    if not (are_heads and is_deeper) or essence(spec) in tried_of(records):
        return None
    return spec.model_copy(update={"folds": len(folds_done(best))}), parent
