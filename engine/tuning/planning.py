"""A search is put together from what a person asks for."""

from collections import Counter
from collections.abc import Iterable
from math import inf
from typing import Literal

from engine.errors import UserError
from engine.experiment.record import ExperimentRecord
from engine.experiment.search import SearchSpec
from engine.experiment.spec import PRETRAINED, ExperimentSpec
from engine.tuning import linear_head
from engine.tuning.halving import Round, brackets, fewest_epochs
from engine.tuning.space import base_values, default_axes, grid, grid_size, parse_axis

Strategy = Literal["random", "grid", "bayesian", "hyperband", "head_grid"]
STRATEGIES: tuple[Strategy, ...] = ("bayesian", "random", "hyperband", "grid", "head_grid")
TRIALS, MOST_TRIALS = 20, 1000
_KINDS = {"range_test": "a range test", "search": "a search", "ensemble": "an ensemble"}


def plan_search(
    base: ExperimentSpec,
    over: Iterable[str] = (),
    strategy: Strategy = "bayesian",
    trials: int | None = None,
) -> SearchSpec:
    """A search around a spec.

    Args:
        base: the spec that is varied, and the first trial.
        over: axes as they are typed, `field=value,value` or `field=low..high`; none are those
            that matter most.
        strategy: how the next trial is chosen.
        trials: how many at most; by default 20, or the whole of a grid.

    Returns:
        The search, of the base's stage; its oracle has the base's seed.

    Raises:
        UserError: an axis that is not possible, one that is named twice, too few or too many
            trials, or a strategy that does not suit the base.
    """
    if base.kind != "fit":
        raise UserError(
            "A range test trains nothing that could be searched.",
            "a fit.",
            "leave out `--set kind=range_test`.",
        )
    texts = list(over)
    if strategy == "head_grid":
        _check_pretrained(base)
        axes = tuple(map(linear_head.parse_head_axis, texts)) or linear_head.AXES
    else:
        axes = tuple(parse_axis(text, base) for text in texts) or default_axes(base)
    _check_paths([axis.path for axis in axes], base, strategy)
    search = SearchSpec(stage=base.stage, base=base, strategy=strategy, axes=axes, seed=base.seed)
    if trials is None and strategy in ("grid", "head_grid"):
        trials = _whole(search)
    trials = TRIALS if trials is None else trials
    if not 1 <= trials <= MOST_TRIALS:
        raise UserError(
            f"{trials} trials are not possible.",
            f"from 1 to {MOST_TRIALS}.",
            f"write `--trials {min(max(trials, 1), MOST_TRIALS)}`.",
        )
    if strategy in ("random", "bayesian") and all(axis.values for axis in axes):
        # There is nothing else to try, and what is promised is what it will cost.
        trials = min(trials, _whole(search))
    search = search.model_copy(update={"trials": trials})
    if strategy == "hyperband":
        search = search.model_copy(update={"trials": sum(one.trials for one in halved(search))})
    return search


def halved(search: SearchSpec) -> tuple[Round, ...]:
    """How long the trials of a hyperband search are run when none of them fails.

    Args:
        search: the search.

    Returns:
        How many are run for how many epochs of the last phase, the shortest first.
    """
    last = search.base.phases[-1]
    is_finite = all(axis.values for axis in search.axes)
    new = grid_size(search) if is_finite else inf
    counts: Counter[int] = Counter()
    for rounds in brackets(last.epochs, fewest_epochs(last), search.trials, new):
        for one in rounds:
            counts[one.epochs] += one.trials
    return tuple(Round(counts[epochs], epochs) for epochs in sorted(counts))


def _whole(search: SearchSpec) -> int:
    """How many trials a grid has; the base is tried beside its points."""
    size = grid_size(search)
    if search.strategy == "head_grid" or size > MOST_TRIALS:
        return size
    return size + (base_values(search) not in grid(search))


def base_of(record: ExperimentRecord) -> ExperimentSpec:
    """The spec of an experiment that is to be searched around.

    Args:
        record: the experiment.

    Raises:
        UserError: it is no fit.
    """
    if record.fit is None:
        raise UserError(
            f"Experiment {record.id} is {_KINDS[record.spec.kind]}; there is no one spec to vary.",
            "a fit.",
            "name one of `hydra-tui ls`, or promote a trial of a search first.",
        )
    return record.fit


def _check_pretrained(base: ExperimentSpec) -> None:
    if base.backbone not in PRETRAINED or base.weights == "none":
        raise UserError(
            f"{base.backbone} with weights={base.weights} gives no features to put a linear "
            "head on.",
            "a pretrained backbone.",
            "add `--set backbone=efficientnet_lite0 --set weights=imagenet`, or search by "
            "another strategy.",
        )


def _check_paths(paths: list[str], base: ExperimentSpec, strategy: Strategy) -> None:
    for path in paths:
        if paths.count(path) > 1:
            raise UserError(
                f"`{path}` is varied twice.",
                "each field once.",
                "write all its values behind one `--over`.",
            )
    last = f"phases.{len(base.phases) - 1}.epochs"
    if strategy == "hyperband" and last in paths:
        raise UserError(
            f"`{last}` is varied, but hyperband sets it by itself.",
            "other fields.",
            f"leave it out; hyperband's longest trials have `--set {last}=N` epochs.",
        )
