"""How alike members are, and what each adds to the blend."""

import numpy as np
from numpy.typing import NDArray

from engine.blending.crossfit import Recipe, cross_fit
from engine.blending.members import Array, Members
from engine.blending.metrics import loss
from engine.blending.temperature import temper_groups
from engine.competition.findings import MetricName

# Rows at a time, of all members.
_ROWS = 4096
# Of the members' blends: with more, temperatures took thirty times as long as all the rest.
_ROWS_FOR_A_TEMPERATURE = 5000


def correlation(members: Members) -> NDArray[np.float64]:
    """Correlation of the members' errors, prediction less truth, over all rows and outputs.

    Of the errors, not of the predictions: any two good members agree on most rows because both
    are right there, and a mean gains from what is left where the errors part (Krogh and
    Vedelsby, 1995).

    Args:
        members: M members and what is true.

    Returns:
        Pearson's coefficients, (M, M); a member whose errors are all the same has 0 with others.
    """
    sums, products, cells = np.zeros(members.count), np.zeros((members.count,) * 2), 0
    for start in range(0, len(members.targets), _ROWS):
        rows = slice(start, start + _ROWS)
        errors = members.predictions[:, rows].astype(np.float64) - members.targets[rows]
        errors = errors.reshape(members.count, -1)
        sums += errors.sum(axis=1)
        products += errors @ errors.T
        cells += errors.shape[1]
    covariances = products / cells - np.outer(sums, sums) / cells**2
    spreads = np.sqrt(np.clip(np.diag(covariances), 0, None))
    scales = np.outer(spreads, spreads)
    found = np.divide(covariances, scales, out=np.zeros_like(scales), where=scales > 1e-12)
    np.fill_diagonal(found, 1)
    return np.asarray(np.clip(found, -1, 1), np.float64)


def leave_one_out(
    members: Members, recipe: Recipe, metric: MetricName, is_tempered: bool = False
) -> NDArray[np.float64]:
    """What each member contributes: the cross-fitted loss without it less the loss with it.

    Args:
        members: M members, two at least.
        recipe: how to combine them.
        metric: what the competition scores by; of the metrics that should be large, the loss is
            what they lack of 1.
        is_tempered: whether each blend is given the temperature that suits it.

    Returns:
        (M,), in the metric's own unit; above 0 where the blend is better with the member,
        whichever metric it is.

    Raises:
        UserError: as `cross_fit`, or the metric isn't defined on these rows.
    """

    def cross_fitted(some: Members) -> float:
        blend: Array = cross_fit(some, recipe, metric).predictions
        if is_tempered:
            # What the score itself is tempered by would take as many fits as there are pairs of
            # groups, for every member. A temperature is one number, which some rows tell well.
            blend, _ = temper_groups(
                blend, some.targets, some.kind, some.groups, most_rows=_ROWS_FOR_A_TEMPERATURE
            )
        return loss(metric, some.targets, blend, some.kind)

    whole = cross_fitted(members)
    others = [cross_fitted(members.without(member)) for member in range(members.count)]
    return np.array(others) - whole
