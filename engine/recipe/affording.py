"""What a spec becomes where time is short."""

from collections.abc import Iterator, Sequence

from engine.competition.findings import CompetitionSummary
from engine.experiment.record import ExperimentRecord
from engine.experiment.spec import ExperimentSpec, Stage
from engine.recipe.choosing import best_of
from engine.recipe.costs import estimate_seconds
from engine.recipe.lengths import head_alone

# What costs no more than this many times the least is not given up for it.
_NEARLY = 1.1


def affordable(
    spec: ExperimentSpec,
    summary: CompetitionSummary,
    records: Sequence[ExperimentRecord],
    limit: float,
) -> tuple[ExperimentSpec, float | None]:
    """The spec, or the nearest cheaper one that a limit allows.

    Args:
        spec: what is wanted.
        summary: how many images there are.
        records: the notebook, by which costs are judged.
        limit: seconds.

    Returns:
        What to run, and its cost in seconds; the spec itself and None while nothing has been
        measured. Where nothing fits, the first that costs nearly as little as the cheapest: a
        small set's run takes as long as its process takes to start, whatever its rows are.
    """
    tried: list[tuple[float, ExperimentSpec]] = []
    for cheaper in _cheaper(spec, summary, records):
        cost = estimate_seconds(cheaper, summary, records)
        if cost is None:
            return spec, None
        if cost <= limit:
            return cheaper, cost
        tried.append((cost, cheaper))
    enough = _NEARLY * min(cost for cost, _ in tried)
    return next((cheaper, cost) for cost, cheaper in tried if cost <= enough)


def _cheaper(
    spec: ExperimentSpec, summary: CompetitionSummary, records: Sequence[ExperimentRecord]
) -> Iterator[ExperimentSpec]:
    """The spec, then ever cheaper ones that are for the same thing.

    A network that has not learned is worth nothing, and a mean over folds is worth much: smaller
    images, fewer epochs, and in the end the head alone, on images as they are, come before fewer
    folds. The heads of several networks, blended, are better than one network of which less is
    tuned, and sooner trained.
    """
    yield spec
    yield (shorter := _of_length(spec, 0.67))
    if (size := known_size(spec, records)) < spec.image_size:
        spec = spec.model_copy(update={"image_size": size})
        yield spec
        yield (shorter := _of_length(spec, 0.67))
    if spec.phases[0].train == "head" and spec.augmentation.is_active:
        head = head_alone(spec, summary)
        yield head
        yield (shorter := _of_length(head, 0.4))
    for folds in (3, 2, 1):
        yield shorter.model_copy(update={"folds": min(spec.folds, folds)})
    single = shorter.model_copy(update={"folds": 1})
    for share in (0.5, 0.25, 0.1):
        yield _of_length(single.model_copy(update={"rows": min(spec.rows, share)}), 0.67)


def known_size(spec: ExperimentSpec, records: Sequence[ExperimentRecord]) -> int:
    """The size that the overfit run has decoded; what widens is about another one.

    Args:
        spec: what is to run.
        records: the notebook.
    """
    begun = best_of(records, Stage.OVERFIT) if spec.stage is Stage.REGULARIZE else None
    return spec.image_size if begun is None or begun.fit is None else begun.fit.image_size


def _of_length(spec: ExperimentSpec, share: float) -> ExperimentSpec:
    """The same with a last phase that is some share as long."""
    last = spec.phases[-1]
    changed = last.model_copy(update={"epochs": max(round(last.epochs * share), 2)})
    return spec.model_copy(update={"phases": (*spec.phases[:-1], changed)})
