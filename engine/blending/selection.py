"""Ensemble selection: members added to a mean one by one, again and again where that helps."""

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from engine.blending.averages import weighted_mean
from engine.blending.members import Array, Members, probabilities_of_truth
from engine.blending.metrics import loss, measure
from engine.competition.findings import MetricName, TargetKind

Weights = NDArray[np.float64]
Truth = NDArray[np.float32]
# By the objective, and by log-loss.
Losses = tuple[float, ...]

STEPS = 100
BAGS = 20
# Where every step scores all candidates anew, as many bags would take minutes.
_BAGS_BY_METRIC = 4
# A bag draws half of the members, but never fewer than these: of a handful none can be spared.
_FEWEST = 5
# Steps without a gain after which a bag ends, where every step scores all candidates anew.
_PATIENCE = 10
# With more, every candidate of every step scored on all of them took minutes.
_ROWS_BY_METRIC = 5000
# Columns at a time: the inverses of so many of all bags stay in the cache.
_COLUMNS = 8192


def select(
    members: Members,
    rows: NDArray[np.integer],
    objective: MetricName = "log_loss",
    *,
    steps: int = STEPS,
    bags: int | None = None,
    seed: int = 0,
) -> Weights:
    """Choose members greedily, with replacement (Caruana et al., 2004).

    Every bag starts from the best single member, adds at each step the one that makes the mean's
    loss smallest, and keeps the best mean it came by. Bags differ in the members they may draw
    from; their weights are averaged. On the rows fitted on, the result is never worse than the
    best single member: for log-loss because it is convex, else because that is checked. Where
    another objective finds two alike, or isn't defined on the rows, the log-loss decides: many
    blends rank the rows alike.

    Log-loss takes a fraction of the time that any other objective takes; with another, at most
    5,000 of the rows, drawn by chance and always the same, are fitted on, and a bag ends after ten
    steps in which it found nothing better.

    Args:
        members: M members.
        rows: positions of the rows to fit on.
        objective: the metric to make best.
        steps: members a bag adds up, the first included.
        bags: random subsets of the members; one suffices where a subset holds all of them. By
            default 20, and 4 where the objective is not the log-loss.
        seed: draws the subsets.

    Returns:
        Weights, (M,), none negative, summing to 1.
    """
    usual = BAGS if objective == "log_loss" else _BAGS_BY_METRIC
    allowed = _bags(members.count, bags or usual, seed)
    if objective != "log_loss":
        some = rows
        if len(rows) > _ROWS_BY_METRIC:
            # By chance, for rows may come class by class, or in turns.
            some = np.random.default_rng(0).choice(rows, _ROWS_BY_METRIC, replace=False)
        predictions, targets = members.predictions[:, some], members.targets[some]
        fitted_on = Members(predictions, targets, members.kind, members.groups[some])
        return _by_metric(fitted_on, objective, allowed, steps)
    # Many small products: on a busy machine two threads wait for each other most of the time.
    with threadpool_limits(1, user_api="blas"):
        counts = _by_log_loss(probabilities_of_truth(members, rows), allowed, steps)
    return np.asarray((counts / counts.sum(axis=1, keepdims=True)).mean(axis=0), np.float64)


def _bags(count: int, bags: int, seed: int) -> NDArray[np.bool_]:
    """(bags, M): which members each bag may draw from."""
    size = max((count + 1) // 2, min(count, _FEWEST))
    if size == count:
        return np.ones((1, count), bool)
    random = np.random.default_rng(seed)
    return random.permuted(np.tile(np.arange(count) < size, (bags, 1)), axis=1)


def _by_log_loss(truth: Truth, allowed: NDArray[np.bool_], steps: int) -> NDArray[np.int64]:
    """How often each bag has each member, (bags, M), where its log-loss is smallest.

    All bags go step by step together, so that one matrix product serves them all.
    """
    first = int(np.array([np.log(member).sum(dtype=np.float64) for member in truth]).argmax())
    allowed = allowed.copy()
    allowed[:, first] = True
    counts = np.zeros(allowed.shape, np.int64)
    counts[:, first] = 1
    best, best_gain, gain = counts.copy(), np.zeros(len(allowed)), np.zeros(len(allowed))
    mixtures = np.repeat(truth[first][None], len(allowed), axis=0)
    for size in range(1, steps):
        bounds = _slopes(truth, mixtures) / (size + 1)
        for bag, mixture in enumerate(mixtures):
            choices = np.flatnonzero(allowed[bag])
            chosen, rise = _best_addition(truth, mixture, choices, bounds[bag], size)
            mixture += (truth[chosen] - mixture) / (size + 1)
            counts[bag, chosen] += 1
            gain[bag] += rise
        better = gain > best_gain
        best[better], best_gain[better] = counts[better], gain[better]
    return best


def _slopes(truth: Truth, mixtures: Truth) -> NDArray[np.float64]:
    """How fast each bag's log-likelihood rises towards each member, (bags, M).

    `log(1 + x) <= x`: no addition gains more than its slope says, which spares most of the exact
    sums.
    """
    slopes = np.full((len(mixtures), len(truth)), -float(truth.shape[1]))
    for start in range(0, truth.shape[1], _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        slopes += (1 / mixtures[:, columns]) @ truth[:, columns].T
    return slopes


def _best_addition(
    truth: Truth,
    mixture: NDArray[np.float32],
    choices: NDArray[np.intp],
    bounds: NDArray[np.float64],
    size: int,
) -> tuple[int, float]:
    """The member that gains a mean of `size` the most log-likelihood, and how much that is."""
    shares = 1 / (mixture * np.float32(size + 1))
    kept = np.float32(size / (size + 1))
    cells = len(mixture)
    quarter = -(-cells // 4)
    # Ones at the end fill up to four quarters, and have no logarithm.
    ratios = np.ones(4 * quarter, np.float32)
    best, best_gain = -1, -np.inf
    for member in choices[np.argsort(-bounds[choices], kind="stable")]:
        if bounds[member] <= best_gain:
            break
        np.multiply(truth[member], shares, out=ratios[:cells])
        ratios[:cells] += kept
        # One logarithm for four ratios: with probabilities that are at least 1e-7 their product
        # stays within float32.
        pairs = ratios[: 2 * quarter] * ratios[2 * quarter :]
        gained = float(np.log(pairs[:quarter] * pairs[quarter:]).sum())
        if gained > best_gain:
            best, best_gain = int(member), gained
    return best, best_gain


def _by_metric(
    members: Members,
    objective: MetricName,
    allowed: NDArray[np.bool_],
    steps: int,
) -> Weights:
    """Weights, (M,), for any metric: every candidate's mean is scored anew."""

    def loss_of(weights: Weights) -> Losses:
        mixture = weighted_mean(members.predictions, weights)
        return _losses(objective, members.targets, mixture, members.kind)

    singles = np.eye(members.count)
    alone = [loss_of(single) for single in singles]
    first = alone.index(min(alone))
    weights = np.zeros(members.count)
    for bag in allowed:
        bag_choices = np.union1d(np.flatnonzero(bag), [first])
        weights += _bag_by_metric(members, objective, bag_choices, first, steps)
    weights /= len(allowed)
    # Only a convex loss of a mean of bags is at most the mean of their losses.
    return weights if loss_of(weights) <= alone[first] else singles[first]


def _losses(objective: MetricName, targets: Array, predictions: Array, kind: TargetKind) -> Losses:
    score = measure(objective, targets, predictions, kind)
    # Where a fold's rows show one class alone, the log-loss decides.
    lacks = np.inf if score is None else 1 - score
    return lacks, loss("log_loss", targets, predictions, kind)


def _bag_by_metric(
    members: Members,
    objective: MetricName,
    choices: NDArray[np.integer],
    first: int,
    steps: int,
) -> Weights:
    """One bag's weights, (M,), where its loss is smallest."""
    predictions, targets = members.predictions, members.targets
    total = predictions[first].astype(np.float64)
    counts = np.zeros(members.count)
    counts[first] = 1
    best, best_loss, waited = counts.copy(), _losses(objective, targets, total, members.kind), 0
    for size in range(2, steps + 1):
        losses = [
            _losses(objective, targets, (total + predictions[m]) / size, members.kind)
            for m in choices
        ]
        least = min(losses)
        chosen = choices[losses.index(least)]
        total += predictions[chosen]
        counts[chosen] += 1
        # A lower log-loss alone is worth having, and not worth going on for.
        waited = 0 if least[0] < best_loss[0] else waited + 1
        if least < best_loss:
            best, best_loss = counts.copy(), least
        if waited == _PATIENCE:
            break
    return np.asarray(best / best.sum(), np.float64)
